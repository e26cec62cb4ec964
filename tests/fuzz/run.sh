#!/bin/sh
# Runs one fuzz target for some seconds, on a copy of its seeds. Its findings stay in FOLDER/findings.
#
# usage: run.sh FOLDER TARGET SECONDS

set -eu

folder=$1 target=$2 seconds=$3
here=$(dirname "$0")

case $target in
    fastcgi | inflate | redis) most=2048 ;;
    instant | media) most=128 ;;
    *) most=1024 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/corpus" "$folder/findings"
cp "$here/seeds/$target"/* "$work/corpus/"

set -- -max_total_time="$seconds" -max_len="$most" -timeout=20 -rss_limit_mb=2048 \
    -artifact_prefix="$folder/findings/$target-" -print_final_stats=1
case $target in
    # lastsync's messages on each input are not shown.
    redis | targets | webhook) set -- "$@" -close_fd_mask=2 ;;
esac
if [ -e "$here/$target.dict" ]; then
    set -- "$@" -dict="$here/$target.dict"
fi
if ! "$folder/$target" "$@" "$work/corpus" >"$work/log" 2>&1; then
    cat "$work/log"
    exit 1
fi
printf 'FUZZ   %s: %s inputs in %s s\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")" "$seconds"

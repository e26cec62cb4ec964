#!/bin/bash
# Runs tests once for each of the given hours of the day (UTC), with the clock put ahead to the present minute of it:
#
#     tests/hours/hours.sh CLOCK.so "0 1 23" COMMAND...
#
# Ends with 1 if they failed at an hour; it says at which.
set -euo pipefail

library=$(realpath "$1") hours=$2
shift 2
failed=()
for hour in $hours; do
    ahead=$(((hour - $(date -u +%-H) + 24) % 24 * 3600))
    printf '==== %02d:%s UTC\n' "$hour" "$(date -u +%M)"
    env CLOCK_AHEAD=$ahead LD_PRELOAD="$library" "$@" || failed+=("$hour")
done
if ((${#failed[@]})); then
    echo "failed at these hours: ${failed[*]}"
    exit 1
fi

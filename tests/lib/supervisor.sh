#!/usr/bin/env bash
# Stands in for systemd in tests: runs a program on the listening socket that is descriptor 0, which
# stays open here, and starts it again whenever it ends. supervisor.sh COMMAND... SIGUSR1 restarts
# the program, SIGTERM ends both.

over=
trap 'kill -s TERM "$program"' USR1
trap 'over=yes; kill -s TERM "$program"' TERM
status=0

until [ "$over" ]; do
    "$@" <&0 >&2 &
    program=$!
    while kill -0 "$program" 2>/dev/null; do
        wait "$program"             # until it ends, or a signal comes
        status=$?
    done
done
exit "$status"

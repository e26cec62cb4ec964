#!/usr/bin/env bash
# Stands in for systemd in tests: runs a program on the listening socket that is descriptor 0, which
# stays open here, and starts it again whenever it ends. supervisor.sh COMMAND... SIGUSR1 restarts
# the program, SIGTERM ends both.

# A signal cuts `wait` short, and its status then tells nothing about the program: wait again.

over=
signalled=
trap 'signalled=yes; kill -s TERM "$program"' USR1
trap 'signalled=yes; over=yes; kill -s TERM "$program"' TERM
program=
status=0

until [ "$over" ]; do
    "$@" <&0 >&2 &
    program=$!
    [ -z "$over" ] || kill -s TERM "$program"   # asked before its number was known
    signalled=yes
    while [ "$signalled" ]; do
        signalled=
        wait "$program"
        status=$?
    done
done
exit "$status"

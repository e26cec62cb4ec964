#!/bin/sh
# Ends what a test started once the test itself is gone, even if it was killed.
#
# guardian.sh DIRECTORY reads the test's process groups from its standard input, one a line: "+7"
# has begun, "-7" has ended. The pipe closes when the test stops or dies: then every group that is
# left is killed and DIRECTORY removed.

directory=$1
groups=''

while read -r line; do
    group=${line#?}
    remaining=''
    for known in $groups; do
        [ "$known" = "$group" ] || remaining="$remaining $known"
    done
    case $line in
        +*) groups="$remaining $group" ;;
        *) groups=$remaining ;;
    esac
done

for group in $groups; do
    kill -s KILL -- "-$group" 2>/dev/null
done
rm -rf -- "$directory"

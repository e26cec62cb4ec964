# shellcheck shell=bash
# Shared by nginx/sentinel and nginx/cluster: serve several Redis servers on ports of 127.0.0.1,
# with files below the state folder, and nginx/run on top, until Ctrl-C. A server that is killed is
# restarted ten seconds later: a failover has ended by then. A script that sources this file sets
# `servers`, in the order in which they are stopped, and has the functions configure_all, start_all,
# redis_url and describe; then it calls serve_all. nginx/run prints the output of `describe` after
# its own greeting.

set -u
PATH=$PATH:/usr/sbin:/sbin
umask 077

nginx_folder=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
repository=$(dirname -- "$nginx_folder")
back_after=10                       # seconds
stop_within=60                      # seconds: enough for the last write of a large AOF
run=                                # the process of nginx/run
servers=()
declare -A ports=() pids=() died=() # by a server's name; died: the value of SECONDS at its end
# shellcheck disable=SC2034         # for configure_all
keep=('appendonly yes' 'appendfsync everysec' 'save ""' 'maxmemory-policy noeviction'
    'repl-diskless-sync-delay 0' 'repl-ping-replica-period 1')

fail() {
    printf '%s\n' "$*" >&"${errors:-2}"
    exit 1
}

# ---- before anything starts ----

check_servers() {
    local program

    STATE=$(realpath -ms -- "${STATE:-$repository/var/$(basename -- "$0")}")
    export STATE
    folder=$STATE/servers
    [ -z "${REDIS_URL:-}" ] ||
        fail "REDIS_URL cannot be chosen: $(basename -- "$0") starts its own servers."
    for program in redis-server redis-cli; do
        command -v "$program" >/dev/null ||
            fail "The program $program is missing: nginx/install run installs it."
    done
    [[ $STATE != *[[*?]* ]] ||
        fail "The state folder $STATE has a [, * or ? in its name, which Redis would take for a pattern."
    mkdir -p -- "$folder" 2>/dev/null || fail "The state folder $STATE cannot be made."
    exec {lock}<"$folder"
    flock --nonblock "$lock" || fail "The state folder $STATE is in use by another run."
}

choose_port() { # NAME
    local port other

    while port=$((10000 + RANDOM % 10000)); do
        for other in "${ports[@]}"; do
            [ "$other" != "$port" ] || continue 2
        done
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    ports[$1]=$port
}

quote_for_redis() {
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# Servers rewrite their files: only they know what they have agreed upon, and it must outlive a
# restart.
configure() { # NAME LINE...
    local name=$1 directory=$folder/$1

    shift
    mkdir -p -- "$directory"
    printf '%s\n' 'bind 127.0.0.1' "port ${ports[$name]}" "dir $(quote_for_redis "$directory")" "$@" \
        >"$directory/$name.conf" || fail "The file $directory/$name.conf cannot be written."
}

read_ports() {
    local server

    for server in "${servers[@]}"; do
        ports[$server]=$(sed -n 's/^port \([0-9]*\)$/\1/p' "$folder/$server/$server.conf")
    done
}

# ---- processes ----

# In a session of its own a process does not see the terminal's Ctrl-C, so that all of them end in
# order; it is told to end once this script is gone, even if that was killed.
start() { # NAME
    local -a mode=()

    [[ $1 != sentinel-* ]] || mode=(--sentinel)
    setsid setpriv --pdeathsig TERM -- redis-server "$folder/$1/$1.conf" "${mode[@]}" \
        </dev/null >>"$folder/$1.log" 2>&1 &
    pids[$1]=$!
}

# Succeeds if any of the servers is still there to be asked.
ask_to_end() { # NAME...
    local server any=1

    for server in "$@"; do
        [ -n "${pids[$server]-}" ] || continue
        if kill -s TERM -- "${pids[$server]}" 2>/dev/null; then
            any=0
        else
            unset "pids[$server]"   # its number may become another process's
        fi
    done
    return "$any"
}

# Asks until all have ended, because Redis forgets that it was asked if it could not end: as a replica
# whose first AOF is still being written, for example. What has not ended in time is killed.
stop() { # NAME...
    local limit=$((SECONDS + stop_within)) server

    while ask_to_end "$@" && ((SECONDS < limit)); do
        sleep 0.1
    done
    for server in "$@"; do
        [ -z "${pids[$server]-}" ] || kill -s KILL -- "-${pids[$server]}" 2>/dev/null   # and what it began
    done
    wait
}

finish() {
    local status=$?

    trap '' INT TERM HUP
    trap - EXIT
    if [ -n "$run" ]; then
        kill -s TERM "$run" 2>/dev/null
        wait "$run" 2>/dev/null
    fi
    stop "${servers[@]}"
    exit "$status"
}

tell() { # NAME WORD...
    local port=${ports[$1]}

    shift
    redis-cli -p "$port" "$@" 2>/dev/null
}

wait_until() { # SECONDS WHAT COMMAND...
    local limit=$((SECONDS + $1)) what=$2 server

    shift 2
    until "$@"; do
        for server in "${!pids[@]}"; do
            kill -0 "${pids[$server]}" 2>/dev/null ||
                fail "$server ended; its log $folder/$server.log ends: $(tail -n 1 -- "$folder/$server.log")"
        done
        ((SECONDS < limit)) || fail "$what; the logs are in $folder."
        sleep 0.1
    done
}

answers() { # NAME
    [ "$(tell "$1" ping)" = PONG ]
}

start_and_await() { # NAME...
    local server

    for server in "$@"; do
        start "$server"
    done
    for server in "$@"; do
        wait_until 600 "$server has not read its data" answers "$server"
    done
}

# Succeeds if no write to the server, or to its primary, can be missed by a replica: one without all
# the data could be promoted, too. Redis sends a new replica nothing until that has acknowledged once,
# and the first that a replica can acknowledge is a ping.
is_complete() { # NAME
    local state

    state=$(tell "$1" info replication)
    if [[ $state == *role:slave* ]]; then
        [[ $state == *master_link_status:up* ]]
    else
        [[ $state == *role:master* ]] &&
            ! grep '^slave[0-9]' <<<"$state" | grep -qv ',state=online,offset=[1-9]'
    fi
}

await_replicas() { # NAME...
    local server

    for server in "$@" "$@"; do     # a primary may have been looked at before its replica was there
        wait_until 600 "$server has not all data, or a replica of it has not" is_complete "$server"
    done
}

# The servers' addresses, as a list for a URL: host:port,host:port.
addresses() { # NAME...
    local server list=

    for server in "$@"; do
        list+=${list:+,}127.0.0.1:${ports[$server]}
    done
    printf '%s' "$list"
}

list_servers() {
    local server

    for server in "${servers[@]}"; do
        printf '  %-10s 127.0.0.1:%s, process %s\n' "$server" "${ports[$server]}" "${pids[$server]}"
    done
}

# Restarts a server that ended a while ago.
look_after() { # NAME
    kill -0 "${pids[$1]}" 2>/dev/null && return
    if [ -z "${died[$1]-}" ]; then
        died[$1]=$SECONDS
        echo "$1 has ended; it is started again in $back_after s."
    elif ((SECONDS - died[$1] >= back_after)); then
        start "$1"
        unset "died[$1]"
        echo "$1 is started again, as process ${pids[$1]}."
    fi
}

serve() {
    local server

    if [ ! -e "$folder/configured" ]; then
        for server in "${servers[@]}"; do
            choose_port "$server"
        done
        configure_all
        touch -- "$folder/configured"
    fi
    read_ports
    start_all
    REDIS_URL=$(redis_url) DESCRIPTION=$(describe) \
        setsid setpriv --pdeathsig TERM -- "$nginx_folder/run" </dev/null 2>&"$errors" &
    run=$!
    while kill -0 "$run" 2>/dev/null; do
        for server in "${servers[@]}"; do
            look_after "$server"
        done
        sleep 0.5
    done
    wait "$run"
}

serve_all() {
    check_servers
    trap finish EXIT
    trap 'exit 0' INT TERM HUP
    serve {errors}>&2 2>/dev/null   # otherwise bash, too, would report killed programs
}

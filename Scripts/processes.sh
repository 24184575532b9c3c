# The nodes as processes of this machine: how one is found, started and stopped. Read through cluster.sh. A process is
# known by its pid file, and only after a look at what it is: never by its name alone.

pid_file() { echo "$LOGS/n$1.pid"; }
output_file() { echo "$LOGS/n$1.output"; }

# The pid of node $1 when it runs; fails when it does not. A pid that was given to another process since is not it.
node_pid() {
    local pid program
    pid=$(cat "$(pid_file "$1")" 2>/dev/null) || return 1
    [[ $pid =~ ^[0-9]+$ ]] || return 1
    program=$(readlink "/proc/$pid/exe" 2>/dev/null) || return 1
    # A program that was built anew since it was started shows as deleted.
    program=${program% (deleted)}
    [ "${program##*/}" = paxos-node ] || return 1
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null |
        awk -v id="n$1" -v data="$LOGS/n$1" '
            before == "--id" && $0 == id { has_id = 1 }
            before == "--data" && $0 == data { has_data = 1 }
            { before = $0 }
            END { exit !(has_id && has_data) }' || return 1
    echo "$pid"
}

# What node $1 runs as, for people.
node_place() { local pid && pid=$(node_pid "$1") && echo "pid $pid"; }

peer_address() { echo "127.0.0.1:$((PEER_PORT + $1))"; }

network() { echo "the loopback interface of this machine"; }

# The ports of this machine that node $1 takes.
node_ports() { echo "$((HTTP_PORT + $1)) $((PEER_PORT + $1))"; }

# The programs, up to date unless they are somebody else's.
need_programs() {
    [ "$BIN" != "$PWD/.build/release" ] || make --no-print-directory build
    [ -x "$BIN/paxos-node" ] || fail "There is no $BIN/paxos-node."
}

# Whatever must be there before a node starts.
prepare() {
    local apart=$((HTTP_PORT - PEER_PORT))
    [ "${apart#-}" -ge "$N" ] || fail "The $N ports from HTTP_PORT=$HTTP_PORT on and those from PEER_PORT=$PEER_PORT on overlap."
    need_programs
    mkdir -p "$LOGS"
}

start_node() {
    local peers=() i
    for i in $nodes; do peers+=("n$i=$(peer_address "$i")"); done
    # In a session of its own, so that an interrupt of what started it does not reach it.
    setsid "$BIN/paxos-node" --id "n$1" --data "$LOGS/n$1" --http "$BIND:$((HTTP_PORT + $1))" \
        --listen "$(peer_address "$1")" --peers "$(IFS=,; echo "${peers[*]}")" --allow-crash \
        </dev/null >>"$(output_file "$1")" 2>&1 &
    echo $! >"$(pid_file "$1")"
    disown
}

start_nodes() {
    local i
    for i in $nodes; do node_pid "$i" >/dev/null || start_node "$i"; done
}

# Brings node $1 back after a crash: nobody else does.
revive_node() { start_node "$1"; }

is_stopped() { ! node_pid "$1" >/dev/null; }

# Whether node $1, which was just started, will not serve any more. It may not be the program yet, but it is a process.
has_ended() { ! kill -0 "$(cat "$(pid_file "$1")")" 2>/dev/null; }

# Asks all nodes to stop, and waits; one that does not is killed, which loses nothing.
stop_nodes() {
    local i pid
    declare -A running=()
    for i in $nodes; do
        if pid=$(node_pid "$i"); then
            running[$i]=$pid
            kill -TERM "$pid"
        else
            echo "n$i does not run"
        fi
    done
    for i in $nodes; do
        [ -n "${running[$i]:-}" ] || continue
        if ! wait_until 10 is_stopped "$i"; then
            echo "n$i (pid ${running[$i]}) did not stop within 10 s and is killed" >&2
            kill -KILL "${running[$i]}"
            wait_until 10 is_stopped "$i" || fail "n$i (pid ${running[$i]}) does not end"
        fi
        echo "n$i (pid ${running[$i]}) is stopped"
    done
    for i in $nodes; do rm -f "$(pid_file "$i")"; done
}

# Removes all that is left of the nodes but their data.
remove_nodes() { find "$LOGS" -maxdepth 1 -regex '.*/n[0-9]+\.\(pid\|output\)' -delete; }

# The end of what node $1 said.
node_output() { tail -n 5 "$(output_file "$1")"; }

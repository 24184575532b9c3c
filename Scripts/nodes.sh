# The demo's three nodes as processes of this machine: how one is found, started and stopped. Read by the scripts beside
# it, not run. A process is known by its pid file, and only after a look at what it is: never by its name alone.

LOGS=${LOGS:-$HOME/paxos_logs}
case $LOGS in /*) ;; *) LOGS=$PWD/$LOGS ;; esac
HTTP_PORT=${HTTP_PORT:-8000}
PEER_PORT=${PEER_PORT:-9000}
nodes="0 1 2"

http() { echo "127.0.0.1:$((HTTP_PORT + $1))"; }
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

# Whether something listens on port $1 of this machine.
port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Waits at most $1 seconds until the command behind it succeeds.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

is_stopped() { ! node_pid "$1" >/dev/null; }
is_healthy() { curl -fsS -o /dev/null --max-time 2 "http://$(http "$1")/health" 2>/dev/null; }

start_node() {
    local peers=() i
    for i in $nodes; do peers+=("n$i=127.0.0.1:$((PEER_PORT + i))"); done
    mkdir -p "$LOGS"
    # In a session of its own, so that an interrupt of the demo does not reach it.
    setsid "$BIN/paxos-node" --id "n$1" --data "$LOGS/n$1" --http "$(http "$1")" \
        --listen "127.0.0.1:$((PEER_PORT + $1))" --peers "$(IFS=,; echo "${peers[*]}")" \
        </dev/null >>"$(output_file "$1")" 2>&1 &
    echo $! >"$(pid_file "$1")"
    disown
}

# Asks node $1 to stop, and waits for it; a node that does not is killed, which loses nothing.
stop_node() {
    local pid
    if ! pid=$(node_pid "$1"); then
        rm -f "$(pid_file "$1")"
        return 0
    fi
    kill -TERM "$pid"
    if ! wait_until 10 is_stopped "$1"; then
        echo "n$1 (pid $pid) did not stop within 10 s and is killed" >&2
        kill -KILL "$pid"
        wait_until 10 is_stopped "$1"
    fi
    rm -f "$(pid_file "$1")"
}

# The string or number that stands behind a name in the /status of node $1, where it stands first.
status_field() {
    curl -fsS --max-time 2 "http://$(http "$1")/status" 2>/dev/null | tr -d ' \n' |
        sed "s/\"$2\":/\n/" | sed -n '2s/^"\{0,1\}\([^",}]*\).*/\1/p'
}

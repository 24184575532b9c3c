# The cluster whose data are in LOGS: its nodes, how they run, where they are reached. Read by the scripts beside it, not
# run. How a node is started, found and stopped is in processes.sh and containers.sh, which define the same functions;
# one of them is read with the cluster.

LOGS=$(realpath -m -- "${LOGS:-$HOME/paxos_logs}")
N=${N:-3}
HTTP_PORT=${HTTP_PORT:-8000}
PEER_PORT=${PEER_PORT:-9000}
# The address that clients come to.
BIND=${BIND:-127.0.0.1}
# The programs as they were built on this machine.
BIN=${BIN:-$PWD/.build/release}
image=${PAXOS_IMAGE:-paxos-node}
# What was started last, and on which ports: everything but a start goes by it.
cluster_file=$LOGS/cluster

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Ends the script unless the setting $1, which is $2, is a number from $3 to $4.
need_number() {
    [[ $2 =~ ^[0-9]{1,9}$ ]] && [ "$2" -ge "$3" ] && [ "$2" -le "$4" ] && return
    echo "$1=$2 is not a number from $3 to $4" >&2
    exit 64
}

# MARK: Which cluster

# Makes this script's cluster one of $1, which is processes or containers, with N nodes.
use_cluster() {
    KIND=$1
    nodes=$(seq 0 $((N - 1)))
    . "Scripts/$KIND.sh"
}

record_cluster() {
    printf '%s\n' "kind $KIND" "nodes $N" "http-port $HTTP_PORT" "peer-port $PEER_PORT" "bind $BIND" >"$cluster_file"
}

# Makes it the one that was started last; fails when there is none.
read_cluster() {
    local name value kind=''
    [ -f "$cluster_file" ] || return 1
    while read -r name value; do
        [[ "$name $value" =~ ^(kind (processes|containers)|(nodes|http-port|peer-port) [1-9][0-9]{0,4}|bind [0-9.]+)$ ]] ||
            fail "$cluster_file has a line that means nothing: $name $value" "Remove the file, and start the cluster again."
        case $name in
        kind) kind=$value ;;
        nodes) N=$value ;;
        http-port) HTTP_PORT=$value ;;
        peer-port) PEER_PORT=$value ;;
        bind) BIND=$value ;;
        esac
    done <"$cluster_file"
    [ -n "$kind" ] || fail "$cluster_file is empty." "Remove the file, and start the cluster again."
    use_cluster "$kind"
}

cluster_runs() {
    local i
    for i in $nodes; do ! node_pid "$i" >/dev/null || return 0; done
    return 1
}

# Makes it the one that is up, and ends the script when none is.
need_cluster() {
    read_cluster || fail "There is no cluster in $LOGS." "Start one with: make local, or make provision"
    cluster_runs || fail "No node of the cluster in $LOGS runs." "Start it again with: make $(start_target)"
}

start_target() { [ "$KIND" = processes ] && echo local || echo provision; }

# The data folders that there are, by number.
data_folders() {
    find "$LOGS" -mindepth 1 -maxdepth 1 -type d -regex '.*/n[0-9]+' 2>/dev/null | sort -V
}

# MARK: Its nodes over HTTP

http() {
    local host=$BIND
    [ "$host" != 0.0.0.0 ] || host=127.0.0.1
    echo "$host:$((HTTP_PORT + $1))"
}

# All of them, as paxos-load takes them.
node_addresses() {
    local i addresses=()
    for i in $nodes; do addresses+=("http://$(http "$i")"); done
    (IFS=, && echo "${addresses[*]}")
}

# The body of path $2 of node $1; fails when the answer is none or says that it failed. What follows goes to curl.
ask() { curl -fsS --max-time 10 "http://$(http "$1")$2" "${@:3}" 2>/dev/null; }

is_healthy() { ask "$1" /health -o /dev/null --max-time 2; }

node_status() { ask "$1" /status --max-time 2; }

# The string or number that stands behind name $1 in the status $2, where it stands first.
field() {
    { tr -d ' \n' <<<"$2" && echo; } | sed "s/\"$1\":/\n/" | sed -n '2s/^"\{0,1\}\([^",}]*\).*/\1/p'
}

leader() {
    local i
    for i in $nodes; do
        if [ "$(field role "$(node_status "$i")")" = leader ]; then
            echo "$i"
            return 0
        fi
    done
    return 1
}

has_leader() { leader >/dev/null; }

# Through which slot node $1 has applied; 0 when it does not answer.
applied() { field appliedThrough "$(node_status "$1")" | grep . || echo 0; }

# Whether node $1 has applied slot $2.
has_applied() { [ "$(applied "$1")" -ge "$2" ]; }

most_applied() { for i in $nodes; do applied "$i"; done | sort -n | tail -n 1; }

# Whether every node has applied what any had when it was asked.
all_caught_up() {
    local most i
    most=$(most_applied)
    for i in $nodes; do has_applied "$i" "$most" || return 1; done
}

# MARK: Waiting and telling

# Waits at most $1 seconds until the command behind it succeeds.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

say() { printf '\n== %s\n' "$*"; }

# Lines up the columns of standard input, which tabs separate.
align() {
    awk -F '\t' '
        { for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } fields[NR] = NF }
        END {
            for (row = 1; row <= NR; row++) {
                line = ""
                for (i = 1; i < fields[row]; i++) line = line sprintf("%-" width[i] + 2 "s", cell[row, i])
                print line cell[row, fields[row]]
            }
        }'
}

# MARK: Tools

# Sets `command` to what runs $1, logtool or paxos-load: as it was built on this machine, else as the image has it. In a
# container the folders $2 … are those it can write to.
find_tool() {
    local folder mounts=()
    if [ -x "$BIN/$1" ]; then
        command=("$BIN/$1")
    elif docker image inspect "$image" >/dev/null 2>&1; then
        for folder in "${@:2}"; do mounts+=(--mount "type=bind,source=$folder,target=$folder"); done
        # On the network of this machine, where the nodes are reached.
        command=(docker run --rm --network host --read-only --cap-drop ALL --user "$(id -u):$(id -g)"
            --mount "type=bind,source=$LOGS,target=$LOGS,readonly" "${mounts[@]}" --entrypoint "$1" "$image")
    else
        fail "$1 is not built." "Build it with: make build, or with the image: make docker"
    fi
}

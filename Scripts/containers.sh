# The nodes in containers of this machine's engine: how one is found, started and stopped. Read through cluster.sh. The
# containers are known by name, and only when what they keep their data in is the folder of LOGS.

network_name=paxos_network

container() { echo "paxos-n$1"; }

# Compose, the plugin of the engine or the program that came before it, on the file for this cluster.
compose() {
    local command=(docker compose)
    "${command[@]}" version >/dev/null 2>&1 || command=(docker-compose)
    Scripts/compose "$N" | LOGS=$LOGS BIND=$BIND PAXOS_UID=$data_uid PAXOS_GID=$data_gid PAXOS_IMAGE=$image \
        "${command[@]}" -p paxos -f - "$@"
}

# The folder that container $1 keeps its data in; fails when there is no such container.
data_of() { docker inspect -f '{{range .Mounts}}{{.Source}}{{end}}' "$1" 2>/dev/null; }

# Whether the container of node $1 is there and is this cluster's.
has_container() { [ "$(data_of "$(container "$1")")" = "$LOGS/n$1" ]; }

# The pid of node $1 when it runs; fails when it does not.
node_pid() {
    local pid restarting data
    read -r pid restarting data < <(docker inspect -f '{{.State.Pid}} {{.State.Restarting}} {{range .Mounts}}{{.Source}}{{end}}' \
        "$(container "$1")" 2>/dev/null) || return 1
    [ "$pid" != 0 ] && [ "$restarting" = false ] && [ "$data" = "$LOGS/n$1" ] && echo "$pid"
}

# What node $1 runs as, for people.
node_place() { container "$1"; }

peer_address() {
    local address
    address=$(docker inspect -f "{{with index .NetworkSettings.Networks \"$network_name\"}}{{.IPAddress}}{{end}}" \
        "$(container "$1")" 2>/dev/null) || true
    echo "${address:+$address:9000}"
}

network() {
    echo "$network_name $(docker network inspect -f '{{range .IPAM.Config}}{{.Subnet}}{{end}}' "$network_name" 2>/dev/null ||
        echo "is not there")"
}

# The ports of this machine that node $1 takes.
node_ports() { echo "$((HTTP_PORT + $1))"; }

# Ends the script when no engine answers.
need_engine() {
    local reason
    command -v docker >/dev/null || fail "There is no docker on the PATH." "Without containers: make local"
    reason=$(docker version 2>&1 >/dev/null) || fail "The container engine does not answer: ${reason##*$'\n'}" \
        "Without containers: make local"
    docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null ||
        fail "Neither docker compose nor docker-compose is installed."
}

# Sets whom the nodes run as: who calls, so that the data are theirs, also through sudo. Never root: for root, it is
# whom LOGS belongs to, else the image's own user.
find_owner() {
    data_uid=$(id -u) data_gid=$(id -g)
    [ "$data_uid" != 0 ] || data_uid=${SUDO_UID:-0} data_gid=${SUDO_GID:-0}
    [ "$data_uid" != 0 ] || data_uid=$(stat -c %u "$LOGS") data_gid=$(stat -c %g "$LOGS")
    [ "$data_uid" != 0 ] || data_uid=10000 data_gid=10000
}

# The image: made when there is none, and otherwise made anew only by make docker.
need_programs() {
    need_engine
    docker image inspect "$image" >/dev/null 2>&1 || Scripts/image
}

# The command that removes container $1 of the cluster in the folder $2, which may be there no more.
removal() { if [ -f "$2/cluster" ]; then echo "make clean LOGS=$2"; else echo "docker rm -f $1"; fi; }

# Whatever must be there before a node starts.
prepare() {
    local i other
    need_programs
    for i in $nodes; do
        other=$(data_of "$(container "$i")") || continue
        [ "$other" = "$LOGS/n$i" ] ||
            fail "The container $(container "$i") is another cluster's, with its data in ${other:-no folder}." \
                "Remove it with: $(removal "$(container "$i")" "$(dirname "${other:-/}")")"
    done
    mkdir -p "$LOGS"
    find_owner
    # An engine makes what is not there itself, and for root.
    for i in $nodes; do
        mkdir -p "$LOGS/n$i"
        [ "$(id -u)" != 0 ] || chown -R "$data_uid:$data_gid" "$LOGS/n$i"
    done
}

start_nodes() { compose up -d --remove-orphans; }

# Whether node $1, which was just started, has ended: the engine is about to start it again, which would not help.
has_ended() { [ "$(docker inspect -f '{{.State.Restarting}}' "$(container "$1")")" = true ]; }

# Brings node $1 back after a crash: the engine does.
revive_node() { :; }

# Also those that the engine is about to start again, or that are paused, which would not hear of it.
stop_nodes() {
    local i there=()
    for i in $nodes; do
        if has_container "$i"; then
            there+=("$(container "$i")")
            docker unpause "$(container "$i")" >/dev/null 2>&1 || true
        else
            echo "n$i does not run"
        fi
    done
    [ ${#there[@]} -eq 0 ] || docker stop -t 10 "${there[@]}" | sed 's/$/ is stopped/'
}

# Removes all that is left of the nodes but their data.
remove_nodes() {
    local i there=()
    for i in $nodes; do ! has_container "$i" || there+=("$(container "$i")"); done
    [ ${#there[@]} -eq 0 ] || docker rm -f "${there[@]}" | sed 's/$/ is removed/'
    ! docker network inspect "$network_name" >/dev/null 2>&1 ||
        docker network rm "$network_name" | sed 's/^/network /;s/$/ is removed/'
}

# The end of what node $1 said.
node_output() { docker logs --tail 5 "$(container "$1")" 2>&1; }

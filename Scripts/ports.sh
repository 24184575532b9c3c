# Who holds a port of this machine. Read by the scripts beside it, not run. It only looks, and ends nothing.

# The inode of the socket that listens on port $1, and the number of its user; fails when none does.
listening_socket() {
    awk -v port="$(printf ':%04X' "$1")" '
        $4 == "0A" && substr($2, length($2) - 4) == port { print $10, $8; found = 1; exit }
        END { exit !found }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# The name, pid and more of whoever holds the socket $1 of user $2 on port $3.
describe_holder() {
    local path pid name data published
    path=$(find /proc/[0-9]*/fd -lname "socket:\[$1\]" -print -quit 2>/dev/null) || true
    if [ -z "$path" ]; then
        echo "a process of $(id -nu "$2" 2>/dev/null || echo "user $2"), which only that user or root can name"
        return
    fi
    pid=$(cut -d / -f 3 <<<"$path")
    name=$(cat "/proc/$pid/comm")
    case $name in
    docker-proxy)
        published=$(docker ps --filter "publish=$3" --format '{{.Names}}' 2>/dev/null)
        echo "the container ${published:-of an engine} (docker-proxy, pid $pid)"
        ;;
    paxos-node)
        data=$(tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n '/^--data$/{n;p}')
        echo "paxos-node (pid $pid${data:+, data in $data})"
        ;;
    *) echo "$name (pid $pid)" ;;
    esac
}

# Ends the script when one of the ports is taken, and says by whom for each that is.
need_free_ports() {
    local port socket taken=()
    for port in "$@"; do
        # shellcheck disable=SC2086 # inode and user are two words
        if socket=$(listening_socket "$port"); then
            taken+=("Port $port is in use by $(describe_holder $socket "$port").")
        fi
    done
    [ ${#taken[@]} -eq 0 ] || fail "${taken[@]}" \
        "Stop it, or give other ports: make … HTTP_PORT=$((HTTP_PORT + 100)) PEER_PORT=$((PEER_PORT + 100))"
}

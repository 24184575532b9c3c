// Where the nodes are, and who reaches whom. With namespaces each node has a network of its own, on a bridge in the
// network of this program, which is its own too (see Isolation). Who is not to hear a node is, for that node, at a
// hardware address that nobody has: what is sent there is lost, in one direction, silently, and without a filter.

import Glibc

struct Network {
    let nodes: Int
    let isIsolated: Bool
    /// On the loopback interface: the first of two ports a node.
    private let firstPort: Int

    /// - Parameter isIsolated: whether this program's network is its own.
    init(nodes: Int, isIsolated: Bool, firstPort: Int) throws(TortureFailure) {
        self.nodes = nodes
        self.isIsolated = isIsolated
        self.firstPort = firstPort
        guard isIsolated else { return }
        try ip("link set lo up")
        try ip("link add bridge0 type bridge")
        try ip("addr add 10.77.0.1/24 dev bridge0")
        try ip("link set bridge0 up")
        for node in 0..<nodes {
            try ip("netns add n\(node)")
            try ip("link add v\(node) type veth peer name eth0 netns n\(node)")
            try ip("link set v\(node) master bridge0 up")
            try ip("-n n\(node) link set eth0 address \(hardware(node))")
            try ip("-n n\(node) addr add \(host(node))/24 dev eth0")
            try ip("-n n\(node) link set eth0 up")
            try ip("-n n\(node) link set lo up")
        }
    }

    func host(_ node: Int) -> String { isIsolated ? "10.77.0.\(11 + node)" : "127.0.0.1" }
    func clients(_ node: Int) -> Endpoint { Endpoint(host: host(node), port: isIsolated ? 8_000 : firstPort + node) }
    func peers(_ node: Int) -> Endpoint {
        Endpoint(host: host(node), port: isIsolated ? 9_000 : firstPort + nodes + node)
    }

    /// What stands before a command that is to run on the node's network.
    func prefix(_ node: Int) -> [String] {
        isIsolated ? ["nsenter", "--net=/run/netns/n\(node)"] : []
    }

    // MARK: Faults

    /// Nothing that the first sends reaches the second, or it does again.
    func setLost(_ isLost: Bool, from sender: Int, to receiver: Int) throws(TortureFailure) {
        try ip(
            "-n n\(sender) neigh replace \(host(receiver)) dev eth0 nud permanent lladdr "
                + (isLost ? "02:00:00:00:ff:ff" : hardware(receiver)))
    }

    func setPlugged(_ isPlugged: Bool, _ node: Int) throws(TortureFailure) {
        try ip("link set v\(node) \(isPlugged ? "up" : "down")")
    }

    private func hardware(_ node: Int) -> String {
        "02:00:00:00:01:" + (node < 16 ? "0" : "") + String(node, radix: 16)
    }

    private func ip(_ words: String) throws(TortureFailure) {
        let command = ["ip"] + words.split(separator: " ").map(String.init)
        let ending = try ChildProcess.run(command, seconds: 20)
        guard ending == .exit(0) else { throw .unavailable("\(command.joined(separator: " ")): \(ending)") }
    }
}

/// Ports on the loopback interface that nothing listens on, one behind the other, below those that the system gives to
/// outgoing connections.
enum FreePorts {
    static func first(of count: Int) throws(TortureFailure) -> Int {
        let start = 10_000 + Int(getpid()) % 199 * 100
        for first in stride(from: start, to: 32_000, by: count) where (first..<first + count).allSatisfy(isFree) {
            return first
        }
        throw .unavailable("no \(count) ports behind \(start) are free")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

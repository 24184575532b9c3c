// Ports that nothing listens on. They are taken from below those that the system gives to outgoing connections: a port
// that is free while a node is down would else be lent to a connection before the node is back.

import Glibc
import Synchronization

enum FreePorts {
    private static let next = Mutex<Int>(10_000 + Int(getpid()) % 199 * 100)

    static func take(_ count: Int) -> [Int] {
        next.withLock { next in
            var ports: [Int] = []
            while ports.count < count {
                next = next >= 32_000 ? 10_000 : next + 1
                if isFree(next) { ports.append(next) }
            }
            return ports
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        precondition(descriptor >= 0, "a test can open a socket")
        defer { close(descriptor) }
        return withLoopback(port) { address, length in bind(descriptor, address, length) == 0 }
    }
}

/// Calls `body` with the socket address of a port of this machine.
func withLoopback<Result>(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            body(generic, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

// Sockets of this machine to itself: ports that are free, a server's health, and a connection to measure.

import Foundation
import Glibc
import Measuring

enum Loopback {
    static func freePorts(_ count: Int) throws -> [Int] {
        // All are held until all are found, so that none is found twice.
        let listeners = try (0..<count).map { _ in try listener() }
        defer { for listener in listeners { close(listener.descriptor) } }
        return listeners.map(\.port)
    }

    /// Whether a GET is answered with 200.
    static func answersWell(_ url: String) -> Bool { answer("GET", url) != nil }

    /// The body of an answer with 200; nil for any other, and where there is none.
    static func answer(_ method: String, _ url: String) -> String? {
        guard let url = URL(string: url), let port = url.port, let descriptor = try? connection(to: port) else {
            return nil
        }
        defer { close(descriptor) }
        let request =
            "\(method) \(url.path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        guard Glibc.send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else {
            return nil
        }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Glibc.recv(descriptor, &part, part.count, 0)
            if count <= 0 { break }
            answer += part[..<count]
        }
        let pieces = String(decoding: answer, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
        guard let head = pieces.first, head.hasPrefix("HTTP/1.1 200") else { return nil }
        return pieces.count > 1 ? String(pieces[1]) : ""
    }

    /// A socket that listens on a port of the system's choice.
    static func listener() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else { throw failure("a port of this machine") }
        return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
    }

    /// A connected socket that sends at once, and on which nothing takes longer than five seconds.
    static func connection(to port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(port: port)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(descriptor)
            throw failure("a connection over loopback")
        }
        prepare(descriptor)
        return descriptor
    }

    static func prepare(_ descriptor: Int32) {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    static func failure(_ what: String) -> BenchmarkFailure {
        BenchmarkFailure("\(what): \(String(cString: strerror(errno)))")
    }
}

// GET over a connection of its own, without waiting for ever: a node that is paused answers nothing.

import Glibc

enum HTTPGet {
    struct Answer: Equatable {
        var status: Int
        var body: [UInt8]
    }

    /// Nil when there is no whole answer. Each step may take `seconds`.
    static func send(_ path: String, to address: Endpoint, seconds: Double) -> Answer? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int((seconds - seconds.rounded(.down)) * 1e6))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(address.port).bigEndian
        guard inet_pton(AF_INET, address.host, &target.sin_addr) == 1 else { return nil }
        let isConnected = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let request = "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"
        guard isConnected, Glibc.send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else {
            return nil
        }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &part, part.count, 0)
            guard count >= 0 else { return nil }
            guard count > 0 else { return Answer(bytes) }
            bytes += part[..<count]
        }
    }
}

extension HTTPGet.Answer {
    /// What a connection carried that was closed behind the answer; nil when it is not whole.
    init?(_ bytes: [UInt8]) {
        guard let head = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { return nil }
        self.status = status
        body = Array(bytes[head.upperBound...])
        for line in lines.dropFirst() where line.lowercased().hasPrefix("content-length:") {
            let length = line.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) }
            guard length == body.count else { return nil }
        }
    }
}

struct Endpoint: Hashable, CustomStringConvertible, Sendable {
    var host: String
    var port: Int

    var description: String { "\(host):\(port)" }
}

// A TCP connection that says whatever a test wants, however wrong.

import Glibc

struct RawConnection: ~Copyable {
    private let descriptor: Int32

    struct Refused: Error {
        var port: Int
        var error: Int32
    }

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        precondition(descriptor >= 0, "a test can open a socket")
        let result = withLoopback(port) { [descriptor] address, length in connect(descriptor, address, length) }
        guard result == 0 else { throw Refused(port: port, error: errno) }
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// Sends as much as the other side takes.
    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Everything that the other side sends until it closes the connection.
    func receiveAll() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await eventually("the connection is closed") {
            while let part = receive() {
                guard !part.isEmpty else { return false }
                bytes += part
            }
            return true
        }
        return bytes
    }

    /// Says that nothing more will come, and still listens.
    func finish() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// What the other side sent since; nil once it has closed the connection.
    func receive() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 { return Array(bytes[..<count]) }
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? [] : nil
    }

    /// The whole answer to a GET of a target that a client's library would make another one of.
    static func get(_ target: String, port: Int) async throws -> String {
        let connection = try RawConnection(port: port)
        connection.send(Array("GET \(target) HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n".utf8))
        var answer: [UInt8] = []
        while let bytes = connection.receive() {
            answer += bytes
            if bytes.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        }
        return String(decoding: answer, as: UTF8.self)
    }
}

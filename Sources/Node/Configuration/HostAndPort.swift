// An address as people write it: `host:port`, or `[::1]:port` for IPv6. It resolves no names.

struct HostAndPort: Hashable, Sendable {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Throws: what is wrong with the text, as the end of a sentence.
    init(reading text: some StringProtocol, allowsPortZero: Bool = false) throws(HostAndPortError) {
        let host: String
        let portText: Substring
        let whole = Substring(text)
        if whole.first == "[" {
            guard let end = whole.firstIndex(of: "]"), whole[end...].dropFirst().first == ":" else {
                throw .malformed
            }
            host = String(whole[whole.index(after: whole.startIndex)..<end])
            portText = whole[end...].dropFirst(2)
        } else {
            guard let colon = whole.lastIndex(of: ":") else { throw .noPort }
            host = String(whole[..<colon])
            portText = whole[whole.index(after: colon)...]
            if host.contains(":") { throw .bareIPv6 }
        }
        guard !host.isEmpty else { throw .noHost }
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") })
        else { throw .malformed }
        guard !portText.isEmpty, portText.utf8.count <= 5,
            portText.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(portText), port <= 65_535, port > 0 || allowsPortZero
        else { throw .port(String(portText)) }
        self.init(host: host, port: port)
    }
}

enum HostAndPortError: Error, Equatable {
    case noHost
    case noPort
    case bareIPv6
    case port(String)
    case malformed

    var reason: String {
        switch self {
        case .noHost: "the host is missing (0.0.0.0 stands for all of this machine's addresses)"
        case .noPort: "the port is missing"
        case .bareIPv6: "an IPv6 address must stand in brackets, as in [::1]:8000"
        case .port(let text): "'\(text)' is not a port from 1 to 65535"
        case .malformed: "it is not of the form HOST:PORT"
        }
    }
}

extension HostAndPort: CustomStringConvertible {
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

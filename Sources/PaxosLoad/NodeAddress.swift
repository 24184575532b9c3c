// Where a node serves HTTP, as people write it: `http://host:port`, or `host:port` alone.

import ArgumentParser
import FoundationEssentials

struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    /// As a URL and as the header `Host` name it: an IPv6 address stands in brackets.
    var hostAndPort: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    var description: String { "http://\(hostAndPort)" }

    /// - Parameter text: addresses separated by commas.
    static func list(reading text: String) throws(SettingError) -> [NodeAddress] {
        var addresses: [NodeAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let address = try NodeAddress(reading: String(part))
            if addresses.contains(address) { throw SettingError(reason: "--nodes: \(address) is named twice") }
            addresses.append(address)
        }
        return addresses
    }

    init(reading text: String) throws(SettingError) {
        func wrong(_ reason: String) -> SettingError { SettingError(reason: "--nodes: '\(text)': \(reason)") }
        let shape = "it is not of the form http://host:port"
        guard let url = URL(string: text.contains("://") ? text : "http://\(text)") else { throw wrong(shape) }
        guard url.scheme?.lowercased() == "http" else { throw wrong("nodes speak http only") }
        guard let host = url.host(), !host.isEmpty, url.user() == nil, url.query() == nil, url.fragment() == nil,
            ["", "/"].contains(url.path())
        else { throw wrong(shape) }
        guard let port = url.port else { throw wrong("the port is missing") }
        guard (1...65_535).contains(port) else { throw wrong("\(port) is not a port from 1 to 65535") }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.port = port
    }
}

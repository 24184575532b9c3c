// Where a running node is asked, on the command line: `http://HOST:PORT`, where a folder might stand as well.

import ArgumentParser

struct NodeURL: Equatable {
    /// Without a slash at its end.
    let text: String
    /// `HOST:PORT`, by which the node is called.
    let host: String
    /// The host alone; an address of IPv6 without its brackets.
    let name: String
    let port: Int

    private static let scheme = "http://"

    /// Nil for what is no URL: a folder then.
    init?(_ argument: String) {
        guard argument.hasPrefix(NodeURL.scheme) else { return nil }
        var text = argument[...]
        while text.last == "/" { text.removeLast() }
        let host = text.dropFirst(NodeURL.scheme.count)
        let end = host.lastIndex(of: "]").map { host.index(after: $0) } ?? host.firstIndex(of: ":") ?? host.endIndex
        let (name, rest) = (host[..<end], host[end...])
        guard let port = rest.isEmpty ? 80 : UInt16(rest.dropFirst()), rest.isEmpty || rest.first == ":",
            !name.isEmpty, !name.contains("/")
        else { return nil }
        self.text = String(text)
        self.host = String(host)
        self.name = String(name.first == "[" ? name.dropFirst().dropLast() : name)
        self.port = Int(port)
    }

    /// - Throws: `ValidationError` for a URL where only a folder can stand.
    static func refuse(_ argument: String) throws {
        if NodeURL(argument) != nil {
            throw ValidationError("\(argument) runs: name the data folder of a node that is stopped.")
        }
    }
}

// Where a running node is asked, on the command line: `http://HOST:PORT`, where a folder might stand as well.

import ArgumentParser

struct NodeURL: Equatable {
    /// Without a slash at its end.
    let text: String
    /// `HOST:PORT`, by which the node is called.
    let host: String

    /// Nil for what is no URL: a folder then.
    init?(_ argument: String) {
        guard let scheme = ["http://", "https://"].first(where: argument.hasPrefix) else { return nil }
        var text = argument[...]
        while text.last == "/" { text.removeLast() }
        self.text = String(text)
        host = String(text.dropFirst(scheme.count))
        if host.isEmpty || host.contains("/") { return nil }
    }

    /// - Throws: `ValidationError` for a URL where only a folder can stand.
    static func refuse(_ argument: String) throws {
        if NodeURL(argument) != nil {
            throw ValidationError("\(argument) runs: name the data folder of a node that is stopped.")
        }
    }
}

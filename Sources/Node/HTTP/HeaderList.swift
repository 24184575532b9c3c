// Headers that list what a client takes, with weights (RFC 9110, 12.5): `gzip;q=0.5, br`. Of the weights only zero is
// told from the others: it refuses.

struct HeaderList {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    /// Whether `name` is taken by its own name; a wildcard does not count.
    func accepts(_ name: String) -> Bool {
        text.split(separator: ",").contains { item in
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            let isRefused = parts.dropFirst().contains { $0.hasPrefix("q=0") && Double($0.dropFirst(2)) == 0 }
            return parts.first == name && !isRefused
        }
    }
}

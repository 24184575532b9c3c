// Which bytes of a value a client asks for (RFC 9110, 14): one range. A list of them is answered with the whole value, as
// the standard allows.

enum ByteRange: Equatable {
    /// No range was asked for, or none that is understood.
    case whole
    case part(Range<Int>)
    case unsatisfiable

    init(_ header: String, length: Int) {
        let parts = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else {
            self = .whole
            return
        }
        let ends = parts[1].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, let first = ByteRange.number(ends[0]), let last = ByteRange.number(ends[1]) else {
            self = .whole
            return
        }
        switch (first, last) {
        case (nil, nil): self = .whole
        case (nil, let count?): self = count > 0 && length > 0 ? .part(max(0, length - count)..<length) : .unsatisfiable
        case (let first?, let last) where first <= last ?? .max:
            self = first < length ? .part(first..<min(last ?? .max, length - 1) + 1) : .unsatisfiable
        default: self = .whole
        }
    }

    /// A number; `.some(nil)` where nothing stands, nil where something else does.
    private static func number(_ text: Substring) -> Int?? {
        let text = text.filter { $0 != " " }
        if text.isEmpty { return .some(nil) }
        guard text.utf8.count < 18, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
            return nil
        }
        return .some(number)
    }
}

// A key: found by its hash, and ordered by its bytes as unsigned numbers; a key sorts before those that it begins.

struct Key: Sendable {
    /// The first eight bytes as one number, with zeros behind a shorter key: where two differ, they tell the order.
    private let prefix: UInt64
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        self.prefix = bytes.span.bytes.word(at: 0)
    }
}

extension Key: Hashable {
    static func == (left: Key, right: Key) -> Bool { left.prefix == right.prefix && left.bytes == right.bytes }

    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

extension Key: Comparable {
    static func < (left: Key, right: Key) -> Bool {
        if left.prefix != right.prefix { return left.prefix < right.prefix }
        let leftBytes = left.bytes.span.bytes
        let rightBytes = right.bytes.span.bytes
        let shared = min(leftBytes.byteCount, rightBytes.byteCount)
        var offset = 8
        while offset < shared {
            let leftWord = leftBytes.word(at: offset)
            let rightWord = rightBytes.word(at: offset)
            if leftWord != rightWord { return leftWord < rightWord }
            offset += 8
        }
        return leftBytes.byteCount < rightBytes.byteCount
    }
}

extension RawSpan {
    /// Eight bytes from `offset` on as a big-endian number, with zeros for those behind the end.
    fileprivate func word(at offset: Int) -> UInt64 {
        if byteCount - offset >= 8 {
            return UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        var word: UInt64 = 0
        for index in 0..<8 {
            let byte = offset + index < byteCount ? unsafeLoad(fromByteOffset: offset + index, as: UInt8.self) : 0
            word = word << 8 | UInt64(byte)
        }
        return word
    }
}

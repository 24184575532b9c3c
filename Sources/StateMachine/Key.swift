// A key: found by its hash, and ordered by its bytes as unsigned numbers; a key sorts before those that it begins. A table
// keeps millions: a short one is four words, and nothing of it lies elsewhere in memory.

import CXXHash

struct Key: Sendable {
    /// The first sixteen bytes as two numbers, with zeros behind a shorter key: where two differ, they tell the order; and
    /// where there are no more, whether the keys are equal, without a look at bytes that lie elsewhere in memory.
    private let first: UInt64
    private let second: UInt64
    /// How many bytes there are, in the lowest sixteen bits, and the hash in the others.
    private let countAndHash: UInt64
    /// All bytes of a key that the numbers can't hold; else none, so that a short key takes no memory of its own.
    private let long: [UInt8]

    private static let countInNumbers = 16
    /// Of the hashes of short keys: XXH3 takes less than half the time of Hasher for them. Longer ones have Hasher's, which is
    /// made for keys that somebody chose so that they fall together.
    private static let seed = UInt64(truncatingIfNeeded: Hasher().finalize())

    /// - Parameter bytes: at most `Command.longestKey`.
    init(_ bytes: RawSpan) {
        let count = bytes.byteCount
        first = bytes.word(at: 0)
        second = count > 8 ? bytes.word(at: 8) : 0
        let hash: UInt64
        if count <= Key.countInNumbers {
            long = []
            hash = bytes.withUnsafeBytes { cxxhash_xxh3_64($0.baseAddress, count, Key.seed) }
        } else {
            long = bytes.withUnsafeBytes { [UInt8]($0) }
            var hasher = Hasher()
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
            hash = UInt64(truncatingIfNeeded: hasher.finalize())
        }
        countAndHash = hash << 16 | UInt64(UInt16(count))
    }

    init(_ bytes: [UInt8]) { self.init(bytes.span.bytes) }

    var count: Int { Int(countAndHash & 0xFFFF) }

    /// How many bits of a hash there are.
    static let hashBits = 48

    /// Seeded anew in each process, so that nobody can choose keys that fall together.
    var hash: UInt64 { countAndHash >> 16 }

    var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard count <= Key.countInNumbers else { return long.withUnsafeBytes(body) }
        return Swift.withUnsafeBytes(of: (first.bigEndian, second.bigEndian)) {
            body(UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
    }

    /// The first sixteen bytes, as numbers that are in the order of the bytes.
    var beginning: (UInt64, UInt64) { (first, second) }
}

extension Key: Hashable {
    static func == (left: Key, right: Key) -> Bool {
        left.first == right.first && left.second == right.second && left.countAndHash == right.countAndHash
            && (left.count <= countInNumbers || left.long == right.long)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(countAndHash) }
}

extension Key: Comparable {
    static func < (left: Key, right: Key) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        let shared = min(left.count, right.count)
        if shared > countInNumbers {
            let leftBytes = left.long.span.bytes
            let rightBytes = right.long.span.bytes
            for offset in stride(from: countInNumbers, to: shared, by: 8) {
                let leftWord = leftBytes.word(at: offset)
                let rightWord = rightBytes.word(at: offset)
                if leftWord != rightWord { return leftWord < rightWord }
            }
        }
        return left.count < right.count
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

// SHA-256 over all that the log holds up to and with a block: two logs with the same digest at a block agree on every
// entry before it.

import CSHA256
import Crypto
import Paxos

package struct ChainDigest: Hashable, Sendable {
    package static let length = 32

    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// The digest before the first block: 32 bytes of zero.
    package static let start = ChainDigest(loading: [UInt8](repeating: 0, count: length).span.bytes, at: 0)

    /// The 32 bytes that begin at `offset`.
    package init(loading bytes: borrowing RawSpan, at offset: Int) {
        first = bytes.field(UInt64.self, at: offset)
        second = bytes.field(UInt64.self, at: offset + 8)
        third = bytes.field(UInt64.self, at: offset + 16)
        fourth = bytes.field(UInt64.self, at: offset + 24)
    }

    /// The digest behind a block with these raw bytes, which follows the block with this digest.
    package func followed(by rawBytes: UnsafeRawBufferPointer) -> ChainDigest {
        var hash = SHA256()
        withUnsafeTemporaryAllocation(byteCount: ChainDigest.length, alignment: 8) { previous in
            store(to: previous, at: 0)
            hash.update(bufferPointer: UnsafeRawBufferPointer(previous))
        }
        hash.update(bufferPointer: rawBytes)
        return hash.finalize().withUnsafeBytes { bytes in
            ChainDigest(loading: bytes.bytes, at: 0)
        }
    }

    /// Whether `pair` can be used on this processor.
    static let hashesPairs = csha256_has_pairs()
    /// `pair` takes no fewer raw bytes than this.
    static let shortestInPair = 32

    /// The digests behind two blocks, each with the digest that it follows: the same as `followed(by:)` gives, both in
    /// little more time than one.
    static func pair(
        _ one: (previous: ChainDigest, raw: UnsafeRawBufferPointer),
        _ other: (previous: ChainDigest, raw: UnsafeRawBufferPointer)
    ) -> (ChainDigest, ChainDigest) {
        precondition(min(one.raw.count, other.raw.count) >= shortestInPair, "a block is longer than a digest")
        return withUnsafeTemporaryAllocation(byteCount: 4 * length, alignment: 8) { memory in
            one.previous.store(to: memory, at: 0)
            other.previous.store(to: memory, at: length)
            guard let start = memory.baseAddress else { preconditionFailure("memory that is not empty has a start") }
            let bytes = start.assumingMemoryBound(to: UInt8.self)
            csha256_pair(
                bytes, one.raw.baseAddress, one.raw.count, bytes + length, other.raw.baseAddress, other.raw.count,
                bytes + 2 * length, bytes + 3 * length)
            let digests = RawSpan(_unsafeStart: start, byteCount: 4 * length)
            return (ChainDigest(loading: digests, at: 2 * length), ChainDigest(loading: digests, at: 3 * length))
        }
    }

    package func store(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        bytes.storeField(first, at: offset)
        bytes.storeField(second, at: offset + 8)
        bytes.storeField(third, at: offset + 16)
        bytes.storeField(fourth, at: offset + 24)
    }
}

extension ChainDigest: CustomStringConvertible {
    /// Reads exactly what `description` writes, in either case; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 2 * ChainDigest.length else { return nil }
        var (words, rest) = ([UInt64](), text[...])
        while let word = UInt64(hexadecimal: rest.prefix(16)) {
            words.append(word.byteSwapped)
            rest = rest.dropFirst(16)
        }
        guard words.count == 4 else { return nil }
        (first, second, third, fourth) = (words[0], words[1], words[2], words[3])
    }

    /// 64 hexadecimal digits, in the order of the bytes.
    package var description: String {
        [first, second, third, fourth].map(\.byteSwapped.hexadecimal).joined()
    }
}

// A sum of one hash for each key and each session: equal states have equal digests, whatever order they were reached in,
// and a write changes it without a look at the other keys. It finds faults; it proves nothing against a forger, who can
// make other states with the same sum.

import CXXHash
import Paxos

package struct StateDigest: Hashable, Sendable {
    private var sum: UInt128 = 0

    /// The digest of a state without keys and sessions.
    package init() {}

    /// As it is written: 16 bytes, big-endian, in the order of the hexadecimal digits.
    package var bytes: [UInt8] { withUnsafeBytes(of: sum.bigEndian) { [UInt8]($0) } }

    /// Reads what `bytes` gives; nil unless there are 16.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        for byte in bytes { sum = sum << 8 | UInt128(byte) }
    }

    mutating func add(_ term: DigestTerm) { sum &+= term.hash }
    mutating func remove(_ term: DigestTerm) { sum &-= term.hash }
}

extension StateDigest: CustomStringConvertible {
    /// 32 hexadecimal digits.
    package var description: String { sum.hexadecimal }
}

/// What one part of the state adds to the sum: XXH3-128 with a seed for each kind of part, so that no part of one kind
/// passes for one of another.
struct DigestTerm {
    fileprivate let hash: UInt128

    fileprivate enum Seed {
        static let value: UInt64 = 0x7661_6C75_6500_0000
        static let key: UInt64 = 0x6B65_7900_0000_0000
        static let numbers: UInt64 = 0x7365_7373_0000_0000
    }

    /// A part of the sessions: who it belongs to, which kind of part it is, and its numbers.
    init(session: SessionID, kind: UInt64, _ first: UInt64, _ second: UInt64, _ third: UInt64) {
        let names = UInt64(session.node.rawValue) << 32 | UInt64(session.incarnation.rawValue)
        let numbers: [6 of UInt64] = [
            names.littleEndian, session.boot.littleEndian, kind.littleEndian, first.littleEndian, second.littleEndian,
            third.littleEndian,
        ]
        self = numbers.span.bytes.withUnsafeBytes { DigestTerm(of: $0, seed: Seed.numbers) }
    }

    fileprivate init(of bytes: UnsafeRawBufferPointer, seed: UInt64) {
        let hash = cxxhash_xxh3_128(bytes.baseAddress, bytes.count, seed)
        self.hash = UInt128(hash.high) << 64 | UInt128(hash.low)
    }
}

extension StoredValue {
    /// With its key: the hash of created slot, modified slot, the value's hash and the key.
    func digestTerm(of key: Key) -> DigestTerm {
        let value = value.span.bytes.withUnsafeBytes { DigestTerm(of: $0, seed: DigestTerm.Seed.value) }
        return withUnsafeTemporaryAllocation(byteCount: 32 + key.count, alignment: 16) { buffer in
            buffer.storeBytes(of: created.rawValue.littleEndian, as: UInt64.self)
            buffer.storeBytes(of: modified.rawValue.littleEndian, toByteOffset: 8, as: UInt64.self)
            buffer.storeBytes(of: value.hash.littleEndian, toByteOffset: 16, as: UInt128.self)
            key.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[32...]).copyMemory(from: $0) }
            return DigestTerm(of: UnsafeRawBufferPointer(buffer), seed: DigestTerm.Seed.key)
        }
    }
}

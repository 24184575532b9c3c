// The checksum of a run: one value that goes with its bytes through the wire, the journal and back.

import CXXHash
package import Paxos

extension Run {
    /// XXH3-64 of the body, seeded by XXH3-64 of ballot, first slot, count and length, so that bytes moved to another
    /// slot or ballot do not pass.
    package static let xxh3: RunChecksum = { ballot, firstSlot, count, body in
        var header: [UInt8] = []
        header.reserveCapacity(32)
        header.appendLittleEndian(ballot.round)
        header.appendLittleEndian(ballot.node.rawValue)
        header.appendLittleEndian(UInt16(0))
        header.appendLittleEndian(ballot.incarnation.rawValue)
        header.appendLittleEndian(firstSlot.rawValue)
        header.appendLittleEndian(UInt32(count))
        header.appendLittleEndian(UInt32(body.count))
        let seed = header.withUnsafeBytes { cxxhash_xxh3_64($0.baseAddress, $0.count, 0x52_75_6E_00) }
        return body.withUnsafeBytes { cxxhash_xxh3_64($0.baseAddress, $0.count, seed) }
    }

    /// Whether this run's checksum is that of what it holds.
    package var isIntact: Bool { checksum == Run.xxh3(ballot, firstSlot, count, body) }
}

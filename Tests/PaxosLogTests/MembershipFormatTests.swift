// The payload of a configuration entry: its bytes never change, and nothing else is taken for one.

import Paxos
import PaxosLog
import Testing

@Suite struct MembershipFormatTests {
    private static let membership = Membership(
        slot: Slot(9),
        members: [
            .init(node: NodeID(0), incarnation: .first, journal: UniqueID(high: 1, low: 2)),
            .init(node: NodeID(3), incarnation: Incarnation(4), journal: UniqueID(high: 3, low: 4)),
        ])

    @Test func bytesNeverChange() throws {
        let bytes = Self.membership.encoded()
        #expect(
            bytes == [1, 0, 0, 0, 2, 0, 0, 0]
                + [0, 0, 0, 0, 1, 0, 0, 0] + [1, 0, 0, 0, 0, 0, 0, 0] + [2, 0, 0, 0, 0, 0, 0, 0]
                + [3, 0, 0, 0, 4, 0, 0, 0] + [3, 0, 0, 0, 0, 0, 0, 0] + [4, 0, 0, 0, 0, 0, 0, 0])
        #expect(try Membership(decoding: bytes, slot: Slot(9)) == Self.membership)
    }

    @Test func otherBytesAreRefused() {
        let bytes = Self.membership.encoded()
        for count in 0..<bytes.count {
            #expect(throws: GenesisError.malformed) { try Membership(decoding: Array(bytes[..<count]), slot: .first) }
        }
        var version = bytes
        version[0] = 2
        #expect(throws: GenesisError.unsupportedVersion(2)) { try Membership(decoding: version, slot: .first) }
        for (offset, byte) in [(2, UInt8(1)), (4, 0), (4, 1), (4, 3), (5, 1), (8, 9), (10, 1)] {
            var other = bytes
            other[offset] = byte
            #expect(throws: GenesisError.malformed) { try Membership(decoding: other, slot: .first) }
        }
    }

    @Test func readmissionNamesTheNextLifeAndItsJournal() throws {
        let next = try #require(Self.membership.readmitting(NodeID(3), journal: UniqueID(high: 7, low: 7)))
        #expect(next.incarnation(of: NodeID(3), journal: UniqueID(high: 7, low: 7)) == Incarnation(5))
        #expect(next.incarnation(of: NodeID(3), journal: UniqueID(high: 3, low: 4)) == .learner)
        #expect(next.members[0] == Self.membership.members[0])
        #expect(Self.membership.readmitting(NodeID(1), journal: .none) == nil)
    }
}

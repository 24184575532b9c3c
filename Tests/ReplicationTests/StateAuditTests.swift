// Which states are noted, and what a checkpoint says of them.

import Paxos
import PaxosLog
import StateMachine
import Testing

@testable import Replication

@Suite struct StateAuditTests {
    static func digest(_ number: UInt8) -> StateDigest { StateDigest(bytes: [UInt8](repeating: number, count: 16))! }

    /// Takes in an entry of a slot, behind which the state has this digest.
    @discardableResult private func note(
        _ audit: inout StateAudit, _ slot: UInt64, _ kind: Entry.Kind = .noOp, _ payload: [UInt8] = [],
        digest: UInt8 = 0
    ) throws -> StateAudit.Finding? {
        var bytes: [UInt8] = []
        Entry(
            slot: Slot(slot), kind: kind, time: 0, session: SessionID(node: NodeID(0), incarnation: .first, boot: 1),
            sequence: 0, payload: payload
        ).encode(into: &bytes)
        let span = bytes.span.bytes
        return audit.note(try EntryView(in: span, at: 0), in: span, Self.digest(digest))
    }

    private func checkpoint(
        _ audit: inout StateAudit, at slot: UInt64, of noted: UInt64, _ digest: UInt8
    ) throws -> StateAudit.Finding? {
        let checkpoint = Checkpoint(slot: Slot(noted), subject: .state(Self.digest(digest).bytes))
        return try note(&audit, slot, .checkpoint, checkpoint.encoded(), digest: 99)
    }

    private func slots(_ audit: StateAudit, most: Int = 100) -> [UInt64] {
        audit.unsettled(most: most).map(\.slot.rawValue)
    }

    @Test func multiplesAndSealsAreNotedUntilACheckpointCoversThem() throws {
        var audit = StateAudit(interval: 4)
        for slot in 1...11 as ClosedRange<UInt64> {
            try note(&audit, slot, slot == 6 ? .seal : .noOp, digest: UInt8(slot))
        }
        #expect(slots(audit) == [4, 6, 8] && slots(audit, most: 2) == [6, 8])
        #expect(try checkpoint(&audit, at: 13, of: 6, 6) == .agrees)
        #expect(slots(audit) == [8] && audit.checkpointed == Slot(6) && audit.agreed == Slot(6))
        #expect(try checkpoint(&audit, at: 14, of: 8, 8) == .agrees)
        #expect(slots(audit).isEmpty && audit.divergence == nil)
    }

    @Test func anotherDigestIsADivergence() throws {
        var audit = StateAudit(interval: 4)
        for slot in [4, 8, 12] as [UInt64] { try note(&audit, slot, digest: UInt8(slot)) }
        #expect(try checkpoint(&audit, at: 13, of: 4, 4) == .agrees)
        let expected = StateAudit.Divergence(
            slot: Slot(8), own: Self.digest(8), agreed: Self.digest(7), lastAgreed: Slot(4))
        #expect(try checkpoint(&audit, at: 14, of: 8, 7) == .differs(expected))
        #expect(audit.divergence == expected)
        _ = try checkpoint(&audit, at: 15, of: 12, 12)
        #expect(audit.divergence == expected && audit.agreed == Slot(4), "what came first is kept")
    }

    @Test func whatWasNotNotedCanNotBeCompared() throws {
        var audit = StateAudit(interval: 4)
        audit.note(StateNote(slot: Slot(10), digest: Self.digest(10)))
        #expect(try checkpoint(&audit, at: 13, of: 4, 4) == .unknown, "it began with a snapshot behind that")
        #expect(try checkpoint(&audit, at: 14, of: 11, 4) == .unknown)
        #expect(audit.divergence == nil && audit.agreed == nil && slots(audit).isEmpty)
        #expect(try checkpoint(&audit, at: 15, of: 10, 10) == .agrees, "the snapshot's own state is known")
    }

    @Test func theLastStatesAreHeld() throws {
        var audit = StateAudit(interval: 2, capacity: 3)
        for slot in 1...20 as ClosedRange<UInt64> { try note(&audit, slot) }
        #expect(slots(audit) == [16, 18, 20])
    }

    // MARK: The leader's tally

    private let configuration = Configuration(
        slot: .first, members: (0..<3).map { Configuration.Member(node: NodeID($0), incarnation: .first) })

    @Test func aMajorityOfTheMembersMakesACheckpoint() {
        var tally = CheckpointTally<Int>()
        func agreed(above slot: UInt64 = 0) -> [UInt64] {
            tally.agreed(above: Slot(slot), in: configuration).map { [$0.slot.rawValue, UInt64($0.digest)] } ?? []
        }
        tally.note(7, of: Slot(4), by: NodeID(0))
        tally.note(7, of: Slot(4), by: NodeID(0))
        #expect(agreed().isEmpty, "one alone, twice")
        tally.note(7, of: Slot(4), by: NodeID(3))
        #expect(agreed().isEmpty, "no member")
        tally.note(8, of: Slot(4), by: NodeID(1))
        #expect(agreed().isEmpty, "they differ")
        tally.note(7, of: Slot(4), by: NodeID(2))
        #expect(agreed() == [4, 7])
        for node in 1...2 as ClosedRange<UInt16> { tally.note(9, of: Slot(8), by: NodeID(node)) }
        #expect(agreed() == [8, 9], "the highest")
        #expect(agreed(above: 8).isEmpty)
        tally.removeAll(through: Slot(8))
        #expect(agreed().isEmpty)
    }

    @Test func theTallyHoldsTheLastSlotsAlone() {
        var tally = CheckpointTally<Int>()
        for slot in 1...1_000 as ClosedRange<UInt64> { tally.note(7, of: Slot(slot), by: NodeID(0)) }
        tally.note(7, of: Slot(1), by: NodeID(1))
        #expect(tally.agreed(above: .zero, in: configuration) == nil)
        tally.note(7, of: Slot(1_000), by: NodeID(1))
        #expect(tally.agreed(above: .zero, in: configuration)?.slot == Slot(1_000))
    }
}

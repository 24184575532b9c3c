// When a snapshot is taken, and when the next seal is worth its cost.

import Paxos
import PaxosLog
import StateMachine
import Testing

@testable import Replication

@Suite struct SnapshotScheduleTests {
    private static let founding = RecoveredNode.Founding(
        value: Genesis(cluster: UniqueID(high: 1, low: 2), members: [], limits: .standard), entry: [1])

    /// A state in which so many slots have been applied.
    private func store(through slot: UInt64) -> KeyValueStore {
        var store = KeyValueStore()
        let session = SessionID(node: NodeID(0), incarnation: .first, boot: 1)
        for number in 1...slot { _ = store.skip(slot: Slot(number), time: 0, session: session, sequence: 0) }
        return store
    }

    private func block(_ slots: ClosedRange<UInt64>) -> BlockDigest {
        BlockDigest(
            slots: Slot(slots.lowerBound)...Slot(slots.upperBound),
            chainDigest: [UInt8(slots.upperBound)].withUnsafeBytes { ChainDigest.start.followed(by: $0) })
    }

    /// The slot of the snapshot to be taken.
    private func next(_ schedule: inout SnapshotSchedule, at tick: Int) -> Slot? {
        schedule.next(at: tick, founding: Self.founding)?.slot
    }

    private func written(_ slot: UInt64, bytes: UInt64 = 100) -> WrittenSnapshot {
        WrittenSnapshot(
            name: SnapshotName(slot: Slot(slot)), bytes: bytes, digest: FileDigest([UInt8](repeating: 7, count: 32)))
    }

    @Test func aSnapshotWaitsForTheLogAndForItsTurn() {
        var schedule = SnapshotSchedule(verified: nil)
        schedule.noteSeal(store(through: 4), nil, turnAt: 10)
        #expect(next(&schedule, at: 50) == nil, "the log is not durable so far")
        schedule.noteDurable([block(1...3)])
        #expect(next(&schedule, at: 50) == nil)
        schedule.noteDurable([block(4...4)])
        #expect(next(&schedule, at: 9) == nil, "others come first")
        let view = schedule.next(at: 10, founding: Self.founding)
        #expect(view?.slot == Slot(4) && view?.chainDigest == block(4...4).chainDigest)
        #expect(next(&schedule, at: 11) == nil, "once")
    }

    @Test func oneIsTakenAtATimeAndTheNewestSealCounts() {
        var schedule = SnapshotSchedule(verified: nil)
        for slot in [2, 4, 6] as [UInt64] {
            schedule.noteSeal(store(through: slot), nil, turnAt: 0)
            schedule.noteDurable([block((slot - 1)...slot)])
            if slot == 2 { #expect(next(&schedule, at: 1) == Slot(2)) }
        }
        #expect(next(&schedule, at: 2) == nil, "the first is under way")
        schedule.noteTaken(written(2))
        #expect(next(&schedule, at: 3) == Slot(6))
        schedule.noteFailed()
        schedule.noteSeal(store(through: 8), nil, turnAt: 0)
        schedule.noteDurable([block(7...8)])
        #expect(next(&schedule, at: 4) == Slot(8), "a failure does not stand in the way")
    }

    @Test func theTwoNewestThatAreProvenStay() {
        var schedule = SnapshotSchedule(verified: Slot(2))
        for slot in [4, 6] as [UInt64] { schedule.noteTaken(written(slot)) }
        schedule.noteInstalled(Slot(6), bytes: 1)
        #expect(schedule.verified == [Slot(2), Slot(4), Slot(6)])
        schedule.dropOld(proven: [Slot(2)])
        #expect(schedule.verified == [Slot(2), Slot(4), Slot(6)], "what is proven stays, however old it is")
        schedule.dropOld(proven: [Slot(2), Slot(4), Slot(6)])
        #expect(schedule.verified == [Slot(4), Slot(6)])
    }

    @Test func whatWasThereBeforeTheStartCounts() {
        var schedule = SnapshotSchedule(verified: Slot(9), snapshotBytes: 5_000, bytesSinceSeal: 4_000)
        schedule.noteApplied(bytes: 1_000)
        #expect(!schedule.isDue(after: 10), "a seal has to be worth the snapshot's cost")
        schedule.noteApplied(bytes: 1)
        #expect(schedule.isDue(after: 10))
        schedule.noteInstalled(Slot(12), bytes: 20_000)
        schedule.noteApplied(bytes: 20_000)
        #expect(!schedule.isDue(after: 10))
    }

    @Test func aSealIsDueWhenTheLogHasGrownByMoreThanTheStateTakes() {
        var schedule = SnapshotSchedule(verified: nil)
        schedule.noteApplied(bytes: 1_000)
        #expect(!schedule.isDue(after: 1_000))
        schedule.noteApplied(bytes: 1)
        #expect(schedule.isDue(after: 1_000))
        schedule.noteProposed()
        #expect(!schedule.isDue(after: 1_000), "it is on its way")
        schedule.forgetProposal()
        #expect(schedule.isDue(after: 1_000), "its leader is gone")
        schedule.noteSeal(store(through: 9), nil, turnAt: 0)
        #expect(!schedule.isDue(after: 1_000))
        schedule.noteTaken(written(9, bytes: 5_000))
        schedule.noteApplied(bytes: 5_000)
        #expect(!schedule.isDue(after: 1_000))
        schedule.noteApplied(bytes: 1)
        #expect(schedule.isDue(after: 1_000))
    }
}

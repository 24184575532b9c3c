// The state as it was: at a slot, at a time, and not where the log does not prove it.

import ArgumentParser
import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage
import Testing

@testable import logtool

@Suite struct PastStateTests {
    let fixture = FolderFixture()
    let entries: [Entry]

    init() throws {
        entries = try FolderFixture.entries(60)
        try fixture.write(0, entries)
    }

    /// What the nodes' own state machine makes of the first entries.
    private func state(after count: Int) throws -> KeyValueStore {
        var store = KeyValueStore()
        _ = try store.apply(entriesOf: FolderFixture.run(.none, Array(entries[..<count])).body)
        return store
    }

    private func past(_ moment: Moment) throws -> PastState { try PastState(of: fixture.log(0), at: moment) }

    private func failure(_ moment: Moment) -> Failure? {
        do {
            _ = try past(moment)
            return nil
        } catch {
            return error as? Failure
        }
    }

    @Test(arguments: [1, 2, 9, 33, 59, 60]) func stateIsThatOfANodeThen(slot: Int) throws {
        let past = try past(.slot(Slot(UInt64(slot))))
        let expected = try state(after: slot)
        #expect(past.store.digest == expected.digest)
        #expect(past.store.appliedThrough == expected.appliedThrough)
        #expect(past.summary.isEndOfLog == false)
    }

    @Test func timeIncludesWhatWasChosenByThen() throws {
        let past = try past(.time(Timestamp(microseconds: FolderFixture.time(31))))
        #expect(past.store.appliedThrough == Slot(31))
        let before = try self.past(.time(Timestamp(microseconds: FolderFixture.time(0))))
        #expect(before.store.appliedThrough == .zero && before.store.count == 0)
    }

    @Test func entryWithAnEarlierTimeBelongsToTheSlotsBeforeIt() throws {
        var stepping = entries
        stepping[40].time = FolderFixture.time(3)
        let fixture = FolderFixture()
        try fixture.write(0, stepping)
        let past = try PastState(of: fixture.log(0), at: .time(Timestamp(microseconds: FolderFixture.time(40))))
        #expect(past.store.appliedThrough == Slot(41))
        let early = try PastState(of: fixture.log(0), at: .time(Timestamp(microseconds: FolderFixture.time(3))))
        #expect(early.store.appliedThrough == Slot(3))
    }

    @Test func laterTimeIsTheEndOfTheLog() throws {
        let past = try past(.time(Timestamp(microseconds: FolderFixture.time(99))))
        #expect(past.summary.isEndOfLog)
        #expect(
            past.summary.line.hasPrefix("n0 at slot 60, 2023-11-14T22:13:20.000060Z, where the log ends: keys: 5, "))
    }

    @Test func slotThatIsNotChosenIsNotGuessedAt() {
        #expect(failure(.slot(Slot(61)))?.status == 2)
        #expect(
            failure(.slot(Slot(61)))?.message
                == "slot 61 is not chosen here: the last slot that can be told is 60")
    }

    @Test func acceptedIsNoState() throws {
        let fixture = FolderFixture()
        try fixture.write(0, Array(entries[..<50]), accepted: Array(entries[50...]))
        #expect(throws: Failure.self) { try PastState(of: fixture.log(0), at: .slot(Slot(51))) }
        #expect(try PastState(of: fixture.log(0), at: .slot(Slot(50))).store.digest == state(after: 50).digest)
    }

    @Test func stateBeforeDamageIsToldAndThatBehindItIsNot() throws {
        let block = try fixture.damage(blockHolding: 20, of: 0)
        let last = block.slots.lowerBound.previous
        #expect(failure(.slot(last)) == nil)
        let behind = failure(.slot(block.slots.lowerBound))
        #expect(behind?.status == 1)
        #expect(behind?.message.hasSuffix("the last slot that can be told is \(last)") == true)
        #expect(failure(.slot(Slot(60)))?.status == 1)
    }

    @Test func withoutTheBeginningNoStateIsTold() throws {
        try fixture.fileSystem.remove(fixture.segment(0, from: 1))
        #expect(failure(.slot(Slot(60)))?.status == 2)
        #expect(failure(.slot(Slot(2)))?.status == 2)
    }

    @Test func keysAreLinesOfWordsAndObjects() throws {
        let object = KeyObject(
            key: [0], stored: StoredValue(value: Array("value 2".utf8), created: Slot(2), modified: Slot(7)))
        #expect(object.line == "\\x00 value\\x202 2 7")
        #expect(JSONText.line(object) == #"{"created":2,"key_base64":"AA==","modified":7,"value":"value 2"}"#)
    }

    @Test(arguments: [
        ("7", Moment.slot(Slot(7))), ("1795575600s", .time(Timestamp(microseconds: 1_795_575_600_000_000))),
        ("2026-11-25T03:00:00Z", .time(Timestamp(microseconds: 1_795_575_600_000_000))), ("0", nil), ("soon", nil),
    ])
    func momentIsASlotOrATime(text: String, moment: Moment?) {
        #expect(Moment(argument: text) == moment)
    }

    @Test(arguments: [["x", "--key", "k"], ["--key", "k", "--at", "7"], ["x", "--at", "7"]])
    func folderKeyAndMomentAreNeeded(arguments: [String]) {
        #expect(throws: (any Error).self) { try Get.parse(arguments) }
    }
}

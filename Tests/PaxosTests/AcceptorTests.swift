// The acceptor's rules: P1a, which ballots it answers ("Paxos Made Simple", 2.2), and how it accepts a leader's runs in
// order (3).

import Testing

@testable import Paxos

struct AcceptorTests {
    private let leader = ballot(5, n1)

    private func acceptor(
        promised: Ballot = .none, chosenThrough: UInt64 = 0, accepted: [Run] = [], slots: Int = 64,
        bytes: Int = 1 << 20
    ) -> Acceptor {
        Acceptor(
            promised: promised, chosenThrough: Slot(chosenThrough), accepted: accepted,
            window: Acceptor.Window(slots: slots, bytes: bytes), checksum: testChecksum)
    }

    @Test func promisesOnlyWhatIsHigherThanAnyPromise() {
        var acceptor = acceptor(promised: ballot(3, n1))
        let answers = [
            acceptor.promise(.none), acceptor.promise(ballot(3, n0)), acceptor.promise(ballot(3, n1)),
            acceptor.promise(ballot(3, n2)), acceptor.promise(ballot(2, n2)),
        ]
        #expect(answers == [false, false, false, true, false])
        #expect(acceptor.promised == ballot(3, n2))
    }

    @Test func acceptBelowThePromiseIsRefused() {
        var acceptor = acceptor(promised: ballot(6, n2))
        #expect(acceptor.accept(run(leader, from: 1, "a"), base: .first) == .refused)
        #expect(acceptor.accepted.isEmpty)
        #expect(acceptor.promised == ballot(6, n2))
    }

    @Test func acceptingPromises() {
        var acceptor = acceptor(promised: ballot(2, n0))
        let value = run(leader, from: 1, "a")
        #expect(acceptor.accept(value, base: .first) == .accepted(value))
        #expect(acceptor.promised == leader)
        #expect(acceptor.accept(run(ballot(4, n2), from: 1, "b"), base: .first) == .refused)
        #expect(Array(acceptor.accepted.runs) == [value])
    }

    @Test func runsAreAcceptedWithoutGapsFromTheBaseOn() {
        var acceptor = acceptor(chosenThrough: 3)
        let base = Slot(6)
        #expect(acceptor.accept(run(leader, from: 7, "g"), base: base) == .gap(expected: base))
        let first = run(leader, from: 6, "f", "g")
        #expect(acceptor.accept(first, base: base) == .accepted(first))
        #expect(acceptor.accept(run(leader, from: 9, "i"), base: base) == .gap(expected: Slot(8)))
        #expect(acceptor.receivedThrough == Slot(7))
    }

    @Test func acceptArrivingTwiceChangesNothing() {
        var acceptor = acceptor()
        let value = run(leader, from: 1, "a", "b")
        #expect(acceptor.accept(value, base: .first) == .accepted(value))
        #expect(acceptor.accept(value, base: .first) == .known)
        #expect(Array(acceptor.accepted.runs) == [value])
        #expect(acceptor.receivedThrough == Slot(2))
    }

    @Test func onlyTheNewPartOfARunIsAccepted() {
        var acceptor = acceptor()
        _ = acceptor.accept(run(leader, from: 1, "a", "b"), base: .first)
        let rest = run(leader, from: 3, "c")
        #expect(acceptor.accept(run(leader, from: 1, "a", "b", "c"), base: .first) == .accepted(rest))
    }

    @Test func whatIsChosenIsNotAcceptedAgain() {
        var acceptor = acceptor(chosenThrough: 2)
        let rest = run(leader, from: 3, "c")
        #expect(acceptor.accept(run(leader, from: 1, "x", "y"), base: .first) == .known)
        #expect(acceptor.accept(run(leader, from: 1, "x", "y", "c"), base: .first) == .accepted(rest))
    }

    @Test func newLeaderBeginsAnew() {
        var acceptor = acceptor()
        _ = acceptor.accept(run(ballot(1, n0), from: 1, "a", "b", "c"), base: .first)
        #expect(acceptor.accept(run(leader, from: 3, "z"), base: Slot(2)) == .gap(expected: Slot(2)))
        let value = run(leader, from: 2, "y")
        #expect(acceptor.accept(value, base: Slot(2)) == .accepted(value))
        #expect(acceptor.receivedThrough == Slot(2))
        #expect(acceptor.accepted.runs.map(\.texts) == [["a"], ["y"], ["c"]])
    }

    /// What the journal holds of a leader's runs still counts after a restart.
    @Test func restartGoesOnWithTheSameLeader() {
        var acceptor = acceptor(
            promised: leader, chosenThrough: 1, accepted: [run(ballot(1, n0), from: 2, "b"), run(leader, from: 3, "c")])
        #expect(acceptor.accept(run(leader, from: 5, "e"), base: Slot(3)) == .gap(expected: Slot(4)))
    }

    @Test func windowBoundsWhatIsAccepted() {
        var acceptor = acceptor(slots: 2)
        let fitting = run(leader, from: 1, (1...8).map { "\($0)" })
        #expect(acceptor.accept(run(leader, from: 1, (1...9).map { "\($0)" }), base: .first) == .accepted(fitting))
        #expect(acceptor.accept(run(leader, from: 9, "9"), base: .first) == .beyondWindow)
        _ = acceptor.learn(Message.Mark(ballot: leader, base: .first, chosenThrough: Slot(1)))
        let next = run(leader, from: 9, "9")
        #expect(acceptor.accept(next, base: .first) == .accepted(next))
    }

    @Test func windowBoundsBytes() {
        var acceptor = acceptor(bytes: 10)
        let large = run(leader, from: 1, String(repeating: "x", count: 40))
        #expect(acceptor.accept(large, base: .first) == .accepted(large))
        #expect(acceptor.accept(run(leader, from: 2, "b"), base: .first) == .beyondWindow)
        // The same slots under a higher ballot take no more room.
        let again = run(ballot(6, n2), from: 1, String(repeating: "y", count: 40))
        #expect(acceptor.accept(again, base: .first) == .accepted(again))
    }

    @Test func promiseNamesWhatIsAcceptedAboveTheChosen() {
        let held = run(ballot(1, n0), from: 4, "d", "e", "f")
        let acceptor = acceptor(promised: leader, chosenThrough: 4, accepted: [held])
        #expect(acceptor.acceptedValues(from: .first).map(\.texts) == [["e", "f"]])
        #expect(acceptor.acceptedValues(from: Slot(6)).map(\.texts) == [["f"]])
        #expect(acceptor.acceptedValues(from: Slot(7)).isEmpty)
    }

    @Test func chosenValuesOutrankWhatWasAccepted() {
        var acceptor = acceptor(promised: leader, accepted: [run(leader, from: 1, "a", "b", "c")])
        acceptor.learn(chosen: run(.none, from: 1, "x", "y"))
        #expect(acceptor.chosenThrough == Slot(2))
        #expect(acceptor.accepted.runs.map(\.texts) == [["c"]])
    }
}

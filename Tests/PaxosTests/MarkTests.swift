// Whom to believe about what is chosen ("Paxos Made Simple", 2.3): a leader's mark covers what was accepted from that
// leader; what lies below its base must be learned.

import Testing

@testable import Paxos

struct MarkTests {
    private func acceptor(
        promised: Ballot, chosenThrough: UInt64 = 0, accepted: [Run] = []
    ) -> Acceptor {
        Acceptor(
            promised: promised, chosenThrough: Slot(chosenThrough), accepted: accepted, window: .standard,
            checksum: testChecksum)
    }

    private func mark(_ ballot: Ballot, base: UInt64, through slot: UInt64) -> Message.Mark {
        Message.Mark(ballot: ballot, base: Slot(base), chosenThrough: Slot(slot))
    }

    @Test func markCoversWhatWasAcceptedAtItsBallot() {
        let leader = ballot(3, n1)
        var acceptor = acceptor(promised: leader, accepted: [run(leader, from: 1, "a", "b", "c")])
        let chosen = acceptor.learn(mark(leader, base: 1, through: 2))
        #expect(chosen.map(\.texts) == [["a", "b"]])
        #expect(acceptor.chosenThrough == Slot(2))
        #expect(acceptor.accepted.runs.map(\.texts) == [["c"]])
    }

    @Test func markIsNotBelievedForAnotherBallotsValue() {
        let leader = ballot(3, n1)
        var acceptor = acceptor(
            promised: ballot(2, n0), accepted: [run(ballot(2, n0), from: 1, "other", "other")])
        #expect(acceptor.learn(mark(leader, base: 1, through: 2)) == [])
        #expect(acceptor.chosenThrough == .zero)
        _ = acceptor.accept(run(leader, from: 1, "right"), base: .first)
        #expect(acceptor.advance().map(\.texts) == [["right"]])
        #expect(acceptor.accepted.runs.map(\.texts) == [["other"]])
        #expect(acceptor.chosenThrough == Slot(1))
    }

    @Test func markBelowTheBaseMustBeLearned() {
        let leader = ballot(3, n1)
        // What it accepted below the base came from an earlier leader.
        var acceptor = acceptor(promised: ballot(2, n0), accepted: [run(ballot(2, n0), from: 1, "x", "x")])
        #expect(acceptor.learn(mark(leader, base: 3, through: 2)) == [])
        _ = acceptor.accept(run(leader, from: 3, "c", "d"), base: Slot(3))
        #expect(acceptor.learn(mark(leader, base: 3, through: 4)) == [])
        #expect(acceptor.chosenThrough == .zero)
        acceptor.learn(chosen: run(.none, from: 1, "a", "b"))
        #expect(acceptor.advance().map(\.texts) == [["c", "d"]])
        #expect(acceptor.chosenThrough == Slot(4))
    }

    @Test func markUnderALowerBallotIsNotHeard() {
        var acceptor = acceptor(promised: ballot(4, n2), accepted: [run(ballot(3, n1), from: 1, "a")])
        #expect(acceptor.learn(mark(ballot(3, n1), base: 1, through: 1)) == [])
    }

    @Test func markBeyondWhatWasAcceptedCoversItWhenItComes() {
        let leader = ballot(3, n1)
        var acceptor = acceptor(promised: .none)
        _ = acceptor.accept(run(leader, from: 1, "a"), base: .first)
        #expect(acceptor.learn(mark(leader, base: 1, through: 3)).map(\.texts) == [["a"]])
        _ = acceptor.accept(run(leader, from: 2, "b", "c", "d"), base: .first)
        #expect(acceptor.advance().map(\.texts) == [["b", "c"]])
    }

    @Test func marksOfOneLeaderSayNothingOfTheNextOnesValues() {
        var acceptor = acceptor(promised: .none)
        _ = acceptor.learn(mark(ballot(3, n1), base: 1, through: 5))
        _ = acceptor.accept(run(ballot(4, n2), from: 1, "a"), base: .first)
        #expect(acceptor.advance() == [])
    }

    // MARK: On the way

    @Test func markTellsPeersAtOnce() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.deliver(.accept)
        bed.deliver(.accepted)
        #expect(bed.network.filter { $0.kind == .mark }.count == 2)
        bed.deliver(.mark)
        #expect(bed.texts(n1) == [noOpText, "a"])
    }

    @Test func lostMarkIsRepeatedByHeartbeats() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.settle { $0.kind != .mark }
        bed.take()
        #expect(bed.texts(n1) == [noOpText])
        bed.tick(3)
        bed.deliver(.heartbeat)
        #expect(bed.texts(n1) == [noOpText, "a"])
    }

    /// A mark from elsewhere than the ballot's own node is nobody's word.
    @Test func markOfAnothersBallotIsIgnored() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.hand(bed.take { $0.kind == .accept && $0.to == n1 })
        let mark = Message.Mark(ballot: ballot(1, n0), base: .first, chosenThrough: Slot(2))
        bed.turn(n1) { $0.receive(.mark(mark), from: n2, incarnation: .first) }
        #expect(bed.replica(n1).chosenThrough == Slot(1))
        #expect(bed.replica(n1).ignoredMessages == 1)
    }

    @Test func markIsJournaledWithItsBallot() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.settle()
        #expect(bed[n1].journal.records.last == .chosenThrough(Slot(2), ballot: ballot(1, n0)))
    }
}

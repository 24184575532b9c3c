// Phase 2 ("Paxos Made Simple", 2.2): a value is chosen when a majority of voters has durably accepted it at one ballot.

import Testing

@testable import Paxos

struct VotingTests {
    private func accepted(_ round: UInt64, through slot: UInt64) -> Message {
        .accepted(Message.Accepted(ballot: ballot(round, n0), through: Slot(slot)))
    }

    @Test func ownVoteCountsWhenItIsDurable() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.holdJournal(n0)
        bed.isolate(n2)
        bed.propose("a", at: n0)
        bed.settle()
        #expect(bed.replica(n0).chosenThrough == Slot(1))
        bed.sync(n0)
        #expect(bed.replica(n0).chosenThrough == Slot(2))
        #expect(bed.violations == [])
    }

    /// The others are a majority without it.
    @Test func leaderWithASlowDiskIsNotWaitedFor() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.holdJournal(n0)
        bed.propose("a", at: n0)
        bed.settle()
        #expect(bed.texts(n1) == [noOpText, "a"])
        #expect(bed.violations == [])
    }

    @Test func aloneANodeChoosesOnlyWhatIsDurable() {
        var bed = ReplicaBed(1)
        bed.tick()
        bed.holdJournal(n0)
        bed.propose("a", at: n0)
        bed.propose("b", at: n0)
        #expect(bed.texts(n0) == [noOpText])
        bed.sync(n0, 1)
        #expect(bed.texts(n0) == [noOpText, "a"])
        bed.restart(n0)
        bed.tick()
        bed.sync(n0)
        bed.sync(n0)
        bed.sync(n0)
        #expect(bed.texts(n0).starts(with: [noOpText, "a"]))
        #expect(!bed.texts(n0).contains("b"))
        #expect(bed.violations == [])
    }

    @Test func voteOfAnOldBallotDoesNotCount() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.deliver(.accept)
        let old = bed.take(.accepted)
        bed.isolate(n0)
        bed.elect(n1)
        bed.heal()
        bed.run(ticks: 3)
        bed.elect(n0)
        bed.isolate(n1)
        bed.isolate(n2)
        let slot = bed.propose("b", at: n0)
        bed.hand(old)
        for _ in 0..<9 {
            bed.turn(n0) { $0.receive(accepted(1, through: 9), from: n1, incarnation: .first) }
        }
        #expect(bed.replica(n0).chosenThrough == slot?.previous)
        #expect(bed.violations == [])
    }

    @Test func sameVoteTwiceIsOne() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.take()
        for _ in 0..<3 { bed.turn(n0) { $0.receive(accepted(1, through: 2), from: n1, incarnation: .first) } }
        #expect(bed.replica(n0).chosenThrough == Slot(1))
    }

    @Test func voteBeyondWhatWasProposedCountsForNothingLater() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.take()
        bed.turn(n0) { $0.receive(accepted(1, through: 50), from: n1, incarnation: .first) }
        bed.propose("a", at: n0)
        #expect(bed.replica(n0).chosenThrough == Slot(1))
    }

    /// "Paxos Made Simple", 2.3: messages may take any time and arrive any number of times.
    @Test func acceptArrivingTwiceOrMuchLaterIsAnsweredAndChangesNothing() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        let accepts = bed.take { $0.kind == .accept && $0.to == n1 }
        bed.hand(accepts + accepts)
        #expect(bed.network.filter { $0.from == n1 && $0.kind == .accepted }.count == 2)
        bed.settle()
        bed.propose("b", "c", at: n0)
        bed.settle()
        bed.hand(accepts)
        // Its chosen-through is the answer.
        #expect(
            bed.take(.accepted).map(\.message) == [accepted(1, through: 4)])
        bed.isolate(n0)
        bed.elect(n2)
        bed.hand(accepts)
        bed.heal()
        bed.run(ticks: 4)
        #expect(bed.texts(n1) == [noOpText, "a", "b", "c", noOpText])
        #expect(bed.violations == [])
    }

    @Test func acceptBelowThePromiseIsRefusedWithThePromise() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        let accepts = bed.take { $0.kind == .accept && $0.to == n1 }
        bed.take()
        bed.prepare(n2)
        bed.deliver(where: { $0.to == n1 })
        bed.take()
        bed.hand(accepts)
        #expect(
            bed.network.map(\.message) == [
                .refused(Message.Refused(ballot: ballot(1, n0), promised: ballot(2, n2)))
            ])
        #expect(!bed.replica(n1).acceptor.accepted.runs.contains { $0.texts == ["a"] })
        bed.settle()
        #expect(bed.leaders == [])
    }

    // MARK: Who votes

    @Test func learnerHasNoVote() {
        var bed = ReplicaBed(3, learners: [n2])
        bed.elect(n0)
        bed.isolate(n1)
        bed.propose("a", at: n0)
        bed.settle()
        #expect(bed.replica(n2).acceptor.accepted.lastSlot == Slot(2))
        #expect(bed.replica(n0).chosenThrough == Slot(1))
        bed.heal()
        bed.run(ticks: 6)
        // It follows all the same.
        #expect(bed.nodes.allSatisfy { bed.texts($0) == [noOpText, "a"] })
        #expect(bed.violations == [])
    }

    @Test func votesOfAnEarlierLifeEndWhenTheEmptiedDiskSpeaks() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.deliver(.accept)
        let votes = bed.take(.accepted)
        bed.restartEmptied(n1)
        bed.tick(3, [n0])
        bed.hand(bed.take { $0.kind == .heartbeat && $0.to == n1 })
        bed.hand(bed.take { $0.from == n1 && $0.to == n0 })
        // What the earlier life had said arrives now, or again.
        bed.hand(votes.filter { $0.from == n1 || $0.from == n2 } + votes.filter { $0.from == n1 })
        #expect(bed.replica(n0).chosenThrough == Slot(1))
        bed.hand(votes.filter { $0.from == n3 })
        #expect(bed.replica(n0).chosenThrough == Slot(2))
    }

    @Test func unknownNodesHaveNoVote() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.take()
        bed.turn(n0) { $0.receive(accepted(1, through: 2), from: n4, incarnation: .first) }
        bed.turn(n0) { $0.receive(accepted(1, through: 2), from: n1, incarnation: Incarnation(2)) }
        bed.turn(n0) { $0.receive(accepted(1, through: 2), from: n0, incarnation: .first) }
        #expect(bed.replica(n0).chosenThrough == Slot(1))
    }

    // MARK: Bounds

    @Test func leaderProposesNoMoreThanAWindow() {
        var bed = ReplicaBed(3, window: Acceptor.Window(slots: 5, bytes: 1 << 20))
        bed.elect(n0)
        var count = 0
        while bed.propose("v", at: n0) != nil { count += 1 }
        #expect(count == 5)
        bed.settle()
        #expect(bed.replica(n0).canPropose)
    }

    @Test func leaderProposesNoMoreThanAWindowOfBytes() {
        var bed = ReplicaBed(3, window: Acceptor.Window(slots: 64, bytes: 100))
        bed.elect(n0)
        var count = 0
        while bed.propose(String(repeating: "v", count: 30), at: n0) != nil { count += 1 }
        #expect(count == 3)
        bed.settle()
        #expect(bed.replica(n0).canPropose)
    }

    @Test func runsArePipelined() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        for text in ["a", "b", "c"] { bed.propose(text, at: n0) }
        #expect(bed.network.filter { $0.kind == .accept && $0.to == n1 }.count == 3)
        bed.settle()
        #expect(bed.texts(n2) == [noOpText, "a", "b", "c"])
    }
}

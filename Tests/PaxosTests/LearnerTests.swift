// A node whose disk is not the acceptor it was: it follows and serves, and neither promises, votes nor leads.

import Testing

@testable import Paxos

struct LearnerTests {
    @Test func learnerPromisesNothing() {
        var bed = ReplicaBed(3, learners: [n2])
        bed.prepare(n0)
        bed.hand(bed.take { $0.to == n2 })
        #expect(bed.network.allSatisfy { $0.from != n2 })
        #expect(bed.replica(n2).acceptor.promised == .none)
    }

    @Test func promiseOfALearnerDoesNotCount() {
        var bed = ReplicaBed(3, learners: [n2])
        bed.prepare(n0)
        bed.take()
        let promise = Message.Promise(
            ballot: ballot(1, n0), chosenThrough: .zero, part: 0, parts: 1, accepted: [])
        bed.turn(n0) { $0.receive(.promise(promise), from: n2, incarnation: .learner) }
        guard case .candidate = bed.replica(n0).role else {
            Issue.record("a learner's promise is none")
            return
        }
    }

    @Test func learnerNeverElects() {
        var bed = ReplicaBed(3, learners: [n1, n2])
        bed.tick(300, [n1, n2])
        #expect(bed.network.isEmpty)
        bed.run(ticks: 100)
        #expect(bed.leaders == [])
    }

    @Test func learnerGrantsNoPreVote() {
        var bed = ReplicaBed(3, learners: [n2])
        bed.turn(n2) { $0.receive(.preVote(Message.PreVote(attempt: 1)), from: n0, incarnation: .first) }
        #expect(
            bed.network.map(\.message) == [
                .preVoteAnswer(Message.PreVoteAnswer(attempt: 1, granted: false, promised: .none))
            ])
        bed.take()
        bed.tick(30, [n0])
        bed.take()
        bed.turn(n0) {
            $0.receive(
                .preVoteAnswer(Message.PreVoteAnswer(attempt: 1, granted: true, promised: .none)), from: n2,
                incarnation: .learner)
        }
        #expect(bed.replica(n0).acceptor.promised == .none)
    }

    @Test func learnerIsNoHeir() {
        var bed = ReplicaBed(3, learners: [n1, n2])
        bed.prepare(n0)
        bed.settle()
        var two = ReplicaBed(3, learners: [n2])
        two.elect(n0)
        two.crash(n1)
        two.run(ticks: 11)
        two.turn(n0) { $0.handOver() }
        #expect(two.network.allSatisfy { $0.kind != .takeOver || $0.to == n1 })
        let takeOver = Message.TakeOver(ballot: ballot(1, n0))
        two.turn(n2) { $0.receive(.takeOver(takeOver), from: n0, incarnation: .first) }
        #expect(two.replica(n2).acceptor.promised == ballot(1, n0))
    }

    @Test func learnerKeepsNoLeaderInOffice() {
        var bed = ReplicaBed(3, learners: [n2])
        bed.elect(n0)
        bed.crash(n1)
        bed.run(ticks: 16)
        #expect(bed.leaders == [])
    }

    @Test func learnerFollowsAndAnswersReads() {
        var bed = ReplicaBed(3, learners: [n2])
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.settle()
        bed.ask(1, at: n2)
        bed.settle()
        #expect(bed.texts(n2) == [noOpText, "a"])
        #expect(bed[n2].reads == [1: Slot(2)])
        bed.crash(n0)
        bed.tick(30, [n2])
        #expect(bed[n2].events.last == .leaderless)
    }

    @Test func emptiedDiskIsFilledAgainAndStillHasNoVote() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", "b", at: n0)
        bed.settle()
        bed.restartEmptied(n2)
        bed.run(ticks: 6)
        #expect(bed.texts(n2) == bed.texts(n0))
        bed.crash(n1)
        bed.propose("c", at: n0)
        bed.run(ticks: 6)
        #expect(bed.texts(n0).last == "b")
        #expect(bed.violations == [])
    }

    /// A ballot that an earlier life of the node prepared is nobody's now.
    @Test func ballotOfAnotherLifeIsNotListenedTo() {
        var bed = ReplicaBed(3)
        for incarnation in [Incarnation.learner, Incarnation(2)] {
            let theirs = ballot(5, n1, incarnation: incarnation)
            bed.turn(n0) {
                $0.receive(.prepare(Message.Prepare(ballot: theirs, base: .first)), from: n1, incarnation: .first)
            }
            bed.turn(n0) {
                $0.receive(
                    .accept(Message.Accept(base: .first, chosenThrough: .zero, run: run(theirs, from: 1, "a"))),
                    from: n1, incarnation: .first)
            }
        }
        #expect(bed.network.isEmpty)
        #expect(bed[n0].journal.records.isEmpty)
    }
}

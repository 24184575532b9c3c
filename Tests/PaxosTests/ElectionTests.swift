// Phase 1 ("Paxos Made Simple", 2.2): who counts as a promiser, and when a ballot may be heard of. And when elections
// begin, which safety does not hang on.

import Testing

@testable import Paxos

struct ElectionTests {
    @Test(arguments: [1, 3, 5, 7])
    func somebodyIsElectedAndOpensTheBallot(size: Int) {
        var bed = ReplicaBed(size)
        bed.run(ticks: 60)
        #expect(bed.leaders.count == 1)
        #expect(bed.nodes.allSatisfy { bed.texts($0) == [noOpText] })
        #expect(bed.nodes.allSatisfy { bed.replica($0).leader?.node == bed.leaders.first })
        #expect(bed.violations == [])
    }

    @Test func aloneANodeElectsItselfAndProposes() {
        var bed = ReplicaBed(1)
        bed.tick()
        bed.propose("a", at: n0)
        bed.propose("b", "c", at: n0)
        #expect(bed.texts(n0) == [noOpText, "a", "b", "c"])
        bed.ask(1, at: n0)
        #expect(bed[n0].reads == [1: Slot(4)])
        #expect(bed.violations == [])
    }

    @Test func largestClusterAgrees() {
        var bed = ReplicaBed(99)
        bed.elect(n4)
        bed.propose("a", at: n4)
        bed.settle()
        #expect(bed.nodes.allSatisfy { bed.texts($0) == [noOpText, "a"] })
        // All but a majority may be gone.
        for node in bed.nodes.suffix(49) { bed.crash(node) }
        bed.propose("b", at: n4)
        bed.settle()
        #expect(bed.texts(n4) == [noOpText, "a", "b"])
        bed.crash(bed.nodes[49])
        bed.propose("c", at: n4)
        bed.settle()
        #expect(bed.texts(n4) == [noOpText, "a", "b"])
    }

    @Test func refusedPrepareIsNoPromise() {
        var bed = ReplicaBed(3)
        // Both others have promised a higher ballot.
        for (node, other) in [(n1, n2), (n2, n1)] {
            bed.turn(node) {
                $0.receive(
                    .prepare(Message.Prepare(ballot: ballot(7, other), base: .first)), from: other,
                    incarnation: .first)
            }
        }
        bed.take()
        bed.prepare(n0)
        bed.deliver(.prepare)
        #expect(bed.network.map(\.kind) == [.refused, .refused])
        bed.settle()
        #expect(bed.leaders == [])
        #expect(bed[n0].events == [.electionStarted(ballot(1, n0))])
        // The refusal said how high the next ballot must be.
        bed.prepare(n0)
        #expect(bed.replica(n0).acceptor.promised == ballot(8, n0))
    }

    @Test func refusalOfAnotherBallotEndsNothing() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        let stale = Message.Refused(ballot: ballot(9, n0), promised: ballot(10, n1))
        bed.turn(n0) { $0.receive(.refused(stale), from: n1, incarnation: .first) }
        let notHigher = Message.Refused(ballot: ballot(1, n0), promised: ballot(1, n0))
        bed.turn(n0) { $0.receive(.refused(notHigher), from: n1, incarnation: .first) }
        #expect(bed.leaders == [n0])
    }

    @Test func prepareLeavesWhenItsPromiseIsDurable() {
        var bed = ReplicaBed(3)
        bed.holdJournal(n0)
        bed.prepare(n0)
        #expect(bed.network.isEmpty)
        #expect(bed[n0].journal.records == [.promise(ballot(1, n0))])
        bed.sync(n0)
        #expect(bed.network.map(\.kind) == [.prepare, .prepare])
    }

    @Test func promiseLeavesWhenItIsDurable() {
        var bed = ReplicaBed(3)
        bed.holdJournal(n1)
        bed.prepare(n0)
        bed.deliver { $0.to == n1 }
        #expect(bed.take { $0.from == n1 } == [])
        bed.sync(n1)
        #expect(bed.network.filter { $0.from == n1 }.map(\.kind) == [.promise])
    }

    /// A candidate's own promise is one of the majority only when it can't be forgotten.
    @Test func ownPromiseCountsWhenItIsDurable() {
        var bed = ReplicaBed(3)
        bed.holdJournal(n0)
        bed.prepare(n0)
        let promise = Message.Promise(
            ballot: ballot(1, n0), chosenThrough: .zero, part: 0, parts: 1, accepted: [])
        bed.turn(n0) { $0.receive(.promise(promise), from: n1, incarnation: .first) }
        guard case .candidate = bed.replica(n0).role else {
            Issue.record("one promise of another is no majority of three")
            return
        }
        bed.sync(n0, 1)
        guard case .leader = bed.replica(n0).role else {
            Issue.record("two durable promises are a majority of three")
            return
        }
    }

    /// A second answer could name other values than the first, and its parts be put together with the first's.
    @Test func prepareArrivingTwiceIsAnsweredOnce() {
        var bed = ReplicaBed(3)
        bed.prepare(n0)
        let prepares = bed.take { $0.to == n1 }
        bed.hand(prepares + prepares)
        #expect(bed.network.filter { $0.from == n1 }.map(\.kind) == [.promise])
    }

    @Test func nobodyPreparesForAnother() {
        var bed = ReplicaBed(3)
        bed.turn(n0) {
            $0.receive(.prepare(Message.Prepare(ballot: ballot(3, n1), base: .first)), from: n2, incarnation: .first)
        }
        #expect(bed.network.isEmpty)
        #expect(bed.replica(n0).acceptor.promised == .none)
    }

    // MARK: When

    @Test func preVoteDoesNotUnseatAHealthyLeader() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.isolate(n2)
        bed.run(ticks: 80)
        #expect(bed.replica(n2).leader == nil)
        bed.heal()
        bed.run(ticks: 30)
        #expect(bed.leaders == [n0])
        #expect(bed.replica(n2).leader?.ballot == ballot(1, n0))
        #expect(bed.nodes.allSatisfy { bed.replica($0).acceptor.promised == ballot(1, n0) })
    }

    /// It hears nothing from the leader, but the others do.
    @Test func nodeThatDoesNotHearTheLeaderIsNotElected() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.cut = [[n0, n2]]
        bed.run(ticks: 120)
        #expect(bed.leaders == [n0])
        #expect(bed[n2].events.allSatisfy { if case .electionStarted = $0 { false } else { true } })
    }

    @Test func answersToAnOlderAttemptDoNotCount() {
        var bed = ReplicaBed(3)
        bed.tick(30, [n0])
        let old = Message.PreVoteAnswer(attempt: 0, granted: true, promised: .none)
        let denied = Message.PreVoteAnswer(attempt: 1, granted: false, promised: ballot(4, n1))
        bed.turn(n0) { $0.receive(.preVoteAnswer(old), from: n1, incarnation: .first) }
        bed.turn(n0) { $0.receive(.preVoteAnswer(denied), from: n1, incarnation: .first) }
        #expect(bed.replica(n0).acceptor.promised == .none)
    }

    @Test func leaderCutOffFromTheMajorityStopsServing() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        for node in [n2, n3, n4] { bed.isolate(node) }
        bed.run(ticks: 13)
        #expect(bed.leaders == [])
        #expect(bed[n0].events.last == .leaderless)
    }

    @Test func leaderThatIsHeardByNobodyStopsServing() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.cut = [[n1, n0], [n2, n0]]
        bed.run(ticks: 16)
        #expect(bed.leaders != [n0])
    }

    @Test func leaderWithAMajorityGoesOnServing() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        bed.isolate(n3)
        bed.isolate(n4)
        bed.run(ticks: 60)
        #expect(bed.leaders == [n0])
    }

    @Test func deadLeaderIsReplaced() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.settle()
        bed.crash(n0)
        bed.run(ticks: 80)
        #expect(bed.leaders.count == 1)
        #expect(bed.leaders != [n0])
        #expect(bed.texts(bed.leaders.first ?? n0).starts(with: [noOpText, "a", noOpText]))
        #expect(bed.violations == [])
    }
}

// What an acceptor and a proposer must not forget ("Paxos Made Simple", 2.5): promises, acceptances, and its own ballots.

import Testing

@testable import Paxos

struct RestartTests {
    /// The crash comes after the promise is durable: the ballot has perhaps been heard of.
    @Test func ballotIsNotUsedAgainAfterARestart() {
        var bed = ReplicaBed(3)
        bed.prepare(n0)
        let before = bed.take(.prepare)
        bed.restart(n0)
        bed.prepare(n0)
        #expect(bed.replica(n0).acceptor.promised == ballot(2, n0))
        // Promises for the earlier ballot come too late.
        bed.take()
        bed.hand(before)
        bed.settle { $0.kind == .promise }
        #expect(bed.leaders == [])
        #expect(bed.violations == [])
    }

    /// The crash comes before: nobody has heard of the ballot, so it is as good as new.
    @Test func ballotThatWasNotDurableWasNeverHeardOf() {
        var bed = ReplicaBed(3)
        bed.holdJournal(n0)
        bed.prepare(n0)
        bed.crash(n0)
        #expect(bed.network.isEmpty)
        bed.restart(n0)
        bed.prepare(n0)
        bed.sync(n0)
        bed.deliver()
        bed.settle()
        bed.sync(n0)
        #expect(bed.replica(n0).leader?.ballot == ballot(1, n0))
        #expect(bed.violations == [])
    }

    @Test func promiseIsKeptAcrossARestart() {
        var bed = ReplicaBed(3)
        bed.prepare(n2)
        bed.deliver(.prepare)
        bed.restart(n1)
        bed.turn(n1) {
            $0.receive(
                .accept(Message.Accept(base: .first, chosenThrough: .zero, run: run(ballot(1, n0), from: 1, "old"))),
                from: n0, incarnation: .first)
        }
        #expect(bed.network.last?.message == .refused(Message.Refused(ballot: ballot(1, n0), promised: ballot(1, n2))))
        #expect(bed.replica(n1).acceptor.accepted.isEmpty)
    }

    @Test func acceptedValueIsNamedAfterARestart() throws {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.hand(bed.take { $0.to == n1 })
        bed.take()
        bed.restart(n1)
        bed.turn(n1) {
            $0.receive(.prepare(Message.Prepare(ballot: ballot(2, n2), base: .first)), from: n2, incarnation: .first)
        }
        guard case .promise(let promise) = bed.network.last?.message else {
            Issue.record("a promise was expected")
            return
        }
        #expect(promise.accepted.last?.texts == ["a"])
        #expect(promise.accepted.last?.ballot == ballot(1, n0))
    }

    /// Forgotten acceptances were never told of, so forgetting them is as if the message had been lost.
    @Test func acceptanceThatIsNotDurableIsNotTold() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.holdJournal(n1)
        bed.propose("a", at: n0)
        bed.deliver(.accept)
        #expect(bed.network.filter { $0.kind == .accepted }.map(\.from) == [n2])
        bed.take()
        bed.restart(n1)
        #expect(bed.replica(n1).acceptor.accepted.lastSlot == Slot(1))
        bed[n1].syncsAtOnce = true
        bed.run(ticks: 6)
        #expect(bed.texts(n1) == [noOpText, "a"])
        #expect(bed.violations == [])
    }

    @Test func wholeClusterRestartsWithWhatWasChosen() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", "b", at: n0)
        bed.settle()
        for node in bed.nodes { bed.restart(node) }
        bed.run(ticks: 60)
        #expect(bed.leaders.count == 1)
        #expect(bed.nodes.allSatisfy { bed.texts($0) == [noOpText, "a", "b", noOpText] })
        #expect(bed.violations == [])
    }

    @Test func restartedLeaderDoesNotLeadItsOldBallot() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        let accepts = bed.take(.accept)
        bed.restart(n0)
        bed.hand(accepts)
        bed.settle()
        #expect(bed.leaders == [])
        #expect(bed.texts(n0) == [noOpText])
        bed.elect(n0)
        #expect(bed.texts(n0) == [noOpText, "a", noOpText])
        #expect(bed.violations == [])
    }
}

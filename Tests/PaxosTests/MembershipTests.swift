// A node whose disk was emptied gets its vote back by a configuration that is chosen without it, and votes only when it
// has promised what its earlier life may have promised.

import Testing

@testable import Paxos

struct MembershipTests {
    /// Three nodes, of which n2 has an emptied disk that is filled again; n0 leads.
    private func bedWithAnEmptiedDisk(_ size: Int = 3) -> ReplicaBed {
        var bed = ReplicaBed(size)
        bed.elect(n0)
        bed.propose("a", "b", at: n0)
        bed.settle()
        bed.restartEmptied(n2)
        bed.run(ticks: 6)
        return bed
    }

    @Test func emptiedDiskGetsItsVoteBack() {
        var bed = bedWithAnEmptiedDisk()
        bed.propose(voteFor: n2, at: n0)
        bed.settle()
        bed.run(ticks: 12)
        #expect(bed.replica(n2).mayVote)
        #expect(bed[n2].events.contains(.voteReturned(Incarnation(2))))
        bed.crash(n1)
        bed.propose("c", at: n0)
        bed.settle()
        #expect(bed.texts(n0).last == "c")
        #expect(bed.violations == [])
    }

    @Test func nothingIsProposedBehindAConfigurationThatIsNotChosen() {
        var bed = bedWithAnEmptiedDisk()
        let before = bed.replica(n0).acceptor.promised
        bed.propose(voteFor: n2, at: n0)
        #expect(!bed.replica(n0).canPropose)
        bed.settle()
        #expect(bed.replica(n0).canPropose)
        #expect(bed.replica(n0).acceptor.promised > before)
        #expect(bed.replica(n0).configuration.slot == Slot(4))
        #expect(bed.violations == [])
    }

    @Test func aNodeThatReturnsSaysNothingThatCountsBeforeAMajorityHasAnswered() {
        var bed = bedWithAnEmptiedDisk()
        bed.propose(voteFor: n2, at: n0)
        bed.settle()
        bed.cut = [[n1, n2]]
        bed.propose("c", at: n0)
        for _ in 0..<60 {
            bed.tick()
            bed.settle { envelope in
                #expect(envelope.from != n2 || ![.promise, .accepted, .heartbeatAnswer].contains(envelope.kind))
                return true
            }
        }
        #expect(!bed.replica(n2).mayVote)
        #expect(bed.texts(n2).last == "c")
        bed.heal()
        bed.run(ticks: 12)
        #expect(bed.replica(n2).mayVote)
        #expect(bed.violations == [])
    }

    @Test func aNodeThatReturnsPromisesTheHighestThatWasPromised() {
        var bed = bedWithAnEmptiedDisk()
        bed.propose(voteFor: n2, at: n0)
        bed.settle()
        bed.isolate(n1)
        bed.prepare(n1)
        let highest = bed.replica(n1).acceptor.promised
        bed.heal()
        bed.tick(6, [n2])
        bed.deliver(.returnQuestion)
        bed.deliver(.returnAnswer)
        #expect(bed.replica(n2).mayVote)
        #expect(bed.replica(n2).acceptor.promised == highest)
        #expect(bed[n2].journal.records.last == .promise(highest))
        #expect(bed.violations == [])
    }

    @Test func anAnswerUnderAnEarlierConfigurationDoesNotCount() {
        var bed = bedWithAnEmptiedDisk()
        bed.propose(voteFor: n2, at: n0)
        bed.settle()
        bed.take()
        bed.tick(6, [n2])
        bed.take()
        for node in [n0, n1] {
            for attempt in 1...4 {
                let answer = Message.ReturnAnswer(
                    attempt: UInt64(attempt), promised: ballot(1, n0), configuration: Slot(3))
                bed.turn(n2) { $0.receive(.returnAnswer(answer), from: node, incarnation: .first) }
            }
        }
        #expect(!bed.replica(n2).mayVote)
    }

    @Test func theVoteIsGivenAgainAfterARestartThatCameTooEarly() {
        var bed = bedWithAnEmptiedDisk()
        bed.propose(voteFor: n2, at: n0)
        bed.settle()
        bed.tick(6, [n2])
        bed.settle { $0.kind != .returnAnswer }
        #expect(!bed.take(.returnAnswer).isEmpty)
        bed.restart(n2)
        #expect(!bed.replica(n2).mayVote)
        bed.run(ticks: 40)
        #expect(bed.replica(n2).mayVote)
        bed.restart(n2)
        #expect(bed.replica(n2).mayVote)
        #expect(bed.violations == [])
    }

    @Test func anInheritedConfigurationEndsABallot() {
        var bed = bedWithAnEmptiedDisk()
        bed.propose(voteFor: n2, at: n0)
        bed.settle { $0.kind != .accepted }
        bed.take()
        #expect(bed.replica(n0).chosenThrough == Slot(3))
        bed.prepare(n1)
        bed.settle { $0.kind != .accepted }
        #expect(bed.replica(n1).nextSlot == Slot(5))
        #expect(!bed.replica(n1).canPropose)
        let first = bed.replica(n1).acceptor.promised
        bed.settle()
        #expect(bed.replica(n1).configuration.slot == Slot(4))
        #expect(bed.replica(n1).acceptor.promised > first)
        #expect(bed.replica(n1).canPropose)
        bed.run(ticks: 20)
        #expect(bed.replica(n2).mayVote)
        #expect(bed.violations == [])
    }

    /// A promise that an earlier life sent comes late: it is no promise of those who vote by now.
    @Test func aPromiseOfAnEarlierLifeDoesNotCountUnderTheNextConfiguration() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.settle()
        bed.prepare(n3)
        bed.deliver { $0.to == n2 && $0.kind == .prepare }
        let late = bed.take { $0.from == n2 && $0.kind == .promise }
        #expect(late.count == 1)
        bed.take()
        bed.restartEmptied(n2)
        bed.isolate(n3)
        bed.run(ticks: 6)
        bed.propose(voteFor: n2, at: n0)
        bed.settle()
        bed.run(ticks: 12)
        #expect(bed.replica(n2).mayVote)
        bed.propose("b", at: n0)
        bed.settle { $0.to != n1 && $0.to != n4 || $0.kind != .accept }
        bed.crash(n0)
        bed.heal()
        bed.hand(late)
        bed.run(ticks: 80)
        #expect(bed.violations == [])
    }

    @Test func whoIsBehindLearnsAConfigurationThatOthersSpeakUnder() {
        var bed = bedWithAnEmptiedDisk()
        bed.isolate(n1)
        bed.turn(n1) { $0.noteConfiguration(at: Slot(4), knownBy: n0) }
        #expect(bed.take(.catchUp).isEmpty)
        bed.heal()
        bed.turn(n1) { $0.noteConfiguration(at: Slot(9), knownBy: n0) }
        bed.tick(8, [n1])
        #expect(bed.network.contains { $0.from == n1 && $0.to == n0 && $0.kind == .catchUp })
    }
}

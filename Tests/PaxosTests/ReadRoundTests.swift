// Linearizable reads ("Paxos Made Moderately Complex", 4.5, without leases): a read index is given out by a leader that
// has proved, after the question, that nobody had replaced it.

import Testing

@testable import Paxos

struct ReadRoundTests {
    @Test(arguments: [n0, n1])
    func readIndexCoversWhatWasChosenBeforeTheQuestion(asker: NodeID) {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.settle()
        bed.ask(7, at: asker)
        bed.settle()
        #expect(bed[asker].reads == [7: Slot(2)])
        #expect(bed.violations == [])
    }

    /// Its predecessor may have chosen values in slots that it has proposed again, and can't tell yet.
    @Test func noReadIndexBeforeTheOpeningNoOpIsChosen() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.deliver(.accept)
        bed.hand(bed.take { $0.kind == .accepted && $0.from == n1 })
        #expect(bed.texts(n0) == [noOpText, "a"])
        bed.take()
        bed.crash(n0)
        bed.prepare(n1)
        bed.deliver(.prepare)
        bed.deliver(.promise)
        bed.ask(1, at: n1)
        bed.ask(2, at: n2)
        let isRound = { (envelope: Envelope) in
            [.heartbeat, .heartbeatAnswer, .readIndex, .readIndexAnswer].contains(envelope.kind)
        }
        for _ in 0..<6 {
            bed.tick(1, [n1])
            bed.settle(where: isRound)
        }
        #expect(bed.leaders == [n1])
        #expect(bed[n1].reads.isEmpty)
        bed.settle()
        bed.run(ticks: 3)
        #expect(bed[n1].reads == [1: Slot(3)])
        #expect(bed[n2].reads.isEmpty == false || bed.replica(n2).leader?.node == n1)
        #expect(bed.violations == [])
    }

    @Test func noReadIndexWithoutAMajority() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        bed.ask(1, at: n0)
        let answers = bed.network.filter { $0.kind == .heartbeat && $0.to == n1 }
        bed.take()
        bed.hand(answers)
        bed.deliver()
        #expect(bed[n0].reads.isEmpty)
    }

    @Test func deposedLeaderAnswersNoReads() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.isolate(n0)
        bed.elect(n1)
        bed.propose("new", at: n1)
        bed.settle()
        bed.heal()
        // It does not know yet.
        #expect(bed.leaders == [n0, n1])
        bed.ask(1, at: n0)
        bed.settle()
        #expect(bed[n0].reads.isEmpty)
        #expect(bed.leaders == [n1])
        #expect(bed.violations == [])
    }

    /// Whoever has promised a higher ballot refuses, and the refusal is no answer.
    @Test func nobodyWhoPromisedHigherAnswersARound() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.turn(n1) {
            $0.receive(
                .prepare(Message.Prepare(ballot: ballot(5, n2), base: .first)), from: n2, incarnation: .first)
        }
        bed.take()
        bed.ask(1, at: n0)
        bed.hand(bed.take { $0.to == n1 })
        #expect(bed.network.filter { $0.from == n1 }.map(\.kind) == [.refused])
        bed.deliver(.refused)
        #expect(bed.leaders == [])
        #expect(bed[n0].reads.isEmpty)
    }

    /// An answer to an older round proves nothing about the time after the question.
    @Test func roundBeginsAfterTheQuestion() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.tick(3, [n0])
        let earlier = bed.take(.heartbeat)
        bed.ask(1, at: n0)
        bed.take()
        bed.hand(earlier)
        bed.deliver(.heartbeatAnswer)
        #expect(bed[n0].reads.isEmpty)
        bed.tick(3, [n0])
        bed.settle()
        #expect(bed[n0].reads == [1: .first])
    }

    @Test func answersToTwoRoundsAreNotOneMajority() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        bed.ask(1, at: n0)
        let first = bed.take(.heartbeat)
        bed.ask(2, at: n0)
        let second = bed.take(.heartbeat)
        bed.hand(first.filter { $0.to == n1 } + second.filter { $0.to == n2 })
        bed.deliver(.heartbeatAnswer)
        // n2's answer to the later round is one to the earlier one too, but not the other way round.
        #expect(bed[n0].reads.keys.sorted() == [1])
    }

    @Test func learnersAnswerIsNotOneOfTheMajority() {
        var bed = ReplicaBed(3, learners: [n2])
        bed.elect(n0)
        bed.isolate(n1)
        bed.ask(1, at: n0)
        bed.settle()
        #expect(bed[n0].reads.isEmpty)
    }

    @Test func questionsThatWaitShareARound() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.turn(n0) { replica in
            for question in 1...50 { replica.askReadIndex(number: UInt64(question)) }
        }
        #expect(bed.network.filter { $0.kind == .heartbeat }.count == 2)
        bed.settle()
        #expect(bed[n0].reads.count == 50)
    }

    @Test func roundsUnderWayAreBounded() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        for question in 1...50 { bed.ask(UInt64(question), at: n0) }
        #expect(bed.network.filter { $0.kind == .heartbeat && $0.to == n1 }.count == ReadRounds.mostRoundsUnderWay)
        bed.settle()
        #expect(bed[n0].reads.count == 50)
    }

    @Test func nobodyButTheLeaderIsAskedForOthers() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.turn(n1) { $0.receive(.readIndex(Message.ReadIndex(question: 1)), from: n2, incarnation: .first) }
        #expect(bed.network.isEmpty)
        var leaderless = ReplicaBed(3)
        leaderless.ask(1, at: n0)
        #expect(leaderless.network.isEmpty)
    }

    @Test func answerToARoundThatNeverBeganProvesNothing() {
        var rounds = ReadRounds()
        rounds.ask(ReadRounds.Question(number: 1, node: n0))
        rounds.noteAnswer(9, from: n1)
        _ = rounds.begin(index: .first)
        #expect(rounds.takeAnswered(firstMembers(3), own: n0).isEmpty)
        rounds.noteAnswer(1, from: n1)
        #expect(rounds.takeAnswered(firstMembers(3), own: n0).map(\.index) == [.first])
    }
}

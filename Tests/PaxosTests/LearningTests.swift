// Learning chosen values from others ("Paxos Made Simple", 2.3), and what must be taken over with them.

import Testing

@testable import Paxos

struct LearningTests {
    private func learned(_ run: Run, promised: Ballot = .none) -> Message {
        .learned(Message.Learned(run: run, promised: promised))
    }

    /// A node that was away for twenty slots.
    private func bedWithALateNode(_ catchUpSlots: Int) -> ReplicaBed {
        var bed = ReplicaBed(3)
        bed.catchUpSlots = catchUpSlots
        bed.elect(n0)
        bed.isolate(n2)
        for number in 0..<20 { bed.propose("\(number)", at: n0) }
        bed.settle()
        bed.heal()
        return bed
    }

    @Test(arguments: [1, 3, 100])
    func lateNodeCatchesUp(slotsAnAnswer: Int) {
        var bed = bedWithALateNode(slotsAnAnswer)
        bed.run(ticks: 6)
        #expect(bed.texts(n2) == bed.texts(n0))
        bed.propose("next", at: n0)
        bed.settle()
        #expect(bed.texts(n2).last == "next")
        #expect(bed.violations == [])
    }

    @Test func lostAnswersAreAskedForAgain() {
        var bed = bedWithALateNode(7)
        var answers = 0
        for _ in 0..<60 {
            bed.tick()
            bed.settle { $0.kind != .learned }
            // Every second answer is lost.
            for answer in bed.take(.learned) {
                answers += 1
                if answers.isMultiple(of: 2) { bed.hand(answer) }
            }
        }
        #expect(bed.texts(n2) == bed.texts(n0))
        #expect(bed.violations == [])
    }

    @Test func anotherIsAskedWhenTheLeaderIsSilent() {
        var bed = bedWithALateNode(100)
        bed.run(ticks: 0)
        bed.tick(3)
        bed.deliver(.heartbeat)
        bed.take(.catchUp)
        bed.turn(n2) { $0.wantChosen(through: Slot(21), knownBy: n1) }
        bed.tick(5, [n2])
        #expect(bed.network.contains { $0.kind == .catchUp && $0.to == n1 })
    }

    /// Whoever answers a lower ballot after learning a value would speak for what the higher ballot has settled.
    @Test func sendersPromiseIsTakenOverDurably() {
        var bed = ReplicaBed(3)
        let values = run(.none, from: 1, "a")
        bed.turn(n0) { $0.receive(learned(values, promised: ballot(6, n1)), from: n1, incarnation: .first) }
        #expect(bed.replica(n0).acceptor.promised == ballot(6, n1))
        // The promise comes first: the values must not be found without it.
        #expect(bed[n0].journal.records == [.promise(ballot(6, n1)), .chosen(values)])
        bed.turn(n0) {
            $0.receive(
                .accept(Message.Accept(base: .first, chosenThrough: .zero, run: run(ballot(5, n2), from: 1, "b"))),
                from: n2, incarnation: .first)
        }
        #expect(bed.network.last?.message == .refused(Message.Refused(ballot: ballot(5, n2), promised: ballot(6, n1))))
    }

    @Test func lowerPromiseTakesNothingBack() {
        var bed = ReplicaBed(3)
        bed.elect(n1)
        bed.turn(n0) { $0.receive(learned(run(.none, from: 2, "a")), from: n2, incarnation: .first) }
        #expect(bed.replica(n0).acceptor.promised == ballot(1, n1))
        #expect(bed.texts(n0) == [noOpText, "a"])
    }

    @Test func candidateThatLearnsOfAHigherPromiseGivesUp() {
        var bed = ReplicaBed(3)
        bed.prepare(n0)
        bed.turn(n0) {
            $0.receive(learned(run(.none, from: 1, "a"), promised: ballot(6, n1)), from: n1, incarnation: .first)
        }
        guard case .follower = bed.replica(n0).role else {
            Issue.record("its ballot is about")
            return
        }
    }

    /// What a candidate learns meanwhile lies below its base when it leads.
    @Test func candidateThatLearnsProposesAboveIt() {
        var bed = ReplicaBed(3)
        bed.prepare(n0)
        bed.turn(n0) { $0.receive(learned(run(.none, from: 1, "a", "b")), from: n1, incarnation: .learner) }
        #expect(bed.replica(n0).chosenThrough == Slot(2))
        bed.deliver(.prepare)
        bed.deliver(.promise)
        #expect(bed.replica(n0).nextSlot == Slot(4))
    }

    @Test func valuesBehindAGapAreNotLearned() {
        var bed = ReplicaBed(3)
        bed.turn(n0) { $0.receive(learned(run(.none, from: 2, "b")), from: n1, incarnation: .first) }
        #expect(bed.texts(n0).isEmpty)
        #expect(bed[n0].journal.records.isEmpty)
    }

    @Test func onlyTheNewPartIsLearned() {
        var bed = ReplicaBed(3)
        bed.turn(n0) { $0.receive(learned(run(.none, from: 1, "a", "b")), from: n1, incarnation: .first) }
        bed.turn(n0) { $0.receive(learned(run(.none, from: 1, "a", "b", "c")), from: n1, incarnation: .first) }
        bed.turn(n0) { $0.receive(learned(run(.none, from: 1, "a", "b")), from: n1, incarnation: .first) }
        #expect(bed.texts(n0) == ["a", "b", "c"])
        #expect(bed[n0].journal.records.count == 2)
    }

    @Test func learnedValuesAreThereAfterARestart() {
        var bed = ReplicaBed(3)
        bed.turn(n0) {
            $0.receive(learned(run(.none, from: 1, "a"), promised: ballot(6, n1)), from: n1, incarnation: .first)
        }
        bed.restart(n0)
        #expect(bed.texts(n0) == ["a"])
        #expect(bed.replica(n0).acceptor.promised == ballot(6, n1))
    }

    @Test func nobodyServesWhatItDoesNotKnow() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        for (from, through) in [(2, 9), (5, 3)] {
            let request = Message.CatchUp(from: Slot(UInt64(from)), through: Slot(UInt64(through)))
            bed.turn(n0) { $0.receive(.catchUp(request), from: n2, incarnation: .learner) }
        }
        #expect(bed.network.isEmpty)
        let request = Message.CatchUp(from: .first, through: Slot(9))
        bed.turn(n0) { $0.receive(.catchUp(request), from: n2, incarnation: .learner) }
        #expect(
            bed.network.map(\.message) == [
                .learned(Message.Learned(run: run(.none, from: 1, noOpText), promised: ballot(1, n0)))
            ])
    }
}

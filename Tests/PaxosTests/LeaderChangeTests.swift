// What a new leader must carry on and what an old one may still say ("Paxos Made Simple", 2.2, P2c, and 3, where a new
// leader fills in what the old one left).

import Testing

@testable import Paxos

struct LeaderChangeTests {
    /// One acceptor out of five holds it: it may be chosen for all the new leader can tell.
    @Test func valueOfAMinorityIsCarriedOn() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        bed.propose("minority", at: n0)
        bed.hand(bed.take { $0.to == n1 })
        bed.take()
        bed.crash(n0)
        bed.elect(n2)
        #expect(bed.texts(n2) == [noOpText, "minority", noOpText])
        #expect(bed.violations == [])
    }

    @Test func valueThatNoPromiserHoldsIsNotCarriedOn() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("lost", at: n0)
        bed.take()
        bed.isolate(n0)
        bed.elect(n1)
        bed.propose("new", at: n1)
        bed.settle()
        #expect(bed.texts(n1) == [noOpText, noOpText, "new"])
        bed.heal()
        bed.run(ticks: 10)
        #expect(bed.texts(n0) == bed.texts(n1))
        #expect(bed.violations == [])
    }

    /// It tells no values of slots that it knows to be chosen, and they are no gaps to be filled.
    @Test func noNoOpStandsOverSlotsThatAPromiserHasMovedToItsLog() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.isolate(n2)
        bed.propose("a", "b", at: n0)
        bed.settle()
        #expect(bed.replica(n1).chosenThrough == Slot(3))
        bed.heal()
        bed.crash(n0)
        bed.prepare(n2)
        bed.settle { $0.kind != .catchUp }
        // It leads, but has nothing to say before it has learned.
        guard case .leader(let leadership) = bed.replica(n2).role else {
            Issue.record("a majority has promised")
            return
        }
        #expect(leadership.base == Slot(4))
        #expect(leadership.opening == nil)
        #expect(!bed.replica(n2).canPropose)
        #expect(bed.replica(n2).nextSlot == nil)
        #expect(bed.network.map(\.kind) == [.catchUp])
        bed.settle()
        #expect(bed.leaders == [n2])
        #expect(bed.texts(n2) == [noOpText, "a", "b", noOpText])
        #expect(bed.violations == [])
    }

    @Test func leaderThatCannotLearnGivesUp() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.isolate(n2)
        bed.propose("a", at: n0)
        bed.settle()
        bed.heal()
        bed.crash(n0)
        bed.prepare(n2)
        for _ in 0..<60 {
            bed.tick()
            bed.settle { $0.kind != .catchUp }
            bed.take(.catchUp)
        }
        #expect(bed[n2].events.contains(.leaderless))
        bed.run(ticks: 60)
        #expect(bed.leaders.count == 1)
        #expect(bed.violations == [])
    }

    @Test func twoLeadersInTurnOverTheSameSlots() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        // The first leader's value reaches n1 only; the second leader doesn't hear of it, and its own reaches n4 only.
        bed.propose("first", at: n0)
        bed.hand(bed.take { $0.to == n1 })
        bed.take()
        bed.isolate(n0)
        bed.isolate(n1)
        bed.elect(n4)
        bed.take()
        let slot = bed.replica(n4).nextSlot
        #expect(slot == Slot(3))
        bed.crash(n4)
        bed.heal()
        // The third hears of both, and of the no-op that the second has chosen in the first one's slot.
        bed.elect(n1)
        #expect(bed.texts(n1) == [noOpText, noOpText, noOpText])
        #expect(bed.texts(n0) == bed.texts(n1))
        #expect(bed.violations == [])
    }

    @Test func valueOfTheLaterLeaderWins() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        bed.propose("first", at: n0)
        bed.hand(bed.take { $0.to == n1 })
        bed.take()
        bed.isolate(n0)
        bed.isolate(n1)
        // The second leader puts a no-op into the slot, which only n2 accepts besides itself.
        bed.prepare(n4)
        bed.deliver(.prepare)
        bed.deliver(.promise)
        bed.hand(bed.take { $0.kind == .accept && $0.to == n2 })
        bed.take()
        bed.crash(n4)
        bed.heal()
        bed.isolate(n3)
        bed.elect(n1)
        #expect(bed.texts(n1).dropFirst().first == noOpText)
        #expect(bed.texts(n0) == bed.texts(n1))
        #expect(bed.violations == [])
    }

    // MARK: A leader that was deposed

    @Test func deposedLeaderChoosesNothing() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.isolate(n0)
        bed.propose("late", at: n0)
        bed.elect(n1)
        bed.heal()
        bed.propose("later", at: n0)
        bed.settle()
        #expect(bed.leaders == [n1])
        #expect(!bed.texts(n1).contains("later"))
        bed.run(ticks: 6)
        #expect(bed.texts(n0) == bed.texts(n1))
        #expect(bed.violations == [])
    }

    /// n0 still leads ballot 1 in its own eyes when it learns what ballot 2 has chosen in a slot where n3 accepted another
    /// value from it. Said under ballot 1, that slot would pass n3 for chosen with the wrong value.
    @Test func deposedLeaderThatLearnsAValueSaysNothingMore() {
        var bed = ReplicaBed(5)
        bed.elect(n0)
        bed.propose("old", at: n0)
        bed.hand(bed.take { $0.to == n3 })
        bed.take()
        bed.isolate(n0)
        bed.isolate(n3)
        bed.elect(n1)
        #expect(bed.texts(n1).dropFirst().first == noOpText)
        bed.take()
        bed.cut = bed.cut.filter { $0 != [n0, n3] && $0 != [n3, n0] }
        let values = run(.none, from: 2, noOpText)
        bed.turn(n0) {
            $0.receive(
                .learned(Message.Learned(run: values, promised: .none)), from: n1, incarnation: .first)
        }
        #expect(bed.leaders == [n1])
        #expect(bed[n0].events.last == .leaderless)
        bed.tick(4, [n0])
        bed.settle()
        #expect(bed.replica(n3).chosenThrough == Slot(1))
        #expect(bed.violations == [])
    }

    /// Below its base it may learn: that is how it begins.
    @Test func leaderLearnsBelowItsBase() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.isolate(n2)
        bed.propose("a", "b", "c", at: n0)
        bed.settle()
        bed.heal()
        bed.catchUpSlots = 1
        bed.elect(n2)
        #expect(bed.leaders == [n2])
        #expect(bed.violations == [])
    }

    @Test func higherPromiseEndsALead() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.turn(n0) {
            $0.receive(
                .learned(Message.Learned(run: run(.none, from: 2, "x"), promised: ballot(5, n1))), from: n1,
                incarnation: .first)
        }
        #expect(bed.leaders == [])
        #expect(bed.replica(n0).acceptor.promised == ballot(5, n1))
    }

    @Test func higherLeaderIsFollowed() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.isolate(n0)
        bed.elect(n1)
        bed.heal()
        bed.tick(3, [n1])
        bed.deliver(.heartbeat)
        #expect(bed.replica(n0).leader?.ballot == bed.replica(n1).leader?.ballot)
        #expect(bed[n0].events.last == .following(n1, ballot(2, n1)))
    }
}

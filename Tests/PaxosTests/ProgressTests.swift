// No message is needed twice: whatever is lost, something later makes up for it, and no state waits for ever.

import Testing

@testable import Paxos

struct ProgressTests {
    /// With nothing else to propose, only the leader's heartbeats can bring a lost answer back.
    @Test func lostAcceptedIsSaidAgain() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.deliver(.accept)
        #expect(bed.take(.accepted).count == 2)
        bed.run(ticks: 6)
        #expect(bed.nodes.allSatisfy { bed.texts($0) == [noOpText, "a"] })
        #expect(bed.violations == [])
    }

    @Test func fullWindowEmptiesAfterLostAnswers() {
        var bed = ReplicaBed(3, window: Acceptor.Window(slots: 4, bytes: 1 << 20))
        bed.elect(n0)
        while bed.propose("v", at: n0) != nil { bed.deliver(.accept) }
        bed.take(.accepted)
        bed.run(ticks: 6)
        #expect(bed.replica(n0).canPropose)
        #expect(bed.texts(n1).count == 5)
    }

    /// The leader forgets runs that are chosen; whoever needs them learns them, and must then be sent runs again.
    @Test func peerThatCaughtUpFromTheLogIsSentRunsAgain() {
        var bed = ReplicaBed(3, window: Acceptor.Window(slots: 64, bytes: 64 << 20))
        bed.elect(n0)
        bed.isolate(n2)
        let large = String(repeating: "x", count: 1 << 20)
        for _ in 0..<6 {
            bed.propose(large, at: n0)
            bed.settle()
        }
        bed.heal()
        bed.run(ticks: 20)
        #expect(bed.replica(n2).chosenThrough == Slot(7))
        bed.isolate(n1)
        bed.propose("last", at: n0)
        bed.run(ticks: 6)
        #expect(bed.texts(n2).last == "last")
        #expect(bed.violations == [])
    }

    @Test func lossIsNoticedByHeartbeats() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        #expect(bed.take(.accept).count == 2)
        bed.run(ticks: 6)
        #expect(bed.nodes.allSatisfy { bed.texts($0) == [noOpText, "a"] })
    }

    /// Every answer comes only after the next heartbeat has left.
    @Test func lossIsNoticedThoughAnswersTakeLongerThanAHeartbeat() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.take(.accept)
        var onTheWay: [Envelope] = []
        for _ in 0..<16 {
            bed.tick(2)
            let arriving = onTheWay
            onTheWay = bed.take()
            bed.hand(arriving)
        }
        #expect(bed.nodes.allSatisfy { bed.texts($0).starts(with: [noOpText, "a"]) })
    }

    @Test func gapIsAskedForAgain() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.take(.accept)
        bed.propose("b", at: n0)
        bed.propose("c", at: n0)
        bed.deliver(.accept)
        // Every run behind the gap arrives in vain, and is reported once.
        #expect(bed.network.filter { $0.from == n1 && $0.kind == .gap }.count == 1)
        bed.settle()
        #expect(bed.texts(n1) == [noOpText, "a", "b", "c"])
        #expect(bed.violations == [])
    }

    @Test func lostGapIsReportedAgain() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.take(.accept)
        bed.propose("b", at: n0)
        bed.deliver(.accept)
        bed.take(.gap)
        bed.run(ticks: 6)
        #expect(bed.texts(n2) == [noOpText, "a", "b"])
    }

    /// A follower's old leader had marked more than the promisers know: what it said must not carry the new leader past
    /// its base while it learns what lies below.
    @Test func newLeaderIsNotCarriedPastItsBaseByAnOldMark() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.isolate(n2)
        bed.propose("a", at: n0)
        bed.settle()
        bed.run(ticks: 4)
        bed.take()
        bed.restart(n2)
        bed.prepare(n1)
        bed.deliver(.prepare)
        bed.deliver(.promise)
        bed.isolate(n0)
        bed.cut = bed.cut.filter { !$0.contains(n2) || $0.contains(n0) }
        bed.take { $0.to == n0 }
        bed.run(ticks: 1)
        bed.propose("b", at: n1)
        for _ in 0..<8 {
            bed.tick()
            bed.settle { $0.kind != .catchUp }
        }
        #expect(bed.replica(n1).chosenThrough == Slot(4))
        let before = bed.replica(n2).chosenThrough
        #expect(before < Slot(2))
        bed.take()
        bed.crash(n1)
        bed.heal()
        bed.elect(n2)
        #expect(bed.leaders == [n2])
        #expect(bed.texts(n2) == [noOpText, "a", noOpText, "b", noOpText])
        #expect(bed.violations == [])
    }

    /// The only voter waits for its own disk, however slow that is.
    @Test func aloneANodeWaitsForItsSlowDisk() {
        var bed = ReplicaBed(1)
        bed.holdJournal(n0)
        bed.tick(100)
        bed.sync(n0)
        bed.sync(n0)
        bed.tick()
        #expect(bed.leaders == [n0])
        #expect(bed.texts(n0) == [noOpText])
    }

    /// Two that know more are dead; the third, which knows enough to go on, is asked too.
    @Test func catchUpAsksEveryNodeThatKnowsMore() {
        var bed = ReplicaBed(5)
        var asked: Set<NodeID> = []
        var replica = bed.replica(n4)
        replica.wantChosen(through: Slot(100), knownBy: n1)
        replica.wantChosen(through: Slot(100), knownBy: n2)
        replica.wantChosen(through: Slot(90), knownBy: n0)
        for tick in 0..<60 {
            replica.tick(time: UInt64(tick))
            for case .send(.catchUp, let node, _) in replica.takeOutputs() { asked.insert(node) }
        }
        bed.take()
        #expect(asked == [n0, n1, n2])
    }

    /// An answer that comes twice must not make two questions of one, or they would double with every answer.
    @Test func repeatedAnswersDoNotMultiplyQuestions() {
        var bed = ReplicaBed(3)
        bed.catchUpSlots = 1
        bed.isolate(n2)
        bed.elect(n0)
        for _ in 0..<20 { bed.propose("v", at: n0) }
        bed.settle()
        bed.heal()
        bed.tick(3, [n0])
        bed.deliver(.heartbeat)
        for _ in 0..<5 {
            bed.take { $0.to != n0 || $0.kind != .catchUp }
            #expect(bed.network.count == 1)
            bed.deliver()
            let answers = bed.take(.learned)
            bed.hand(answers + answers + answers)
        }
        #expect(bed.replica(n2).chosenThrough == Slot(5))
    }

    /// A new leader may inherit as much as any acceptor holds, and adds its opening no-op.
    @Test func leaderInheritsAFullWindow() {
        let old = ballot(1, n2)
        let window = Acceptor.Window(slots: 2, bytes: 1 << 20)
        var bed = ReplicaBed(3, window: window)
        for node in [n0, n1] {
            bed.turn(node) { replica in
                replica.receive(
                    .accept(
                        Message.Accept(
                            base: .first, chosenThrough: .zero, run: run(old, from: 1, (1...8).map { "\($0)" }))),
                    from: n2, incarnation: .first)
            }
        }
        bed.take()
        bed.crash(n2)
        bed.elect(n0)
        bed.run(ticks: 12)
        #expect(bed.texts(n0) == (1...8).map { "\($0)" } + [noOpText])
        #expect(bed.texts(n1) == bed.texts(n0))
        #expect(bed.violations == [])
    }

    /// As above, in bytes.
    @Test func leaderInheritsAWindowFullOfBytes() {
        let old = ballot(1, n2)
        var bed = ReplicaBed(3, window: Acceptor.Window(slots: 64, bytes: 100), messageBytes: 150)
        let texts = (0..<6).map { "\($0)" + String(repeating: "x", count: 99) }
        for node in [n0, n1] {
            for (index, text) in texts.enumerated() {
                bed.turn(node) { replica in
                    replica.receive(
                        .accept(
                            Message.Accept(
                                base: .first, chosenThrough: .zero, run: run(old, from: UInt64(index) + 1, text))),
                        from: n2, incarnation: .first)
                }
            }
        }
        bed.take()
        bed.crash(n2)
        bed.elect(n0)
        bed.run(ticks: 30)
        #expect(bed.leaders == [n0])
        #expect(bed.texts(n0).last == noOpText)
        #expect(bed.texts(n1) == bed.texts(n0))
        #expect(bed.violations == [])
    }
}

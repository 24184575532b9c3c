// Slots whose values an acceptor has accepted and lost: what promises that name them oblige a leader to, and when they
// oblige it to wait (docs/decisions/0012-unknown-slots.md).

import Testing

@testable import Paxos

struct UnknownSlotTests {
    private let own = ballot(9, n0)

    private func unknown(_ slots: ClosedRange<UInt64>, at ballot: Ballot) -> UnknownRun {
        UnknownRun(ballot: ballot, slots: Slot(slots.lowerBound)...Slot(slots.upperBound))
    }

    private func candidacy(_ promises: [(node: NodeID, accepted: [Run], unknown: [UnknownRun])]) -> Candidacy {
        var candidacy = Candidacy(ballot: own, base: .first)
        for (node, accepted, unknown) in promises {
            candidacy.receive(
                Message.Promise(
                    ballot: own, chosenThrough: .zero, part: 0, parts: 1, accepted: accepted, unknown: unknown),
                from: node)
        }
        return candidacy
    }

    private func isSettled(_ candidacy: Candidacy, of members: Int, above floor: UInt64 = 0) -> Bool {
        candidacy.isSettled(above: Slot(floor), in: firstMembers(members))
    }

    private func texts(_ candidacy: Candidacy) -> [String] {
        candidacy.values(above: .zero, time: 0, format: testFormat(3, node: n0, life: .first))
            .map { String(decoding: $0.dropFirst(4), as: UTF8.self) }
    }

    // MARK: What promises settle

    /// Two of three are a majority for the ballot: the third may have accepted what is lost here, and then it is chosen.
    @Test func emptySlotOfOneDoesNotSettleWhatAnotherHasLost() {
        let candidacy = candidacy([(n0, [], []), (n1, [], [unknown(1...1, at: ballot(3, n2))])])
        #expect(candidacy.wholePromises == 2)
        #expect(!isSettled(candidacy, of: 3))
    }

    @Test func lowerBallotDoesNotSettleWhatIsLostAtAHigherOne() {
        let candidacy = candidacy([
            (n0, [run(ballot(2, n0), from: 1, "old")], []), (n1, [], [unknown(1...1, at: ballot(3, n2))]),
        ])
        #expect(!isSettled(candidacy, of: 3))
    }

    /// A ballot has one value a slot, so the one that is named is the one that is lost.
    @Test func sameBallotSettles() {
        let candidacy = candidacy([
            (n0, [run(ballot(3, n2), from: 1, "same")], []), (n1, [], [unknown(1...1, at: ballot(3, n2))]),
        ])
        #expect(isSettled(candidacy, of: 3))
        #expect(texts(candidacy) == ["same"])
    }

    @Test func higherBallotSettles() {
        let candidacy = candidacy([
            (n0, [run(ballot(4, n2), from: 1, "new")], []), (n1, [], [unknown(1...1, at: ballot(3, n2))]),
        ])
        #expect(isSettled(candidacy, of: 3))
        #expect(texts(candidacy) == ["new"])
    }

    /// Whatever n1 accepted, nobody else has: it was not chosen.
    @Test func majorityThatKnowsTheSlotToBeEmptySettles() {
        let candidacy = candidacy([(n0, [], []), (n1, [], [unknown(1...1, at: ballot(3, n2))]), (n2, [], [])])
        #expect(isSettled(candidacy, of: 3))
        #expect(texts(candidacy) == [])
    }

    @Test func majorityBelowTheLostBallotSettlesForItsOwn() {
        let candidacy = candidacy([
            (n0, [run(ballot(2, n0), from: 1, "old")], []), (n1, [], [unknown(1...1, at: ballot(3, n2))]),
            (n2, [], []),
        ])
        #expect(isSettled(candidacy, of: 3))
        #expect(texts(candidacy) == ["old"])
    }

    /// What is lost at a lower ballot than the one that is named hides nothing that counts.
    @Test func lostAtALowerBallotIsAsGoodAsKnown() {
        let candidacy = candidacy([
            (n0, [run(ballot(2, n0), from: 1, "old")], []), (n1, [], [unknown(1...1, at: ballot(3, n2))]),
            (n2, [], [unknown(1...1, at: ballot(1, n1))]),
        ])
        #expect(isSettled(candidacy, of: 3))
        #expect(texts(candidacy) == ["old"])
    }

    @Test func majorityThatHasLostTheSlotIsNeverSettled() {
        let lost = unknown(1...1, at: ballot(3, n2))
        let three = candidacy([(n0, [], []), (n1, [], [lost]), (n2, [], [lost])])
        #expect(!isSettled(three, of: 3))
        let five = candidacy([(n0, [], []), (n1, [], [lost]), (n2, [], [lost]), (n3, [], []), (n4, [], [lost])])
        #expect(!isSettled(five, of: 5))
    }

    /// Two of four are no majority, and so have chosen nothing.
    @Test func ofFourTwoThatKnowAreEnough() {
        let lost = unknown(1...1, at: ballot(3, n2))
        #expect(isSettled(candidacy([(n0, [], []), (n1, [], [lost]), (n2, [], [lost]), (n3, [], [])]), of: 4))
        #expect(!isSettled(candidacy([(n0, [], []), (n1, [], [lost]), (n2, [], [lost])]), of: 4))
    }

    @Test func eachSlotIsSettledByItself() {
        let held = run(ballot(3, n2), from: 1, "a", "b")
        let lost = unknown(1...3, at: ballot(3, n2))
        #expect(!isSettled(candidacy([(n0, [held], []), (n1, [], [lost])]), of: 3))
        #expect(isSettled(candidacy([(n0, [held], []), (n1, [], [unknown(1...2, at: ballot(3, n2))])]), of: 3))
    }

    @Test func whatIsKnownToBeChosenNeedNotBeSettled() {
        let candidacy = candidacy([(n0, [], []), (n1, [], [unknown(4...5, at: ballot(3, n2))])])
        #expect(!isSettled(candidacy, of: 3, above: 4))
        #expect(isSettled(candidacy, of: 3, above: 5))
    }

    // MARK: The acceptor

    private func acceptor(vouchedThrough: UInt64 = 0, accepted: [Run] = [], unknown: [UnknownRun]) -> Acceptor {
        Acceptor(
            promised: ballot(3, n2), chosenThrough: .zero, vouchedThrough: Slot(vouchedThrough), accepted: accepted,
            unknown: unknown, window: .standard, checksum: testChecksum)
    }

    @Test func acceptedNeverSpansAnUnknownSlot() {
        var acceptor = acceptor(
            accepted: [run(ballot(3, n2), from: 1, "a"), run(ballot(3, n2), from: 3, "c")],
            unknown: [unknown(2...2, at: ballot(3, n2))])
        #expect(acceptor.accept(run(ballot(3, n2), from: 4, "d"), base: .first) == .gap(expected: Slot(2)))
        #expect(acceptor.receivedThrough == Slot(1))
        #expect(acceptor.learn(Message.Mark(ballot: ballot(3, n2), base: .first, chosenThrough: Slot(3))).count == 1)
        #expect(acceptor.chosenThrough == Slot(1))
    }

    @Test func slotThatIsAcceptedAgainIsKnownAgain() {
        var acceptor = acceptor(unknown: [unknown(1...3, at: ballot(3, n2))])
        let again = run(ballot(3, n2), from: 1, "a", "b")
        #expect(acceptor.accept(again, base: .first) == .accepted(again))
        #expect(acceptor.unknownValues(from: .first) == [unknown(3...3, at: ballot(3, n2))])
        #expect(acceptor.acceptedValues(from: .first) == [again])
        let later = run(ballot(4, n0), from: 1, "a", "b", "c")
        #expect(acceptor.accept(later, base: .first) == .accepted(later))
        #expect(acceptor.unknown.isEmpty)
    }

    @Test func slotThatIsChosenIsKnownAgain() {
        var acceptor = acceptor(unknown: [unknown(1...2, at: ballot(3, n2)), unknown(4...4, at: ballot(3, n2))])
        acceptor.learn(chosen: run(.none, from: 1, "a"))
        #expect(acceptor.unknown == [unknown(2...2, at: ballot(3, n2)), unknown(4...4, at: ballot(3, n2))])
        acceptor.learn(chosen: run(.none, from: 2, "b", "c", "d"))
        #expect(acceptor.unknown.isEmpty)
    }

    @Test func whatIsVouchedForIsNotUnknown() {
        #expect(acceptor(vouchedThrough: 2, unknown: [unknown(1...3, at: ballot(3, n2))]).unknown.slotCount == 1)
    }

    // MARK: Elections

    /// A value is chosen by n0 and n1; then n1's disk loses it, and n0 is down.
    private func bedThatLost() -> ReplicaBed {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("chosen", at: n0)
        bed.hand(bed.take { $0.kind == .accept && $0.to == n1 })
        bed.take(.accept)
        bed.settle { $0.kind == .accepted }
        #expect(bed.oracle.chosen(Slot(2)) == "chosen")
        bed.take()
        bed.crash(n0)
        bed.crash(n1)
        bed.loseValues(n1, record: bed[n1].journal.withValues.count - 1)
        bed.restart(n1)
        return bed
    }

    @Test func candidateWaitsForWhoeverHoldsWhatIsLost() {
        var bed = bedThatLost()
        #expect(bed.replica(n1).acceptor.unknown.slotCount == 1)
        for node in [n1, n2] {
            bed.prepare(node)
            bed.settle()
            #expect(bed.leaders == [])
        }
        bed.restart(n0)
        bed.elect(n2)
        #expect(bed.leaders == [n2])
        bed.run(ticks: 20)
        #expect(bed.nodes.allSatisfy { bed[$0].chosen.contains(encoded("chosen")) })
        #expect(bed.replica(n1).acceptor.unknown.isEmpty)
        #expect(bed.violations == [])
    }

    /// n1 lost its copy, and n0 alone can lead the two of them on.
    @Test func twoOfThreeGoOnWithOneCopy() {
        var bed = bedThatLost()
        bed.crash(n2)
        bed.restart(n0)
        bed.elect(n1)
        #expect(bed.leaders == [n1])
        bed.propose("next", at: n1)
        bed.settle()
        #expect(bed.oracle.chosen(Slot(2)) == "chosen")
        #expect(bed[n0].chosen.last == encoded("next"))
        #expect(bed.violations == [])
    }
}

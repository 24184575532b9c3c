// What the promises oblige a new leader to (P2c, "Paxos Made Simple", 2.2; gaps, 3; ranges of slots, "Paxos Made
// Moderately Complex", 2.4 and 4).

import Testing

@testable import Paxos

struct CandidacyTests {
    private let own = ballot(9, n0)

    private func promise(
        _ accepted: [Run], chosenThrough: UInt64 = 0, part: Int = 0, of parts: Int = 1, at ballot: Ballot? = nil
    ) -> Message.Promise {
        Message.Promise(
            ballot: ballot ?? own, chosenThrough: Slot(chosenThrough), part: part, parts: parts, accepted: accepted)
    }

    private func candidacy(_ promises: [(NodeID, Message.Promise)]) -> Candidacy {
        var candidacy = Candidacy(ballot: own, base: .first)
        for (node, promise) in promises { candidacy.receive(promise, from: node) }
        return candidacy
    }

    private func texts(_ candidacy: Candidacy, above floor: UInt64 = 0) -> [String] {
        candidacy.values(above: Slot(floor), time: 0, format: testFormat(3, node: n0, life: .first))
            .map { String(decoding: $0.dropFirst(4), as: UTF8.self) }
    }

    @Test func valueOfTheHighestBallotIsTaken() {
        let candidacy = candidacy([
            (n0, promise([run(ballot(4, n2), from: 1, "new", "new")])),
            (n1, promise([run(ballot(3, n1), from: 1, "old", "old", "old")])),
        ])
        #expect(texts(candidacy) == ["new", "new", "old"])
    }

    /// Whether a majority or only one accepted it can't be told, so one is enough.
    @Test func valueOfASingleAcceptorIsTaken() {
        let candidacy = candidacy([
            (n0, promise([])), (n1, promise([])), (n2, promise([run(ballot(1, n3), from: 1, "lonely")])),
        ])
        #expect(texts(candidacy) == ["lonely"])
    }

    @Test func slotsThatNoPromiseNamesGetANoOp() {
        let candidacy = candidacy([
            (n0, promise([run(ballot(1, n3), from: 2, "b")])),
            (n1, promise([run(ballot(1, n3), from: 2, "b"), run(ballot(1, n3), from: 4, "d")])),
        ])
        #expect(texts(candidacy) == [noOpText, "b", noOpText, "d"])
    }

    @Test func nothingIsProposedAtOrBelowWhatAPromiserKnowsToBeChosen() {
        let candidacy = candidacy([
            (n0, promise([run(ballot(1, n3), from: 1, "a", "b", "c", "d", "e")])),
            (n1, promise([run(ballot(2, n3), from: 5, "E")], chosenThrough: 3)),
        ])
        #expect(candidacy.chosenThrough?.slot == Slot(3))
        #expect(candidacy.chosenThrough?.node == n1)
        #expect(texts(candidacy, above: 3) == ["d", "E"])
    }

    @Test func nothingAcceptedObligesToNothing() {
        #expect(texts(candidacy([(n0, promise([])), (n1, promise([], chosenThrough: 2))]), above: 2) == [])
    }

    @Test func halfAPromiseIsNone() {
        var candidacy = candidacy([(n1, promise([run(ballot(1, n3), from: 1, "a")], part: 0, of: 2))])
        #expect(candidacy.wholePromises == 0)
        #expect(candidacy.chosenThrough == nil)
        #expect(texts(candidacy) == [])
        candidacy.receive(promise([run(ballot(1, n3), from: 2, "b")], part: 1, of: 2), from: n1)
        #expect(candidacy.wholePromises == 1)
        #expect(texts(candidacy) == ["a", "b"])
    }

    @Test func samePartTwiceIsNotAWhole() {
        let half = promise([], part: 1, of: 2)
        #expect(candidacy([(n1, half), (n1, half)]).wholePromises == 0)
    }

    @Test func halvesOfTwoNodesAreNotAWhole() {
        let candidacy = candidacy([
            (n1, promise([], part: 0, of: 2)), (n2, promise([], part: 1, of: 2)),
        ])
        #expect(candidacy.wholePromises == 0)
    }

    /// Parts that say different things of their whole come from different promises.
    @Test func partsOfDifferentPromisesAreNeverCombined() {
        let first = promise([], chosenThrough: 1, part: 0, of: 2)
        #expect(candidacy([(n1, first), (n1, promise([], chosenThrough: 2, part: 1, of: 2))]).wholePromises == 0)
        #expect(candidacy([(n1, first), (n1, promise([], chosenThrough: 1, part: 1, of: 3))]).wholePromises == 0)
        let older = promise([], chosenThrough: 1, part: 1, of: 2, at: ballot(8, n0))
        #expect(candidacy([(n1, first), (n1, older)]).wholePromises == 0)
    }

    @Test func partsThatCannotBeAreDropped() {
        for (part, parts) in [(0, 0), (1, 1), (-1, 1), (2, 2)] {
            #expect(candidacy([(n1, promise([], part: part, of: parts))]).wholePromises == 0)
        }
    }

    @Test func promiseTwiceCountsOnce() {
        #expect(candidacy([(n1, promise([])), (n1, promise([]))]).wholePromises == 1)
    }
}

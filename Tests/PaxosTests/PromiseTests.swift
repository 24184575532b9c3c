// Promises on the way: in parts when they are large, and complete or nothing ("Paxos Made Simple", 2.2, phase 1b).

import Testing

@testable import Paxos

struct PromiseTests {
    /// n1 and n2 have accepted ten values from n0, which nobody knows to be chosen, and n0 is gone.
    private func bedWithLargePromises() -> ReplicaBed {
        var bed = ReplicaBed(3, messageBytes: 20)
        bed.elect(n0)
        for number in 0..<10 { bed.propose("value \(number)", at: n0) }
        bed.hand(bed.take { $0.kind == .accept && $0.to == n1 })
        bed.take()
        bed.crash(n0)
        return bed
    }

    @Test func largePromiseComesInParts() {
        var bed = bedWithLargePromises()
        bed.prepare(n2)
        bed.deliver(.prepare)
        let parts = bed.network.compactMap { envelope -> Message.Promise? in
            guard case .promise(let promise) = envelope.message else { return nil }
            return promise
        }
        #expect(parts.count > 1)
        #expect(parts.map(\.part) == Array(0..<parts.count))
        #expect(parts.allSatisfy { $0.parts == parts.count })
        #expect(parts.flatMap(\.accepted).flatMap(\.texts) == (0..<10).map { "value \($0)" })
    }

    @Test func halfAPromiseElectsNobody() {
        var bed = bedWithLargePromises()
        bed.prepare(n2)
        bed.deliver(.prepare)
        let parts = bed.take(.promise)
        for missing in parts.indices {
            var attempt = bed
            attempt.hand(parts.enumerated().filter { $0.offset != missing }.map(\.element))
            #expect(attempt.leaders == [])
            attempt.hand(parts[missing])
            #expect(attempt.leaders == [n2])
            attempt.settle()
            #expect(attempt.texts(n2) == [noOpText] + (0..<10).map { "value \($0)" } + [noOpText])
            #expect(attempt.violations == [])
        }
    }

    @Test func partsInAnyOrderAndTwiceMakeOnePromise() {
        var bed = bedWithLargePromises()
        bed.prepare(n2)
        bed.deliver(.prepare)
        let parts = bed.take(.promise)
        bed.hand(parts.reversed() + parts)
        bed.settle()
        #expect(bed.texts(n2).count == 12)
        #expect(bed.violations == [])
    }

    /// The promiser restarts in the midst of its answer, and by then holds other values: it does not answer that ballot
    /// again, so no part of a later answer can complete the earlier one.
    @Test func promiseIsNotCompletedByALaterAnswer() {
        var bed = bedWithLargePromises()
        bed.prepare(n2)
        let prepares = bed.take(.prepare)
        bed.hand(prepares)
        let parts = bed.take(.promise)
        bed.hand(parts[0])
        bed.restart(n1)
        bed.hand(prepares)
        #expect(bed.network.isEmpty)
        #expect(bed.leaders == [])
        bed.run(ticks: 80)
        #expect(bed.leaders.count == 1)
        #expect(bed.violations == [])
    }

    @Test func promisesForAnEarlierBallotDoNotCount() {
        var bed = bedWithLargePromises()
        bed.prepare(n2)
        bed.deliver(.prepare)
        let old = bed.take(.promise)
        bed.prepare(n2)
        bed.take(.prepare)
        bed.hand(old)
        #expect(bed.leaders == [])
        #expect(bed.replica(n2).ignoredMessages == UInt64(old.count))
    }

    @Test func promiseOfAnAcceptorThatHoldsNothingIsOneEmptyPart() {
        var bed = ReplicaBed(3)
        bed.prepare(n0)
        bed.deliver(.prepare)
        #expect(
            bed.network.map(\.message)
                == [n1, n2].map { _ in
                    .promise(
                        Message.Promise(
                            ballot: ballot(1, n0), chosenThrough: .zero, part: 0, parts: 1, accepted: []))
                })
    }
}

// Where values begin and end in a run, and what is left when a part is taken.

import Testing

@testable import Paxos

struct RunTests {
    private let whole = run(ballot(3, n1), from: 10, "ten", "", "twelve", "13")

    @Test func partHoldsTheValuesOfItsSlots() throws {
        for first in 10...13 {
            for last in first...13 {
                let slots = Slot(UInt64(first))...Slot(UInt64(last))
                let part = try #require(whole.part(in: slots, sealedBy: testChecksum))
                #expect(part.slots == slots)
                #expect(part.ballot == whole.ballot)
                #expect(part.texts == Array(whole.texts[(first - 10)...(last - 10)]))
                #expect(part.checksum == testChecksum(part.ballot, part.firstSlot, part.count, part.body))
                #expect(Run.isWellFormed(part.body, count: part.count))
            }
        }
    }

    @Test func partOfAWiderRangeIsCutToTheRun() {
        #expect(whole.part(in: .first...Slot(11), sealedBy: testChecksum)?.texts == ["ten", ""])
        #expect(whole.part(in: Slot(13)...Slot(99), sealedBy: testChecksum)?.texts == ["13"])
    }

    /// The very bytes under the leader's checksum go to the journal, so a whole run is never sealed anew.
    @Test func wholeRunKeepsItsChecksum() {
        let sealed = Run(ballot: whole.ballot, firstSlot: whole.firstSlot, count: 4, body: whole.body, checksum: 42)
        #expect(sealed.part(in: .first...Slot(99), sealedBy: testChecksum)?.checksum == 42)
    }

    @Test func partOutsideIsNothing() {
        #expect(whole.part(in: .first...Slot(9), sealedBy: testChecksum) == nil)
        #expect(whole.part(in: Slot(14)...Slot(20), sealedBy: testChecksum) == nil)
    }

    @Test func wellFormedBodiesHoldTheirCountAndNothingElse() {
        #expect(Run.isWellFormed(whole.body, count: 4))
        #expect(!Run.isWellFormed(whole.body, count: 3))
        #expect(!Run.isWellFormed(whole.body, count: 5))
        #expect(!Run.isWellFormed(whole.body, count: 0))
        #expect(!Run.isWellFormed([], count: 1))
        for length in 0..<whole.body.count {
            #expect(!Run.isWellFormed(Array(whole.body[..<length]), count: 4))
        }
        #expect(!Run.isWellFormed([0xFF, 0xFF, 0xFF, 0xFF, 0], count: 1))
        #expect(Run.isWellFormed([0, 0, 0, 0], count: 1))
    }
}

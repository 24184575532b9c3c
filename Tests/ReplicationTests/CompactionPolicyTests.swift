import Paxos
import PaxosLog
import Testing

@testable import Replication

@Suite struct CompactionPolicyTests {
    /// Ended at slots 10, 20, …, 80, at times 1,000, 2,000, ….
    private static let segments = (1...8).map { SegmentEnd(slot: Slot(UInt64($0 * 10)), time: UInt64($0 * 1_000)) }

    private static func through(
        _ verified: [UInt64], segments: [SegmentEnd] = segments, kept: Int = 1, time: UInt64 = 0, now: UInt64 = 1 << 50
    ) -> UInt64? {
        CompactionPolicy(keptSegments: kept, keptTime: time)
            .dropThrough(segments, verified: verified.map { Slot($0) }, now: now)?.rawValue
    }

    @Test func nothingGoesBelowFewerThanTwoVerifiedSnapshots() {
        #expect(Self.through([]) == nil)
        #expect(Self.through([80]) == nil)
    }

    @Test func theLogGoesThroughTheSecondNewestSnapshot() {
        #expect(Self.through([80, 60]) == 60)
        #expect(Self.through([20, 80, 30, 60]) == 60)
        #expect(Self.through([80, 65]) == 60)
        #expect(Self.through([80, 9]) == nil)
    }

    @Test(arguments: 1...9) func theLastSegmentsStay(kept: Int) {
        let left = 8 - kept
        #expect(Self.through([90, 80], kept: kept) == (left > 0 ? UInt64(left * 10) : nil))
    }

    @Test func youngSegmentsStay() {
        #expect(Self.through([80, 70], time: 500, now: 3_499) == 20)
        #expect(Self.through([80, 70], time: 500, now: 3_500) == 30)
        #expect(Self.through([80, 70], time: 500, now: 0) == nil)
    }

    @Test func nothingGoesBehindTheLimit() {
        func through(_ limit: UInt64) -> UInt64? {
            CompactionPolicy(keptSegments: 1, limit: Slot(limit))
                .dropThrough(Self.segments, verified: [Slot(80), Slot(60)], now: 0)?.rawValue
        }
        #expect(through(9) == nil)
        #expect(through(39) == 30)
        #expect(through(40) == 40)
        #expect(through(80) == 60)
    }

    /// Only a beginning of the log can go: what is behind a segment that stays does too.
    @Test func nothingGoesBehindASegmentThatStays() {
        var segments = Self.segments
        segments[2].time = 1 << 40
        #expect(Self.through([80, 70], segments: segments, time: 1, now: 1 << 30) == 20)
    }
}

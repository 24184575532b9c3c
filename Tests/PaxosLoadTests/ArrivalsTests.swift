import Testing

@testable import PaxosLoad

/// Times are nanoseconds; the tests count in milliseconds.
@Suite struct ArrivalsTests {
    private func milliseconds(_ count: Int64) -> Int64 { count * 1_000_000 }

    @Test func withoutARateEverythingIsDueNow() {
        var arrivals = Arrivals(rate: nil, count: 2, end: nil, patience: milliseconds(10))
        #expect(arrivals.next(at: 5) == .due(5))
        arrivals.take()
        #expect(arrivals.next(at: 7) == .due(7))
        arrivals.take()
        #expect(arrivals.next(at: 9) == .over)
        #expect(arrivals.unsent == 0)
    }

    @Test func withoutARateTheTimeEndsIt() {
        let arrivals = Arrivals(rate: nil, count: nil, end: milliseconds(100), patience: milliseconds(50))
        #expect(arrivals.next(at: milliseconds(100) - 1) != .over)
        #expect(arrivals.next(at: milliseconds(100)) == .over)
        #expect(arrivals.unsent == 0)
    }

    @Test func rateSetsDueTimesWhateverHappens() {
        var arrivals = Arrivals(rate: 100, count: nil, end: milliseconds(1_000), patience: milliseconds(500))
        #expect(arrivals.next(at: 0) == .due(0))
        arrivals.take()
        #expect(arrivals.next(at: 0) == .later(milliseconds(10)))
        // Nobody was free for a while: what was due meanwhile is due still, from its own time on.
        #expect(arrivals.next(at: milliseconds(35)) == .due(milliseconds(10)))
        arrivals.take()
        #expect(arrivals.next(at: milliseconds(35)) == .due(milliseconds(20)))
        arrivals.take()
        #expect(arrivals.next(at: milliseconds(35)) == .due(milliseconds(30)))
        arrivals.take()
        #expect(arrivals.next(at: milliseconds(35)) == .later(milliseconds(40)))
    }

    @Test func whatWasDueInTimeIsSentLateUntilPatienceEnds() {
        var arrivals = Arrivals(rate: 100, count: nil, end: milliseconds(1_000), patience: milliseconds(500))
        for _ in 0..<98 { arrivals.take() }
        #expect(arrivals.next(at: milliseconds(1_400)) == .due(milliseconds(980)))
        arrivals.take()
        #expect(arrivals.next(at: milliseconds(1_499)) == .due(milliseconds(990)))
        #expect(arrivals.next(at: milliseconds(1_500)) == .over)
        #expect(arrivals.unsent == 1)
        arrivals.take()
        #expect(arrivals.next(at: milliseconds(1_001)) == .over)
        #expect(arrivals.unsent == 0)
    }

    @Test func countLimitsWhatIsDue() {
        var arrivals = Arrivals(rate: 1_000, count: 3, end: milliseconds(1_000), patience: milliseconds(500))
        arrivals.take()
        #expect(arrivals.unsent == 2)
    }

    @Test func nothingIsDueOrMissedOnceStopped() {
        var arrivals = Arrivals(rate: 100, count: nil, end: milliseconds(1_000), patience: milliseconds(500))
        arrivals.stop()
        #expect(arrivals.next(at: milliseconds(500)) == .over)
        #expect(arrivals.unsent == 0)
    }
}

import Testing

@testable import Node

@Suite struct TrafficHistoryTests {
    @Test func secondIsShownOnceItIsOver() {
        var history = TrafficHistory()
        for number in 1...100 { history.note(at: 10, microseconds: UInt64(number * 10), hasFailed: number > 98) }
        #expect(history.seconds(before: 10).isEmpty)
        let seconds = history.seconds(before: 11)
        #expect(seconds.map(\.time) == [10] && seconds[0].requests == 100 && seconds[0].failures == 2)
        // Two significant digits.
        #expect((495...505).contains(seconds[0].p50Microseconds) && (980...1_000).contains(seconds[0].p99Microseconds))
    }

    @Test func secondsWithoutRequestsHaveNoRow() {
        var history = TrafficHistory()
        history.note(at: 10, microseconds: 5, hasFailed: false)
        history.note(at: 14, microseconds: 7, hasFailed: true)
        #expect(history.seconds(before: 20).map(\.time) == [10, 14])
        #expect(history.seconds(before: 20).map(\.failures) == [0, 1])
        #expect(history.seconds(before: 20).map(\.p99Microseconds) == [5, 7])
    }

    @Test func lastMinutesAreKept() {
        var history = TrafficHistory()
        for second in 1...1_000 { history.note(at: UInt64(second), microseconds: 1, hasFailed: false) }
        #expect(history.seconds(before: 1_001).map(\.time) == Array(701...1_000))
        #expect(history.seconds(before: 1_200).map(\.time) == Array(900...1_000))
        #expect(history.seconds(before: 5_000).isEmpty)
    }

    @Test func clockSetBackLosesNothingAndLongWaitsAreCut() {
        var history = TrafficHistory()
        history.note(at: 10, microseconds: 5, hasFailed: false)
        history.note(at: 8, microseconds: .max, hasFailed: false)
        let seconds = history.seconds(before: 11)
        #expect(seconds.map(\.requests) == [2])
        #expect(seconds[0].p99Microseconds >= 59_000_000)
    }
}

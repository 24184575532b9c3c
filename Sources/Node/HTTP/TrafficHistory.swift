// What clients asked of the store in each second of the last minutes, and how long they waited. Pure: times are given.

import Histogram
import NIOCore

struct TrafficHistory: Sendable {
    struct Second: Equatable, Sendable {
        /// In seconds since 1970.
        var time: UInt64
        var requests: Int
        /// Those that were answered with a status of 500 or above.
        var failures: Int
        var p50Microseconds: UInt64
        var p99Microseconds: UInt64
    }

    static let mostSeconds = 300
    private static let longestWait: UInt32 = 60_000_000

    private var past: CircularBuffer<Second> = []
    private var time: UInt64 = 0
    private var failures = 0
    private var waits = Histogram<UInt32>(
        lowestDiscernibleValue: 1, highestTrackableValue: UInt64(longestWait), numberOfSignificantValueDigits: .two)

    /// Notes an answer that was given in the second `time`. A clock that is set back finds its answers counted in the
    /// second it had reached.
    mutating func note(at time: UInt64, microseconds: UInt64, hasFailed: Bool) {
        if time > self.time { begin(time) }
        waits.record(UInt64(min(microseconds, UInt64(TrafficHistory.longestWait))))
        if hasFailed { failures += 1 }
    }

    /// The seconds before `time` that had any requests, in order.
    mutating func seconds(before time: UInt64) -> [Second] {
        if time > self.time { begin(time) }
        return past.filter { $0.time + UInt64(TrafficHistory.mostSeconds) >= time }
    }

    private mutating func begin(_ time: UInt64) {
        defer { self.time = time }
        guard waits.totalCount > 0 else { return }
        if past.count == TrafficHistory.mostSeconds { past.removeFirst() }
        past.append(
            Second(
                time: self.time, requests: Int(waits.totalCount), failures: failures,
                p50Microseconds: UInt64(waits.valueAtPercentile(50)),
                p99Microseconds: UInt64(waits.valueAtPercentile(99))))
        waits.reset()
        failures = 0
    }
}

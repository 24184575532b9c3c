// The three kinds of figure that this process keeps: a counter, a gauge, and a histogram of seconds.

import Metrics
import NIOConcurrencyHelpers
import NIOCore
import Synchronization

final class PrometheusCounter: CounterHandler, PrometheusFigure {
    static let type: StaticString = "counter"
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.add(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(_ name: String, labels: String, to text: inout ByteBuffer) {
        text.writeSample(name, labels: labels, value.load(ordering: .relaxed))
    }
}

final class PrometheusGauge: RecorderHandler, MeterHandler, PrometheusFigure {
    static let type: StaticString = "gauge"
    private let value = NIOLockedValueBox(0.0)

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLockedValue { $0 = value } }
    func increment(by amount: Double) { value.withLockedValue { $0 += amount } }
    func decrement(by amount: Double) { value.withLockedValue { $0 -= amount } }

    func write(_ name: String, labels: String, to text: inout ByteBuffer) {
        let value = value.withLockedValue { $0 }
        if let whole = Int64(exactly: value) {
            text.writeSample(name, labels: labels, whole)
        } else {
            text.writeSample(name, labels: labels, value)
        }
    }
}

final class PrometheusHistogram: TimerHandler, PrometheusFigure {
    static let type: StaticString = "histogram"
    /// Upper bounds in microseconds: 1, 2 and 5 times each power of ten, from 50 µs to 10 s.
    private static let bounds: [Int64] = [
        50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
        2_000_000, 5_000_000, 10_000_000,
    ]

    private struct Values: Sendable {
        /// For each bound those at or below it and above the one before; the last are above all.
        var counts = [Int64](repeating: 0, count: bounds.count + 1)
        var nanoseconds: Int64 = 0
    }

    private let values = NIOLockedValueBox(Values())

    func recordNanoseconds(_ duration: Int64) {
        values.withLockedValue { values in
            var bucket = 0
            while bucket < PrometheusHistogram.bounds.count, duration > PrometheusHistogram.bounds[bucket] * 1_000 {
                bucket += 1
            }
            values.counts[bucket] += 1
            values.nanoseconds += duration
        }
    }

    func write(_ name: String, labels: String, to text: inout ByteBuffer) {
        let values = values.withLockedValue { $0 }
        let before = labels.isEmpty ? "" : labels + ","
        var total: Int64 = 0
        for (index, count) in values.counts.enumerated() {
            total += count
            let bound =
                index < PrometheusHistogram.bounds.count
                ? "\(Double(PrometheusHistogram.bounds[index]) / 1_000_000)" : "+Inf"
            text.writeSample("\(name)_bucket", labels: "\(before)le=\"\(bound)\"", total)
        }
        text.writeSample("\(name)_sum", labels: labels, Double(values.nanoseconds) / 1_000_000_000)
        text.writeSample("\(name)_count", labels: labels, total)
    }
}

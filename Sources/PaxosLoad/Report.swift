// What a run measured, as text for people or as one JSON object. It holds no measurement of its own.

import FoundationEssentials
import Histogram

struct Report: Sendable {
    enum Ending: String, Encodable, Sendable {
        case complete
        case interrupted
        /// Nothing had succeeded for too long.
        case gaveUp
    }

    struct Latency: Encodable, Sendable {
        var p50, p90, p99, p999, max: UInt64

        init?(_ histogram: Histogram<UInt64>) {
            guard histogram.totalCount > 0 else { return nil }
            p50 = histogram.valueAtPercentile(50)
            p90 = histogram.valueAtPercentile(90)
            p99 = histogram.valueAtPercentile(99)
            p999 = histogram.valueAtPercentile(99.9)
            max = histogram.maxRecorded
        }
    }

    struct Part: Encodable, Sendable {
        var succeeded: Int
        var failed: Int
        var requestsPerSecond: Double
        /// Of requests that succeeded; nil when none did.
        var latencyMicroseconds: Latency?

        init(_ series: Tally.Series, seconds: Double) {
            succeeded = series.succeeded
            failed = series.failed
            requestsPerSecond = seconds > 0 ? (Double(succeeded) / seconds * 10).rounded() / 10 : 0
            latencyMicroseconds = Latency(series.latencies)
        }
    }

    struct Node: Encodable, Sendable {
        struct Failure: Encodable, Sendable {
            var reason: String
            /// False when nothing was done.
            var mayHaveBeenDone: Bool
            var count: Int
        }

        var url: String
        var succeeded: Int
        var failed: Int
        var failures: [Failure]
    }

    let ending: Ending
    let settings: LoadSettings
    /// Until the last request ended.
    let seconds: Double
    let writes: Part
    let reads: Part
    let all: Part
    /// Requests that were due, and that no client was free to send in time.
    let unsent: Int
    let nodes: [Node]

    var failed: Int { all.failed + unsent }

    init(_ settings: LoadSettings, _ tally: Tally, _ ending: Ending) {
        self.settings = settings
        self.ending = ending
        let seconds = Double(tally.lastEnd) / 1e9
        self.seconds = seconds
        writes = Part(tally.writes, seconds: seconds)
        reads = Part(tally.reads, seconds: seconds)
        all = Part(tally.all, seconds: seconds)
        unsent = tally.unsent
        nodes = settings.nodes.enumerated().map { number, address in
            let failures = tally.failures.filter { $0.key.node == number }
                .map { Node.Failure(reason: $0.reason, mayHaveBeenDone: !$0.isCertain, count: $1) }
                .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
            return Node(
                url: "\(address)", succeeded: tally.succeeded[number],
                failed: failures.reduce(0) { $0 + $1.count }, failures: failures)
        }
    }
}

extension Report: Encodable {
    private enum Field: String, CodingKey {
        case ending, seconds, writes, reads, all, unsent, nodes, connections, rate, keys, keySize, valueSize
        case readFraction, consistency, seed
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Field.self)
        try object.encode(ending, forKey: .ending)
        try object.encode(seconds, forKey: .seconds)
        try object.encode(writes, forKey: .writes)
        try object.encode(reads, forKey: .reads)
        try object.encode(all, forKey: .all)
        try object.encode(unsent, forKey: .unsent)
        try object.encode(nodes, forKey: .nodes)
        try object.encode(settings.connections, forKey: .connections)
        try object.encodeIfPresent(settings.rate, forKey: .rate)
        try object.encode(settings.keys, forKey: .keys)
        try object.encode(settings.keySize, forKey: .keySize)
        try object.encode(settings.valueSize, forKey: .valueSize)
        try object.encode(settings.reads, forKey: .readFraction)
        try object.encode(settings.consistency.rawValue, forKey: .consistency)
        try object.encode(settings.seed, forKey: .seed)
    }

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("a report can be put into JSON") }
        return String(decoding: data, as: UTF8.self)
    }
}

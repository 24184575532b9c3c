// What a run counts: latencies of the requests that succeeded, and the failures, by node and reason.

import Histogram

struct Tally {
    struct Failure: Hashable {
        var node: Int
        var reason: String
        /// Whether nothing was done.
        var isCertain: Bool
    }

    /// Requests of one kind.
    struct Series {
        /// In microseconds, to three digits, up to an hour.
        private(set) var latencies = Histogram<UInt64>(
            highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .three)
        fileprivate(set) var failed = 0

        var succeeded: Int { Int(latencies.totalCount) }

        fileprivate mutating func add(nanoseconds: Int64) {
            latencies.record(UInt64(max(0, min(nanoseconds / 1_000, 3_600_000_000))))
        }

        static func + (left: Series, right: Series) -> Series {
            var sum = left
            sum.latencies.add(right.latencies)
            sum.failed += right.failed
            return sum
        }
    }

    private(set) var writes = Series()
    private(set) var reads = Series()
    private(set) var failures: [Failure: Int] = [:]
    /// By node.
    private(set) var succeeded: [Int]
    /// Requests that were due, and that no client was free to send in time.
    var unsent = 0
    /// When the last request ended, in nanoseconds since the run began.
    private(set) var lastEnd: Int64 = 0

    /// Nodes choose the words of their errors; a report of more than so many is of no use to anybody.
    private static let mostReasons = 100

    init(nodes: Int) {
        succeeded = Array(repeating: 0, count: nodes)
    }

    var all: Series { writes + reads }
    var ended: Int { writes.succeeded + writes.failed + reads.succeeded + reads.failed }
    var failed: Int { writes.failed + reads.failed + unsent }

    mutating func add(_ kind: Request.Kind, node: Int, nanoseconds: Int64, end: Int64, _ outcome: Outcome) {
        lastEnd = max(lastEnd, end)
        switch outcome {
        case .done:
            succeeded[node] += 1
            if kind == .set { writes.add(nanoseconds: nanoseconds) } else { reads.add(nanoseconds: nanoseconds) }
        case .refused(let reason): fail(kind, Failure(node: node, reason: reason, isCertain: true))
        case .unknown(let reason): fail(kind, Failure(node: node, reason: reason, isCertain: false))
        }
    }

    private mutating func fail(_ kind: Request.Kind, _ failure: Failure) {
        if kind == .set { writes.failed += 1 } else { reads.failed += 1 }
        let isKnown = failures[failure] != nil || failures.count < Self.mostReasons
        failures[isKnown ? failure : Failure(node: failure.node, reason: "other", isCertain: false), default: 0] += 1
    }
}

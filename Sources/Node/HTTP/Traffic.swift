// Watches the clock for TrafficHistory. It counts what it is told, which is what was asked of the store: those who look at
// a node are not its traffic.

import NIOConcurrencyHelpers
import NIOCore

struct Traffic: Sendable {
    private let history = NIOLockedValueBox(TrafficHistory())

    func note(took: TimeAmount, hasFailed: Bool) {
        history.withLockedValue { history in
            history.note(
                at: WallClock.second, microseconds: UInt64(took.nanoseconds / 1_000), hasFailed: hasFailed)
        }
    }

    /// The whole seconds that had any requests.
    var seconds: [TrafficHistory.Second] {
        history.withLockedValue { $0.seconds(before: WallClock.second) }
    }
}

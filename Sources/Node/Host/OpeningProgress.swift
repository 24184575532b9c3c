// How far a node has come with reading its folder: told by the thread that reads, asked by those who wait.

import NIOConcurrencyHelpers
import Paxos

final class OpeningProgress: Sendable {
    struct Replay: Equatable, Sendable {
        /// Where the replay began.
        var first: Slot
        var through: Slot
        /// Where it will end.
        var end: Slot

        /// Rounded down, so that 100 is never said of what goes on.
        var percent: UInt64 {
            let whole = end.rawValue - min(first, end).rawValue
            return whole == 0 ? 0 : min((through.rawValue - first.rawValue) * 100 / whole, 99)
        }
    }

    private let state = NIOLockedValueBox<Replay?>(nil)

    /// Nil as long as no log is replayed.
    var replay: Replay? { state.withLockedValue { $0 } }

    func note(_ through: Slot, of end: Slot) {
        state.withLockedValue { state in
            // Where the folder had to be mended the replay begins anew.
            let first = state.map { $0.through <= through ? $0.first : through } ?? through
            state = Replay(first: first, through: through, end: end)
        }
    }

    /// Why nothing can be asked of the node yet.
    var reason: String { replay.map { "replaying, \($0.percent)%" } ?? "opening the data folder" }
}

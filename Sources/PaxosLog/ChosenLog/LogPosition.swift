// How far a reading of the chosen log has come, and what must hold of that which comes next.

import Paxos

struct LogPosition: Sendable {
    /// The slot that must come next.
    var next: Slot
    /// The chain digest before it; nil where damage has hidden it.
    var digest: ChainDigest?
    /// The cluster that the log belongs to; nil until a header has told.
    var cluster: UniqueID?
    /// How the log is cut; nil until genesis was read.
    var limits: LogLimits?

    static let start = LogPosition(next: .first, digest: .start, cluster: nil, limits: nil)
}

// Which segments of the log may go. Pure: what snapshots there are, how old a segment is and what time it is are told.

package import Paxos
package import PaxosLog

package struct CompactionPolicy: Equatable, Sendable {
    /// How many of the last segments stay, whatever snapshots there are; at least one.
    package var keptSegments: Int
    /// For how many microseconds the entries of a segment stay, counted from the time of its last one; with zero, no clock
    /// has a say.
    package var keptTime: UInt64
    /// Nothing behind this slot goes; nil for no such bound.
    package var limit: Slot?

    package init(keptSegments: Int = 4, keptTime: UInt64 = 0, limit: Slot? = nil) {
        precondition(keptSegments > 0, "the segment that is written to stays")
        self.keptSegments = keptSegments
        self.keptTime = keptTime
        self.limit = limit
    }

    /// The slot through which the log may be dropped; nil when nothing may go.
    /// - Parameters:
    ///   - segments: those that are ended, by slot.
    ///   - verified: the snapshots that were read back whole. The log goes only below the second newest of them, so that
    ///     the newest can turn out to be bad.
    ///   - now: the wall clock in microseconds since 1970.
    package func dropThrough(_ segments: [SegmentEnd], verified: [Slot], now: UInt64) -> Slot? {
        guard let bound = SnapshotFolder.oldestKept(verified) else { return nil }
        return segments.dropLast(keptSegments).prefix { segment in
            segment.slot <= min(bound, limit ?? bound) && (keptTime == 0 || segment.time &+ keptTime <= now)
        }.last?.slot
    }
}

// How far the chosen log reaches on one disk and how large it is there, and what it says at the ends of its blocks.

package import Paxos

package struct LogExtent: Equatable, Sendable {
    /// `Slot.zero` for an empty log.
    package var through: Slot
    package var segments: Int
    /// The length of all segments' files together.
    package var bytes: UInt64

    package init(through: Slot, segments: Int, bytes: UInt64) {
        self.through = through
        self.segments = segments
        self.bytes = bytes
    }

    package static let empty = LogExtent(through: .zero, segments: 0, bytes: 0)

    mutating func add(segmentOf size: UInt64) {
        segments += 1
        bytes += size
    }

    mutating func remove(segmentOf size: UInt64) {
        segments -= 1
        bytes -= size
    }
}

/// Where a block lies, and the chain digest behind it: two logs that show the same one there agree on every entry so far.
package struct BlockDigest: Equatable, Sendable {
    package var slots: ClosedRange<Slot>
    package var chainDigest: ChainDigest

    package init(slots: ClosedRange<Slot>, chainDigest: ChainDigest) {
        self.slots = slots
        self.chainDigest = chainDigest
    }
}

// A segment that never changes any more, as a peer names it that has it.

package import Paxos

package struct EndedSegment: Equatable, Sendable {
    package var name: SegmentName
    package var lastSlot: Slot
    /// The length of its file in bytes: the same on all nodes with one build of zstd.
    package var fileSize: UInt64

    package init(name: SegmentName, lastSlot: Slot, fileSize: UInt64) {
        self.name = name
        self.lastSlot = lastSlot
        self.fileSize = fileSize
    }

    package var slots: ClosedRange<Slot> { name.firstSlot...lastSlot }
}

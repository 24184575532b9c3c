// A block of the chosen log before compression: whole entries, one behind the other, as they were proposed.

package import Paxos

package struct RawBlock: Equatable, Sendable {
    package var firstSlot: Slot
    package var count: Int
    /// `count` encoded entries (`Entry.encode`), which is also how a run's body holds them.
    package var bytes: [UInt8]
    /// Whether the segment ends with this block.
    package var endsSegment: Bool

    package init(firstSlot: Slot, count: Int, bytes: [UInt8], endsSegment: Bool) {
        precondition(count > 0, "a block holds at least one entry")
        self.firstSlot = firstSlot
        self.count = count
        self.bytes = bytes
        self.endsSegment = endsSegment
    }

    package var lastSlot: Slot { firstSlot + (count - 1) }
}

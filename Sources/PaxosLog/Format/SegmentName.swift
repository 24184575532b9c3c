// The name of a segment file: its first slot in 20 digits and `.segment`, so that names sort as slots do.

package import Paxos

package struct SegmentName: Hashable, Comparable, Sendable {
    package let firstSlot: Slot

    package init(firstSlot: Slot) {
        precondition(firstSlot > .zero, "slot zero holds no entry, and begins no segment")
        self.firstSlot = firstSlot
    }

    /// Reads exactly what `description` writes; nil for anything else.
    package init?(_ text: String) {
        guard let slot = SlotFileName.slot(of: text, suffix: SegmentName.suffix) else { return nil }
        firstSlot = slot
    }

    package static func < (left: SegmentName, right: SegmentName) -> Bool { left.firstSlot < right.firstSlot }

    private static let suffix = ".segment"
}

extension SegmentName: CustomStringConvertible {
    package var description: String { SlotFileName.text(firstSlot, suffix: SegmentName.suffix) }
}

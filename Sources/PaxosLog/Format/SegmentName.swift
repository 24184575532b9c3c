// The name of a segment file: its first slot in 20 digits and `.segment`, so that names sort as slots do.

package import Paxos

package struct SegmentName: Hashable, Comparable, Sendable {
    package let firstSlot: Slot

    package init(firstSlot: Slot) {
        precondition(firstSlot > .zero, "slot zero holds no entry, and begins no segment")
        self.firstSlot = firstSlot
    }

    /// Reads exactly what `description` writes; nil for anything else, and for slots beyond those that blocks may have.
    package init?(_ text: String) {
        guard text.utf8.count == SegmentName.digits + SegmentName.suffix.utf8.count, text.hasSuffix(SegmentName.suffix),
            let slot = UInt64(text.prefix(SegmentName.digits)), slot > 0, slot < 1 << 63
        else { return nil }
        firstSlot = Slot(slot)
        guard description == text else { return nil }
    }

    package static func < (left: SegmentName, right: SegmentName) -> Bool { left.firstSlot < right.firstSlot }

    private static let suffix = ".segment"
    private static let digits = 20
}

extension SegmentName: CustomStringConvertible {
    package var description: String {
        let number = String(firstSlot.rawValue)
        return String(repeating: "0", count: SegmentName.digits - number.count) + number + SegmentName.suffix
    }
}

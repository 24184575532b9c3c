// The name of a snapshot's file: its slot in 20 digits and `.snapshot`.

package import Paxos

package struct SnapshotName: Hashable, Comparable, Sendable {
    /// The last slot whose effect is in the snapshot.
    package let slot: Slot

    package init(slot: Slot) {
        precondition(slot > .zero, "a snapshot holds genesis at least")
        self.slot = slot
    }

    /// Reads exactly what `description` writes; nil for anything else.
    package init?(_ text: String) {
        guard let slot = SlotFileName.slot(of: text, suffix: SnapshotName.suffix) else { return nil }
        self.slot = slot
    }

    package static func < (left: SnapshotName, right: SnapshotName) -> Bool { left.slot < right.slot }

    private static let suffix = ".snapshot"
    static let unfinishedSuffix = ".partial"

    /// What the file is called until it is whole and durable.
    var unfinished: String { description + SnapshotName.unfinishedSuffix }
}

extension SnapshotName: CustomStringConvertible {
    package var description: String { SlotFileName.text(slot, suffix: SnapshotName.suffix) }
}

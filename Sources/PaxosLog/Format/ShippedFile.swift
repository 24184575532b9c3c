// A file that one node gives another whole: both know it by its kind and its slot.

package enum ShippedFile: Hashable, Sendable {
    case segment(SegmentName)
    case snapshot(SnapshotName)

    package var isSnapshot: Bool { if case .snapshot = self { true } else { false } }
    /// Reads exactly what `description` writes; nil for anything else.
    package init?(_ text: String) {
        if let segment = SegmentName(text) {
            self = .segment(segment)
        } else if let snapshot = SnapshotName(text) {
            self = .snapshot(snapshot)
        } else {
            return nil
        }
    }
}

extension ShippedFile: CustomStringConvertible {
    /// What it is called on every node.
    package var description: String {
        switch self {
        case .segment(let name): name.description
        case .snapshot(let name): name.description
        }
    }
}

// Who asked for a command: one boot of one life of a node. With a sequence number it names a request for ever, so that a
// command which is proposed twice is applied once.

package struct SessionID: Hashable, Comparable, Sendable {
    package let node: NodeID
    /// The life that votes for the node; of a learner, the one that did so last.
    package let incarnation: Incarnation
    /// Counts the node's starts. It begins at the milliseconds since 1970 at which the data folder was made, so that a
    /// node whose disk was emptied does not take up the numbers of its earlier life.
    package let boot: UInt64

    package init(node: NodeID, incarnation: Incarnation, boot: UInt64) {
        self.node = node
        self.incarnation = incarnation
        self.boot = boot
    }

    package static func < (left: SessionID, right: SessionID) -> Bool {
        (left.node, left.incarnation, left.boot) < (right.node, right.incarnation, right.boot)
    }
}

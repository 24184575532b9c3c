// The cluster as one node knows it: what it says of itself, and what each other last said to it. A node that is silent
// stands in it with what was heard last.

package import Paxos
package import PaxosLog

package struct ClusterView: Sendable {
    /// Another node.
    package struct Peer: Sendable {
        package var node: NodeID
        /// Nil when nothing was heard since this node started.
        package var heard: Heard?
    }

    package struct Heard: Sendable {
        package var report: NodeReport
        /// How long ago it came, in microseconds.
        package var age: UInt64
        /// How many slots it lagged behind what was known to be chosen when its report came.
        package var lag: Int
    }

    /// An entry that this node has applied.
    package struct Entry: Sendable {
        package var slot: Slot
        package var hash: UInt64
        package var length: Int
        /// The encoded entry; nil for one that is longer than `ClusterView.longestEntry`.
        package var bytes: [UInt8]?
    }

    /// Longer entries are named, and not shown.
    package static let longestEntry = 64 << 10

    package var node: NodeID
    package var cluster: UniqueID?
    package var own: NodeReport
    /// Every other member, in order.
    package var peers: [Peer]
    /// Those of `own.entries`.
    package var entries: [Entry]
    package var history: [ChosenHistory.Sample]

    /// The highest slot that anybody has said to be chosen.
    package var knownChosenThrough: Slot {
        peers.reduce(own.knownChosenThrough) { max($0, $1.heard?.report.knownChosenThrough ?? .zero) }
    }
}

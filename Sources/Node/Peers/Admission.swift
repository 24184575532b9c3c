// Whether two nodes may speak, by what they said of themselves. A pure rule, the same for both sides.

import Paxos
import PaxosLog

enum Admission {
    /// - Parameter expected: the node that was dialled; nil on the side that was dialled.
    /// - Returns: why `other` is refused; nil when it is welcome.
    static func refusal(
        of other: PeerIdentity, by own: PeerIdentity, members: Set<NodeID>, expected: NodeID? = nil
    ) -> String? {
        guard other.versions.overlaps(own.versions) else {
            return
                "\(other.node) speaks versions \(name(other.versions)) of the peers' protocol, and \(own.node) speaks \(name(own.versions))"
        }
        guard other.authentication.isEmpty else {
            return "\(other.node) sent an authentication, which \(own.node) does not know how to check"
        }
        if let expected, other.node != expected {
            return "\(expected) was dialled, and \(other.node) answered: the addresses of --peers are mixed up"
        }
        guard other.node != own.node else { return "it says that it is \(own.node) too: two nodes have the same --id" }
        guard members.contains(other.node) else { return "\(other.node) is no member of the cluster of \(own.node)" }
        if own.cluster != .none, other.cluster != .none {
            guard own.cluster == other.cluster else {
                return "\(other.node) belongs to cluster \(other.cluster), and \(own.node) to \(own.cluster)"
            }
        } else if own.cluster == .none, other.cluster == .none, own.membersHash != other.membersHash {
            // Once a cluster stands, its log says who the members are, and not what a node was started with.
            return "\(other.node) was started with another list of peers than \(own.node)"
        }
        return nil
    }

    private static func name(_ versions: ClosedRange<UInt16>) -> String {
        versions.count == 1 ? "\(versions.lowerBound)" : "\(versions.lowerBound) to \(versions.upperBound)"
    }
}

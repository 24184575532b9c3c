// Who votes. A configuration is itself a chosen value, and holds for the slots above the one it was chosen in.

package struct Configuration: Equatable, Sendable {
    package struct Member: Hashable, Sendable {
        package let node: NodeID
        package let incarnation: Incarnation

        package init(node: NodeID, incarnation: Incarnation) {
            self.node = node
            self.incarnation = incarnation
        }
    }

    /// The slot in which this configuration was chosen; messages name it.
    package let slot: Slot
    /// Sorted by node, at least one.
    package let members: [Member]

    package init(slot: Slot, members: [Member]) {
        precondition(!members.isEmpty, "a configuration has at least one member")
        self.slot = slot
        self.members = members.sorted { $0.node < $1.node }
    }

    package var majority: Int { members.count / 2 + 1 }

    /// Whether this life of this node votes: a learner, and a disk that was replaced, does not.
    package func isVoter(_ node: NodeID, _ incarnation: Incarnation) -> Bool {
        members.contains(Member(node: node, incarnation: incarnation))
    }

    /// Whether a ballot belongs to somebody who may lead under this configuration.
    package func mayLead(_ ballot: Ballot) -> Bool {
        ballot.round > 0 && isVoter(ballot.node, ballot.incarnation)
    }
}

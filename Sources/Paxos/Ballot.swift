// A proposal number ("Paxos Made Simple", 2.2): unique to one proposer's one attempt, and totally ordered.

package struct Ballot: Hashable, Comparable, Sendable {
    package let round: UInt64
    package let node: NodeID
    package let incarnation: Incarnation

    package init(round: UInt64, node: NodeID, incarnation: Incarnation) {
        self.round = round
        self.node = node
        self.incarnation = incarnation
    }

    /// Lower than every ballot that can be prepared; an acceptor that has promised nothing stands at it.
    package static let none = Ballot(round: 0, node: NodeID(0), incarnation: .learner)

    package static func < (left: Ballot, right: Ballot) -> Bool {
        (left.round, left.node, left.incarnation) < (right.round, right.node, right.incarnation)
    }
}

extension Ballot: CustomStringConvertible {
    package var description: String { self == .none ? "none" : "\(round).\(node).\(incarnation)" }
}

// A node without a vote asks for it, and the leader gives it by a configuration entry, which is chosen without it. What
// the node must do before it votes is a matter of Paxos (`Replica+Membership`).

package import Paxos
package import PaxosLog

/// Asks the leader for the vote of a node whose disk is not the one that had it.
package struct Readmission: Equatable, Sendable {
    /// What the disk is to be called whose vote counts: its journal's name, or one that it took since.
    package var journal: UniqueID
    /// The life that had the vote last, as far as the asker knows: so that a question that comes twice gives one vote.
    package var after: Incarnation

    package init(journal: UniqueID, after: Incarnation) {
        self.journal = journal
        self.after = after
    }
}

extension ReplicaDriver {
    /// Asks for the vote with each report, as long as this node has none, and holds about what the others hold.
    mutating func tickReadmission() {
        guard configuration.asksForVote, ticks % configuration.reportTicks == 0, incarnation == .learner, !isAdopting,
            !isStopping, let replica, let leader = replica.leader, let member = membership?.member(configuration.node),
            replica.knownChosenThrough <= replica.chosenThrough + DriverStatus.healthySlots
        else { return }
        send(.readmission(Readmission(journal: vote, after: member.incarnation)), to: leader.node)
    }

    /// Proposes that the asker votes. A node that is heard to vote keeps its vote: the asker then is another process under
    /// the same name.
    mutating func note(_ readmission: Readmission, from node: NodeID) {
        guard let slot = nextProposal, replica?.hearsVote(of: node) == false,
            let membership, membership.member(node)?.incarnation == readmission.after,
            let next = membership.readmitting(node, journal: readmission.journal)
        else { return }
        var entry: [UInt8] = []
        Entry(slot: slot, kind: .configuration, time: now, session: session, sequence: 0, payload: next.encoded())
            .encode(into: &entry)
        replica?.propose(configuration: entry)
    }

    /// A configuration is applied.
    mutating func note(_ next: Membership) {
        guard let membership, next.slot > membership.slot else { return }
        for (old, new) in zip(membership.members, next.members) where old != new {
            effects.append(.report(.readmitted(new.node, new.incarnation, next.slot)))
        }
        self.membership = next
    }
}

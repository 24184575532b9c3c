// What nodes say to one another: the messages of Paxos, commands on their way to the leader, and what is said before
// there is a cluster. docs/wire-format.md draws the bytes.

package import Paxos
package import PaxosLog

package struct PeerMessage: Equatable, Sendable {
    /// The cluster that the sender belongs to; `UniqueID.none` before it belongs to any.
    package var cluster: UniqueID
    package var incarnation: Incarnation
    /// The slot of the configuration that the sender speaks under.
    package var configuration: Slot
    package var content: Content

    package enum Content: Equatable, Sendable {
        case paxos(Message)
        case forward(ForwardedCommands)
        case standing(Standing)
        case report(NodeReport)
        case readmission(Readmission)
        case recall(Recall)
        case shipping(Shipping)
        case checkpoint(CheckpointReport)
    }

    package init(cluster: UniqueID, incarnation: Incarnation, configuration: Slot, content: Content) {
        self.cluster = cluster
        self.incarnation = incarnation
        self.configuration = configuration
        self.content = content
    }
}

/// Commands that one node's clients ask for, on their way to the leader.
package struct ForwardedCommands: Equatable, Sendable {
    package struct Command: Equatable, Sendable {
        package var sequence: UInt64
        package var kind: Entry.Kind
        package var payload: [UInt8]

        package init(sequence: UInt64, kind: Entry.Kind, payload: [UInt8]) {
            self.sequence = sequence
            self.kind = kind
            self.payload = payload
        }
    }

    package var session: SessionID
    package var commands: [Command]

    package init(session: SessionID, commands: [Command]) {
        self.session = session
        self.commands = commands
    }
}

/// Where a node stands before, or after, it has adopted a cluster.
package struct Standing: Equatable, Sendable {
    package var journal: UniqueID
    package var membersHash: UInt64
    /// Genesis as an encoded entry, once the sender has adopted it.
    package var genesis: [UInt8]?
    /// The journal of the node whose question this answers; nil in a question.
    package var asker: UniqueID?

    package init(journal: UniqueID, membersHash: UInt64, genesis: [UInt8]?, asker: UniqueID?) {
        self.journal = journal
        self.membersHash = membersHash
        self.genesis = genesis
        self.asker = asker
    }
}

// Before there is a cluster: the member with the lowest id founds it when every member says that it is empty, with the
// same member list. Genesis names each member's journal, so that a disk emptied later is not taken for the acceptor it
// was. docs/decisions/0004-founding.md says why this is safe.

import Paxos
import PaxosLog

struct Formation: Sendable {
    private let node: NodeID
    private let members: [NodeID]
    private let membersHash: UInt64
    private let journal: UniqueID
    /// The cluster that this node belongs to, where its genesis is lost: it is not empty.
    private let cluster: UniqueID?
    private let isBootstrapping: Bool
    /// The journals of members that said to be empty since this node started.
    private var journals: [NodeID: UniqueID]
    /// The journals of those that were told that this node is empty.
    private var answered: [NodeID: UniqueID] = [:]
    private var ticks = 0

    static let questionTicks = 20
    /// How long a founder that need not wait for all gives them to answer.
    static let bootstrapTicks = 100

    init(configuration: DriverConfiguration, journal: UniqueID, cluster: UniqueID?) {
        self.cluster = cluster
        node = configuration.node
        members = configuration.members
        membersHash = configuration.membersHash
        self.journal = journal
        isBootstrapping = configuration.isBootstrapping
        journals = [configuration.node: journal]
    }

    var others: [NodeID] { members.filter { $0 != node } }

    /// Members that have not said that they are empty.
    var missing: [NodeID] { members.filter { journals[$0] == nil } }

    private var isFounder: Bool { isBootstrapping || node == members.first }

    /// Whether the others are to be asked now.
    mutating func tick() -> Bool {
        defer { ticks += 1 }
        return ticks % Formation.questionTicks == 0
    }

    var question: Standing { Standing(journal: journal, membersHash: membersHash, genesis: nil, asker: nil) }

    /// Says that this node is empty, to a member that may found the cluster on its word; nil when it is not.
    mutating func answer(_ question: Standing, from other: NodeID) -> Standing? {
        guard cluster == nil else { return nil }
        answered[other] = question.journal
        return Standing(journal: journal, membersHash: membersHash, genesis: nil, asker: question.journal)
    }

    /// Notes that a member is empty. What answers an earlier life of this disk may be old, and says nothing.
    /// - Returns: false when it was told another member list.
    mutating func note(_ standing: Standing, from other: NodeID) -> Bool {
        guard standing.membersHash == membersHash else {
            journals[other] = nil
            return false
        }
        if standing.asker == journal { journals[other] = standing.journal }
        return true
    }

    /// Whether a genesis may be adopted: not if its founder has lost its disk since, and asked this node anew. That life of
    /// it may have founded another cluster by now, unless it is the one that tells of this.
    func mayAdopt(_ genesis: Genesis, by founder: NodeID, toldBy journal: UniqueID) -> Bool {
        guard cluster ?? genesis.cluster == genesis.cluster else { return false }
        guard let asked = answered[founder] else { return true }
        return asked == journal || asked == genesis.membership.member(founder)?.journal
    }

    /// The founding genesis, once it may be written. A member that did not answer gets no journal, and so no vote.
    func genesis(cluster: UniqueID, limits: LogLimits) -> Genesis? {
        guard isFounder else { return nil }
        // What this node belonged to has no other member when all of them are empty, and nothing was chosen there.
        guard self.cluster == nil || missing.isEmpty else { return nil }
        let isReady =
            missing.isEmpty
            || (isBootstrapping && ticks > Formation.bootstrapTicks && journals.count > members.count / 2)
        guard isReady else { return nil }
        return Genesis(
            cluster: cluster,
            members: members.map { Genesis.Member(node: $0, incarnation: .first, journal: journals[$0] ?? .none) },
            limits: limits)
    }
}

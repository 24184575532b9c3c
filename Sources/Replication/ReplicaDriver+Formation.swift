// From an empty folder to a member, or a learner, of a cluster.

import Paxos
import PaxosLog

extension ReplicaDriver {
    mutating func tickFormation() {
        guard formation?.tick() == true, let formation else { return }
        for node in formation.others { send(.standing(formation.question), to: node) }
        if !formation.missing.isEmpty { effects.append(.report(.waitingForMembers(formation.missing))) }
        foundIfReady()
    }

    private mutating func foundIfReady() {
        guard let formation else { return }
        guard let genesis = formation.genesis(cluster: .random(using: &random), limits: configuration.limits) else {
            return
        }
        var entry: [UInt8] = []
        Entry(
            slot: .first, kind: .genesis, time: now,
            session: SessionID(node: configuration.node, incarnation: .first, boot: boot), sequence: 0,
            payload: genesis.encoded()
        ).encode(into: &entry)
        effects.append(.report(.founded(genesis.cluster)))
        adopt(genesis, entry: entry)
    }

    mutating func receive(_ standing: Standing, from node: NodeID) {
        if standing.asker == nil, !isAdopting {
            let answer =
                formation == nil
                ? Standing(
                    journal: vote, membersHash: configuration.membersHash, genesis: genesisEntry,
                    asker: standing.journal) : formation?.answer(standing, from: node)
            if let answer { send(.standing(answer), to: node) }
        }
        guard let formation else { return }
        if let entry = standing.genesis {
            adopt(entry: entry, from: node, journal: standing.journal, formation)
        } else if self.formation?.note(standing, from: node) == true {
            foundIfReady()
        } else {
            effects.append(.report(.foreignPeer(node, reason: "it was started with another list of peers")))
        }
    }

    private mutating func adopt(
        entry bytes: [UInt8], from node: NodeID, journal: UniqueID, _ formation: Formation
    ) {
        guard let view = try? EntryView(in: bytes.span.bytes, at: 0), view.kind == .genesis, view.slot == .first,
            view.end == bytes.count, let genesis = try? Genesis(decoding: Array(bytes[view.payload]))
        else { return effects.append(.report(.foreignPeer(node, reason: "its genesis can't be read"))) }
        guard genesis.members.map(\.node) == configuration.members else {
            let members = genesis.members.map { "\($0.node)" }.joined(separator: ",")
            return effects.append(.report(.foreignPeer(node, reason: "its cluster has the members \(members)")))
        }
        guard formation.mayAdopt(genesis, by: view.session.node, toldBy: journal) else { return }
        adopt(genesis, entry: bytes)
    }

    /// Genesis is the chosen value of slot 1, learned like any other: it goes to the journal before anything is said in
    /// its name. One founder writes one genesis, so there is never another value for the slot.
    private mutating func adopt(_ genesis: Genesis, entry: [UInt8]) {
        formation = nil
        self.genesis = genesis
        genesisEntry = entry
        join(genesis, recovered: nil)
        let run = Run(ballot: .none, firstSlot: .first, count: 1, body: entry, sealedBy: Run.xxh3)
        replica?.learn(Message.Learned(run: run, promised: .none))
        isAdopting = true
    }

    /// Once genesis is in the journal, it may be spoken of.
    mutating func completeAdoption() {
        guard isAdopting, let genesis else { return }
        isAdopting = false
        effects.append(.adopt(genesis))
        effects.append(.report(.adopted(genesis.cluster, incarnation)))
    }

    /// Takes part in the cluster of `genesis`, with what the disk holds.
    mutating func join(_ genesis: Genesis, recovered: RecoveredNode?) {
        let membership = (recovered?.chosen ?? []).reduce(recovered?.membership ?? genesis.membership) {
            Membership.last(in: $1) ?? $0
        }
        self.membership = membership
        let isSuspended = recovered != nil && configuration.restartsStrictly && configuration.members.count > 1
        if isSuspended {
            vote = .random(using: &random)
            isSessionSuspended = true
        }
        let own = membership.incarnation(of: configuration.node, journal: vote)
        session = SessionID(
            node: configuration.node, incarnation: membership.member(configuration.node)?.incarnation ?? own, boot: boot
        )
        var settings = Replica.Settings(node: configuration.node, incarnation: own)
        if let recovered {
            settings.isReturning = own != .learner && recovered.identity.incarnation != own
            settings.isRecalling = configuration.members.count > 1 && !isSuspended
        }
        settings.heartbeatTicks = configuration.heartbeatTicks
        settings.electionTicks = configuration.electionTicks
        settings.window = configuration.window
        settings.messageBytes = configuration.messageBytes
        let logThrough = recovered?.logThrough ?? .zero
        let acceptor = Acceptor(
            promised: recovered?.promised ?? .none, chosenThrough: recovered?.chosen.last?.lastSlot ?? logThrough,
            vouchedThrough: recovered?.vouchedThrough ?? .zero, accepted: recovered?.accepted ?? [],
            unknown: recovered?.unknown ?? [], window: configuration.window, checksum: Run.xxh3)
        replica = Replica(
            settings: settings, configuration: membership.configuration, acceptor: acceptor,
            format: .entries(of: session, vote: vote), seed: random.next())
        replica?.mayLead = divergence == nil
        tail = LogTail(
            limits: genesis.limits, logThrough: logThrough, segmentBytes: recovered?.segmentBytes ?? 0,
            mostBytes: configuration.keptLogBytes)
        for run in recovered?.chosen ?? [] { apply(run) }
        if let recovered {
            beginMending(recovered)
            beginRecall()
            if isSuspended { effects.append(.report(.voteSuspended(.strictRestart))) }
        }
    }
}

// Checkpoints: each node tells the leader what its state comes to, the leader has chosen what a majority tells, and each
// node holds that against its own. A node whose state is another serves nobody from then on.

import Paxos
import PaxosLog
import StateMachine

/// What a node has told and heard for checkpoints, and proposed.
struct Checkpointing: Sendable {
    var states = CheckpointTally<StateDigest>()
    var snapshots = CheckpointTally<FileDigest>()
    /// The highest slots that this node, as leader, has proposed checkpoints of.
    var proposedState = Slot.zero
    var proposedSnapshot = Slot.zero
    /// The last state that was told of.
    var told = Slot.zero
    /// The newest snapshot that this process wrote and read back.
    var ownSnapshot: WrittenSnapshot?
    /// What was agreed on for the newest snapshot.
    var agreedSnapshot: (slot: Slot, digest: FileDigest)?

    /// The leader that proposed is gone, and what it proposed may be.
    mutating func forgetProposals() {
        proposedState = .zero
        proposedSnapshot = .zero
    }

    /// Whether this node's snapshot is stored in other bytes than those agreed on.
    var snapshotDiffers: Bool {
        guard let ownSnapshot, let agreedSnapshot, ownSnapshot.name.slot == agreedSnapshot.slot else { return false }
        return ownSnapshot.digest != agreedSnapshot.digest
    }

    /// The snapshot that is still to be agreed on.
    var unsettledSnapshot: WrittenSnapshot? {
        ownSnapshot.flatMap { $0.name.slot > agreedSnapshot?.slot ?? .zero ? $0 : nil }
    }
}

extension ReplicaDriver {
    /// What one node finds by itself proves nothing.
    var makesCheckpoints: Bool { configuration.members.count > 1 }

    /// Tells of a new state at once, and again with every report until there is a checkpoint of it.
    mutating func tickCheckpoints() {
        guard makesCheckpoints, divergence == nil, let replica, let leader = replica.leader else { return }
        let isTime = ticks % configuration.reportTicks == 0
        let states = audit.unsettled(most: CheckpointReport.mostStates)
        if let last = states.last, isTime || last.slot > checkpointing.told {
            checkpointing.told = last.slot
            tell(.states(states), to: leader.node)
        }
        if isTime, let snapshot = checkpointing.unsettledSnapshot {
            tell(.snapshot(snapshot.name, snapshot.digest), to: leader.node)
        }
        proposeCheckpoints()
    }

    private mutating func tell(_ report: CheckpointReport, to leader: NodeID) {
        guard leader == configuration.node else { return send(.checkpoint(report), to: leader) }
        note(report, from: leader, incarnation)
    }

    /// What lies beyond this node's own state comes again.
    mutating func note(_ report: CheckpointReport, from node: NodeID, _ incarnation: Incarnation) {
        let member = Configuration.Member(node: node, incarnation: incarnation)
        switch report {
        case .states(let states):
            for state in states where state.slot > audit.checkpointed && state.slot <= store.appliedThrough {
                checkpointing.states.note(state.digest, of: state.slot, by: member)
            }
        case .snapshot(let name, let digest):
            guard name.slot > checkpointing.agreedSnapshot?.slot ?? .zero, name.slot <= store.appliedThrough else {
                return
            }
            checkpointing.snapshots.note(digest, of: name.slot, by: member)
        }
    }

    private mutating func proposeCheckpoints() {
        guard let members = replica?.configuration else { return }
        let stateFloor = max(audit.checkpointed, checkpointing.proposedState)
        if let (slot, digest) = checkpointing.states.agreed(above: stateFloor, in: members),
            propose(Checkpoint(slot: slot, subject: .state(digest.bytes)))
        {
            checkpointing.proposedState = slot
        }
        let snapshotFloor = max(checkpointing.agreedSnapshot?.slot ?? .zero, checkpointing.proposedSnapshot)
        if let (slot, digest) = checkpointing.snapshots.agreed(above: snapshotFloor, in: members),
            propose(Checkpoint(slot: slot, subject: .snapshot(digest)))
        {
            checkpointing.proposedSnapshot = slot
        }
    }

    /// - Returns: whether this node leads and could propose it.
    private mutating func propose(_ checkpoint: Checkpoint) -> Bool {
        guard let replica, replica.canPropose, let slot = replica.nextSlot else { return false }
        var entry: [UInt8] = []
        Entry(
            slot: slot, kind: .checkpoint, time: now, session: session, sequence: 0, payload: checkpoint.encoded()
        ).encode(into: &entry)
        self.replica?.propose(body: entry, count: 1)
        carryOut()
        return true
    }

    // MARK: What was agreed on

    /// Holds an entry that was applied against this node's own state and snapshots.
    mutating func check(_ entry: EntryView, in bytes: borrowing RawSpan) {
        let proven = provenSnapshots.count
        let finding = audit.note(entry, in: bytes, store.digest)
        guard entry.kind == .checkpoint, let checkpoint = Checkpoint(of: entry, in: bytes) else { return }
        checkpointing.states.removeAll(through: audit.checkpointed)
        if case .differs(let found) = finding, divergence == nil { diverge(found) }
        if provenSnapshots.count > proven { compact() }
        if case .snapshot(let digest) = checkpoint.subject { note(digest, ofSnapshot: checkpoint.slot) }
    }

    private mutating func note(_ digest: FileDigest, ofSnapshot slot: Slot) {
        guard slot > checkpointing.agreedSnapshot?.slot ?? .zero else { return }
        checkpointing.agreedSnapshot = (slot, digest)
        checkpointing.snapshots.removeAll(through: slot)
        reportSnapshotThatDiffers()
    }

    mutating func noteOwn(_ snapshot: WrittenSnapshot) {
        checkpointing.ownSnapshot = snapshot
        reportSnapshotThatDiffers()
    }

    private mutating func reportSnapshotThatDiffers() {
        guard checkpointing.snapshotDiffers, let own = checkpointing.ownSnapshot,
            let agreed = checkpointing.agreedSnapshot
        else { return }
        effects.append(.report(.snapshotDiffers(own.name, own: own.digest, agreed: agreed.digest)))
    }

    // MARK: Divergence

    /// This state is not the others'. Nobody is answered from it from here on, and a command that may have been chosen is
    /// nobody's business any more.
    private mutating func diverge(_ found: StateAudit.Divergence) {
        let report = DivergenceReport(
            slot: found.slot, own: found.own.bytes, agreed: found.agreed.bytes, lastAgreed: found.lastAgreed, time: now)
        divergence = report
        effects = effects.map(ReplicaDriver.withheld)
        effects.append(.noteDivergence(report))
        effects.append(.report(.diverged(report)))
        stopServing(report)
    }

    /// What this turn was to answer out of a state that turned out to be wrong.
    private static func withheld(_ effect: Effect) -> Effect {
        switch effect {
        case .answer(let request, .applied), .answer(let request, .value): .answer(request, .unknown)
        default: effect
        }
    }

    /// What was found at an earlier start, or by the replay of this one.
    mutating func resumeDivergence(_ known: DivergenceReport?) {
        if let found = audit.divergence, known == nil { return diverge(found) }
        guard let known else { return }
        divergence = known
        effects.append(.report(.diverged(known)))
        stopServing(known)
    }

    private mutating func stopServing(_ report: DivergenceReport) {
        replica?.mayLead = false
        replica?.handOver()
        incoming.removeAll()
        for command in commands.removeExpired(at: ticks, after: 0) {
            answer(command.request, command.sentAt == nil ? .refused(.diverged(report.slot)) : .unknown)
        }
        for read in reads.removeExpired(before: ticks + 1) { answer(read.request, .refused(.diverged(report.slot))) }
    }
}

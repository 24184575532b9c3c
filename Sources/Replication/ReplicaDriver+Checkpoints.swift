// Checkpoints: each node tells the leader what its state comes to, the leader has chosen what a majority tells, and each
// node holds that against its own.

import Paxos
import PaxosLog
import StateMachine

extension ReplicaDriver {
    /// What one node finds by itself proves nothing.
    var makesCheckpoints: Bool { configuration.members.count > 1 }

    /// Tells of a new state at once, and again with every report until there is a checkpoint of it.
    mutating func tickCheckpoints() {
        guard makesCheckpoints, divergence == nil, let leader = replica?.leader else { return }
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
        note(report, from: leader)
    }

    /// What lies beyond this node's own state comes again.
    mutating func note(_ report: CheckpointReport, from node: NodeID) {
        switch report {
        case .states(let states):
            for state in states where state.slot > audit.checkpointed && state.slot <= store.appliedThrough {
                checkpointing.states.note(state.digest, of: state.slot, by: node)
            }
        case .snapshot(let name, let digest):
            guard name.slot > checkpointing.agreedSnapshot?.slot ?? .zero, name.slot <= store.appliedThrough else {
                return
            }
            checkpointing.snapshots.note(digest, of: name.slot, by: node)
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
        guard let slot = nextProposal else { return false }
        var entry: [UInt8] = []
        Entry(
            slot: slot, kind: .checkpoint, time: now, session: session, sequence: 0, payload: checkpoint.encoded()
        ).encode(into: &entry)
        replica?.propose(body: entry, count: 1)
        carryOut()
        return true
    }

    // MARK: What was agreed on

    /// Holds an entry that was applied against this node's own state and snapshots.
    mutating func check(_ entry: EntryView, in bytes: borrowing RawSpan) {
        let before = audit.agreed ?? .zero
        let finding = audit.note(entry, in: bytes, store.digest)
        guard entry.kind == .checkpoint, let checkpoint = Checkpoint(of: entry, in: bytes) else { return }
        checkpointing.states.removeAll(through: audit.checkpointed)
        if case .differs(let found) = finding, divergence == nil { diverge(found) }
        // Snapshots that are proven by it may stand for the log from here on.
        if let agreed = audit.agreed, snapshots.verified.contains(where: { before < $0 && $0 <= agreed }) { compact() }
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
}

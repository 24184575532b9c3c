// What a node has told and heard for checkpoints, and proposed: nothing of it is durable, since all of it comes again.

import Paxos
import PaxosLog
import StateMachine

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

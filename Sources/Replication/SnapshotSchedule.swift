// When a snapshot is taken: of the state at each seal, when the log on disk reaches it and this node's turn has come. One
// at a time; where seals come faster than snapshots, the newest counts.

package import Paxos
package import PaxosLog
package import StateMachine

/// A state at the end of a segment, and what goes with it into a snapshot.
package struct SnapshotView: Sendable {
    package var store: KeyValueStore
    package var chainDigest: ChainDigest
    package var founding: RecoveredNode.Founding
    /// The last configuration; nil when there was none but genesis.
    package var membership: Membership?

    package init(
        store: KeyValueStore, chainDigest: ChainDigest, founding: RecoveredNode.Founding, membership: Membership?
    ) {
        self.store = store
        self.chainDigest = chainDigest
        self.founding = founding
        self.membership = membership
    }

    package var slot: Slot { store.appliedThrough }
}

struct SnapshotSchedule: Sendable {
    private struct Pending: Sendable {
        var store: KeyValueStore
        var membership: Membership?
        /// When this node's turn comes.
        var tick: Int
        /// That of the log through the state's slot, once the log is durable so far.
        var chainDigest: ChainDigest?
    }

    private var pending: Pending?
    private var isWriting = false
    /// The slots of snapshots that were read back whole, ascending.
    private(set) var verified: [Slot]
    /// The raw bytes of what was applied since the last seal.
    private(set) var bytesSinceSeal: Int
    /// How long the newest snapshot is.
    private var snapshotBytes: Int
    /// Whether this node, as leader, has proposed a seal, and none was applied since.
    private var hasProposed = false

    /// - Parameters:
    ///   - verified: the snapshot that this start began with, and `snapshotBytes` its length.
    ///   - bytesSinceSeal: what the log holds behind its last seal.
    init(verified: Slot?, snapshotBytes: UInt64 = 0, bytesSinceSeal: Int = 0) {
        self.verified = verified.map { [$0] } ?? []
        self.snapshotBytes = Int(clamping: snapshotBytes)
        self.bytesSinceSeal = bytesSinceSeal
    }

    mutating func noteApplied(bytes: Int) { bytesSinceSeal += bytes }

    /// A seal was applied; `store` is the state behind it.
    mutating func noteSeal(_ store: KeyValueStore, _ membership: Membership?, turnAt tick: Int) {
        bytesSinceSeal = 0
        hasProposed = false
        pending = Pending(store: store, membership: membership, tick: tick)
    }

    mutating func noteDurable(_ blocks: [BlockDigest]) {
        guard let slot = pending?.store.appliedThrough,
            let last = blocks.last(where: { $0.slots.upperBound == slot })
        else { return }
        pending?.chainDigest = last.chainDigest
    }

    /// The snapshot to be taken now.
    mutating func next(at tick: Int, founding: RecoveredNode.Founding) -> SnapshotView? {
        guard !isWriting, let pending, let chainDigest = pending.chainDigest, tick >= pending.tick else {
            return nil
        }
        self.pending = nil
        isWriting = true
        return SnapshotView(
            store: pending.store, chainDigest: chainDigest, founding: founding, membership: pending.membership)
    }

    mutating func noteTaken(_ snapshot: WrittenSnapshot) {
        isWriting = false
        snapshotBytes = Int(clamping: snapshot.bytes)
        noteVerified(snapshot.name.slot)
    }

    mutating func noteFailed() { isWriting = false }

    /// A peer's snapshot was taken over: what was to be taken of the log before it is of no use.
    mutating func noteInstalled(_ slot: Slot, bytes: UInt64) {
        pending = nil
        bytesSinceSeal = 0
        snapshotBytes = Int(clamping: bytes)
        noteVerified(slot)
    }

    /// Those that are older than two which are proven are of no use any more.
    mutating func dropOld(proven: [Slot]) {
        if let oldest = SnapshotFolder.oldestKept(proven) { verified.removeAll { $0 < oldest } }
    }

    private mutating func noteVerified(_ slot: Slot) {
        verified = ((verified.filter { $0 != slot }) + [slot]).sorted()
    }

    // MARK: Proposing seals

    /// Whether the log has grown by so much since the last seal that the next is worth its cost.
    func isDue(after bytes: Int) -> Bool { !hasProposed && bytesSinceSeal > max(bytes, snapshotBytes) }

    mutating func noteProposed() { hasProposed = true }

    /// The leader that proposed is gone, and its seal may be.
    mutating func forgetProposal() { hasProposed = false }
}

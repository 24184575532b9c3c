// Snapshots of this node's own state, and a peer's in the place of a log that is gone.

import Paxos
import PaxosLog
import StateMachine

/// Why a peer's snapshot was not taken.
package enum SnapshotRefusal: Error, Equatable, Sendable {
    case damaged(String)
    case foreign(String)

    package var reason: String {
        switch self {
        case .damaged(let reason), .foreign(let reason): reason
        }
    }
}

extension ReplicaDriver {
    /// The state behind a seal is what all nodes take their snapshots of; each in its turn, so that not all disks are busy
    /// at once.
    mutating func noteSeal() {
        let place = configuration.members.firstIndex(of: configuration.node) ?? 0
        let changed = membership.flatMap { $0.slot > .first ? $0 : nil }
        snapshots.noteSeal(store, changed, turnAt: ticks + place * configuration.snapshotStaggerTicks)
    }

    mutating func tickSnapshots() {
        guard divergence == nil else { return }
        if let genesis, let view = snapshots.next(at: ticks, founding: .init(value: genesis, entry: genesisEntry)) {
            effects.append(.takeSnapshot(view))
        }
        proposeSeal()
    }

    /// As leader, ends the segment when the log has grown by more than it takes to write the state.
    private mutating func proposeSeal() {
        guard let slot = nextProposal, snapshots.isDue(after: configuration.snapshotBytes) else { return }
        var entry: [UInt8] = []
        Entry(slot: slot, kind: .seal, time: now, session: session, sequence: 0, payload: []).encode(into: &entry)
        snapshots.noteProposed()
        replica?.propose(body: entry, count: 1)
    }

    mutating func noteTaken(_ snapshot: WrittenSnapshot) {
        snapshots.noteTaken(snapshot)
        noteOwn(snapshot)
        effects.append(.report(.snapshotTaken(snapshot)))
        compact()
    }

    mutating func noteFailed(_ slot: Slot, reason: String) {
        snapshots.noteFailed()
        effects.append(.report(.snapshotFailed(slot, reason: reason)))
    }

    mutating func compact() {
        let proven = provenSnapshots
        snapshots.dropOld(proven: proven)
        if configuration.compacts, divergence == nil { effects.append(.compact(verified: proven)) }
    }

    // MARK: A peer's

    /// The log that this node lacks is gone where it asked.
    mutating func note(compactedTo snapshot: SnapshotName, from node: NodeID) {
        guard snapshot.slot > store.appliedThrough, !isInstalling else { return }
        if case .snapshot(let name)? = fetch?.file, name >= snapshot { return }
        if fetch?.isBeingPlaced == true { return }
        beginFetch(.snapshot(snapshot), from: node)
    }

    mutating func noteInstalled(_ name: SnapshotName, _ result: Result<RestoredSnapshot, SnapshotRefusal>) {
        isInstalling = false
        guard let fetch, fetch.file == .snapshot(name) else { return }
        switch result {
        case .failure(let refusal):
            effects.append(.report(.snapshotRefused(name, from: fetch.peer, reason: refusal.reason)))
            refuseCopy()
        case .success(let restored):
            self.fetch = nil
            begin(behind: restored)
            effects.append(.report(.snapshotInstalled(name, from: fetch.peer)))
        }
    }

    /// The log begins anew behind the snapshot. What was applied beyond it meanwhile stays applied.
    private mutating func begin(behind restored: RestoredSnapshot) {
        let slot = restored.base.through
        snapshots.noteInstalled(slot, bytes: restored.bytes)
        heldBlocks.removeAll { $0.block.lastSlot <= slot }
        if slot > store.appliedThrough {
            store = restored.store
            audit.note(StateNote(slot: slot, digest: store.digest))
            tail = LogTail(
                limits: restored.base.genesis.limits, logThrough: slot, segmentBytes: 0,
                mostBytes: configuration.keptLogBytes)
            if let membership = restored.membership { note(membership) }
            let own = restored.membership.map {
                ($0.configuration, $0.incarnation(of: configuration.node, journal: vote))
            }
            replica?.learn(through: slot, configuration: own)
            commands.sendAllAgain()
        }
        tail?.noteDurable(through: slot)
        damaged.forget(before: slot.next)
        watch.note(LogExtent(through: slot, segments: 0, bytes: 0), [])
        effects.append(.releaseJournal(through: slot))
        compact()
    }
}

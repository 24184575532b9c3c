// What a node knows of its own state's digests, and what checkpoints say of them. It goes along with whatever applies
// entries: a node that runs, its start, which replays the log, and those that prove a log afterwards.

import DequeModule
package import Paxos
package import PaxosLog
package import StateMachine

/// The digest of a state behind a slot.
package struct StateNote: Equatable, Sendable {
    package var slot: Slot
    package var digest: StateDigest

    package init(slot: Slot, digest: StateDigest) {
        self.slot = slot
        self.digest = digest
    }
}

package struct StateAudit: Sendable {
    /// How many slots lie between two digests that are noted; seals come on top.
    package static let standardInterval: UInt64 = 1_024
    /// How many are held: more slots than are ever proposed and not applied.
    package static let standardCapacity = 64

    /// A checkpoint names another digest than this state had.
    package struct Divergence: Equatable, Sendable {
        package var slot: Slot
        package var own: StateDigest
        package var agreed: StateDigest
        /// The last checkpoint's slot before at which they were equal; nil when none is known.
        package var lastAgreed: Slot?
    }

    /// What a checkpoint of a state came to.
    package enum Finding: Equatable, Sendable {
        case agrees
        /// This state's digest is not known any more, or never was.
        case unknown
        case differs(Divergence)
    }

    private let interval: UInt64
    private let capacity: Int
    private var notes: Deque<StateNote> = []
    /// The highest slot that a checkpoint has named.
    package private(set) var checkpointed = Slot.zero
    /// The last of them at which this state had the digest that was agreed on; nil when there was none.
    package private(set) var agreed: Slot?
    /// The first at which it had another.
    package private(set) var divergence: Divergence?

    package init(interval: UInt64 = standardInterval, capacity: Int = standardCapacity) {
        precondition(interval > 1, "a checkpoint takes a slot itself")
        self.interval = interval
        self.capacity = capacity
    }

    /// Takes in an entry that was applied.
    /// - Parameters:
    ///   - bytes: what `entry` points into.
    ///   - digest: of the state behind it.
    /// - Returns: what it says of this state, if it is a checkpoint of one.
    package mutating func note(_ entry: EntryView, in bytes: borrowing RawSpan, _ digest: StateDigest) -> Finding? {
        let endsSegment = if case .seal = entry.kind { true } else { false }
        if endsSegment || entry.slot.rawValue % interval == 0 { note(StateNote(slot: entry.slot, digest: digest)) }
        guard case .checkpoint = entry.kind, let checkpoint = Checkpoint(of: entry, in: bytes),
            case .state(let agreed) = checkpoint.subject, let agreed = StateDigest(bytes: agreed)
        else { return nil }
        return compare(StateNote(slot: checkpoint.slot, digest: agreed))
    }

    /// Takes in a state that was not come to by applying entries: a snapshot's.
    package mutating func note(_ state: StateNote) {
        guard state.slot > notes.last?.slot ?? .zero else { return }
        if notes.count == capacity { notes.removeFirst() }
        notes.append(state)
    }

    private mutating func compare(_ checkpoint: StateNote) -> Finding {
        checkpointed = max(checkpointed, checkpoint.slot)
        guard let own = notes.last(where: { $0.slot <= checkpoint.slot }), own.slot == checkpoint.slot else {
            return .unknown
        }
        guard own.digest != checkpoint.digest else {
            if divergence == nil { agreed = max(agreed ?? .zero, checkpoint.slot) }
            return .agrees
        }
        let found = Divergence(
            slot: checkpoint.slot, own: own.digest, agreed: checkpoint.digest, lastAgreed: agreed)
        if divergence == nil { divergence = found }
        return .differs(found)
    }

    /// The last digests that no checkpoint covers yet, ascending.
    package func unsettled(most: Int) -> [StateNote] {
        notes.reversed().prefix(most).prefix { $0.slot > checkpointed }.reversed()
    }
}

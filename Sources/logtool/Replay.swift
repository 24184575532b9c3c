// A node's log replayed through the state machine that the nodes run, as far as a moment. It holds the state and a block of
// the log, and never writes.

import Paxos
import PaxosLog
import Replication
import StateMachine

struct Replay {
    /// Why a replay went no further.
    enum Stop: Equatable {
        case moment
        /// Nothing more is known to be chosen here.
        case end
        /// What was chosen through this slot is not in the log, and the state behind it is not known.
        case missing(through: Slot)
        case damage(Damage)
    }

    /// The state after the last entry that was applied.
    private(set) var store = KeyValueStore()
    /// The slot of the snapshot that the replay began with; zero where it began with slot 1.
    private(set) var start = Slot.zero
    /// The last that was chosen, genesis among them; nil before that.
    private(set) var membership: Membership?
    private(set) var stop = Stop.end

    /// - Parameters:
    ///   - fromStart: whether to begin as early as can be, and not with the newest snapshot that is no later than the moment.
    ///   - visit: told of each entry after it was applied, and of the state then.
    /// - Throws: `Failure` for an entry that the state machine does not know.
    init(
        _ log: NodeLog, through moment: Moment, fromStart: Bool = false, progress: ProgressLine? = nil,
        _ visit: (LogEntry, KeyValueStore) throws -> Void = { _, _ in }
    ) throws {
        if let snapshot = try log.snapshot(for: moment, earliest: fromStart) {
            store = snapshot.store
            start = snapshot.base.through
            membership = snapshot.membership ?? snapshot.founding.value.membership
        }
        let last = if case .slot(let slot) = moment { slot } else { SlotArgument.last }
        guard store.appliedThrough < last else {
            stop = .moment
            return
        }
        try log.read(store.appliedThrough.next...last, .forwards, progress: progress) { event in
            switch event {
            case .damage(let damage): return take(damage)
            case .entry(let entry):
                guard entry.state == .chosen else { return false }
                guard entry.view.slot == store.appliedThrough.next else {
                    stop = .missing(through: entry.view.slot.previous)
                    return false
                }
                if case .time(let time) = moment, max(entry.view.time, store.effectiveTime) > time.microseconds {
                    stop = .moment
                    return false
                }
                try apply(entry)
                try visit(entry, store)
                guard entry.view.slot < last else {
                    stop = .moment
                    return false
                }
                return true
            }
        }
    }

    /// Returns whether the replay can go on.
    private mutating func take(_ damage: Damage) -> Bool {
        // What a crash tore was told to nobody.
        if damage.kind == .tornTail { return true }
        let isStart = damage.kind == .gap && damage.slots?.lowerBound == .first
        stop = if isStart, let slots = damage.slots { .missing(through: slots.upperBound) } else { .damage(damage) }
        return false
    }

    /// Goes on with what a node accepted and does not know to be chosen, as a leader would that heard of no other node: a
    /// slot that it holds nothing for is passed over.
    /// - Parameter runs: by slot.
    /// - Returns: the slots that were passed over.
    mutating func apply(accepted runs: [Run]) throws -> [ClosedRange<Slot>] {
        var empty: [ClosedRange<Slot>] = []
        for run in runs {
            let next = store.appliedThrough.next
            if run.firstSlot > next { empty.append(next...run.firstSlot.previous) }
            while store.appliedThrough.next < run.firstSlot {
                let nobody = SessionID(node: NodeID(0), incarnation: .learner, boot: 0)
                _ = store.skip(slot: store.appliedThrough.next, time: 0, session: nobody, sequence: 0)
            }
            _ = try run.body.visitEntries(.accepted, in: run.slots, .forwards) { event in
                if case .entry(let entry) = event { try apply(entry) }
                return true
            }
        }
        return empty
    }

    private mutating func apply(_ entry: LogEntry) throws {
        do throws(ApplyError) {
            switch entry.view.kind {
            case .genesis: membership = Genesis(leading: entry.bytes.span.bytes)?.membership
            case .configuration: membership = try Membership(of: entry.view, in: entry.bytes)
            default: break
            }
            _ = try store.apply(entry.view, payload: entry.bytes.span.bytes.extracting(entry.view.payload))
        } catch {
            throw Failure(status: 1, message: "slot \(entry.view.slot) can't be applied: \(error)")
        }
    }
}

extension Replay {
    /// Why the moment was not reached; nil where it was. The end of the log is as good as any later time: what may have
    /// been chosen since is not known here.
    func shortfall(of moment: Moment) -> Failure? {
        let told = store.appliedThrough
        switch stop {
        case .moment: return nil
        case .end:
            guard case .slot = moment, moment != .end else { return nil }
            return Failure(
                status: 2, message: "\(moment) is not chosen here: the last slot that can be told is \(told)")
        case .missing(let slot) where told == .zero:
            return Failure(
                status: 2,
                message: """
                    no slot can be told: the log begins with slot \(slot.next), and the state before it is not known; \
                    --archive names a folder with the segments before it
                    """)
        case .missing(let slot):
            return Failure(
                status: 2,
                message: "slots \(told.next) to \(slot) are missing: the last slot that can be told is \(told)")
        case .damage(let damage):
            return Failure(
                status: 1, message: "\(damage.sentence): the last slot that can be told is \(told)")
        }
    }
}

extension NodeLog {
    /// The state to begin a replay with; nil for that before slot 1, which is empty.
    /// - Parameter earliest: whether the oldest is wanted from which the log goes on, and none where the log begins with
    ///   slot 1.
    fileprivate func snapshot(for moment: Moment, earliest: Bool) throws -> RestoredSnapshot? {
        let first = try firstSlot()
        if earliest, first == .first { return nil }
        let usable = try NodeLog.headers(of: snapshots).filter { $0.slot.next >= first && moment.isNoEarlier(than: $0) }
        for header in earliest ? usable.reversed() : usable {
            do throws(StorageError) {
                return try RestoredSnapshot(snapshots.reader(SnapshotName(slot: header.slot)))
            } catch {
                guard case .corrupt = error else { throw error }
            }
        }
        return nil
    }
}

extension Moment {
    fileprivate func isNoEarlier(than snapshot: SnapshotHeader) -> Bool {
        switch self {
        case .slot(let slot): slot >= snapshot.slot
        case .time(let time): time.microseconds >= snapshot.effectiveTime
        }
    }
}

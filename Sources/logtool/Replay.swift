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

    /// The state that a replay begins with is the only one that is known without the entries before it: that before
    /// slot 1, which is empty.
    private(set) var store = KeyValueStore()
    /// The last that was chosen, genesis among them; nil before that.
    private(set) var membership: Membership?
    private(set) var stop = Stop.end

    /// - Parameter visit: told of each entry after it was applied, and of the state then.
    /// - Throws: `Failure` for an entry that the state machine does not know.
    init(
        _ log: NodeLog, through moment: Moment, progress: ProgressLine? = nil,
        _ visit: (LogEntry, KeyValueStore) throws -> Void = { _, _ in }
    ) throws {
        let last = if case .slot(let slot) = moment { slot } else { SlotArgument.last }
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

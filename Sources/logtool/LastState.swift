// All that one node knows: what is chosen, and behind it what it has accepted. It never writes.

import Paxos
import PaxosLog
import StateMachine

struct LastState {
    struct Summary: Encodable, Equatable {
        var chosenThrough: UInt64
        /// Applied, though this node does not know whether they were chosen.
        var accepted: [String]
        /// Slots between those that this node holds nothing for.
        var empty: [String]
        /// What the others may have chosen from this slot on is lost.
        var lostFrom: UInt64
        var stateDigest: String
    }

    let store: KeyValueStore
    let summary: Summary

    /// - Throws: `Failure` where the log or the journal is damaged.
    init(of log: NodeLog) throws {
        var replay = try Replay(log, through: .end)
        if let failure = replay.shortfall(of: .end) { throw failure }
        let chosen = replay.store.appliedThrough
        let journal = try log.journal(above: chosen)
        if let damage = journal.damage.first(where: { $0.kind != .tornTail }) {
            throw Failure(status: 1, message: damage.sentence)
        }
        let empty = try replay.apply(accepted: journal.accepted)
        store = replay.store
        summary = Summary(
            chosenThrough: chosen.rawValue, accepted: journal.accepted.map(\.slots).joined.map(LastState.text),
            empty: empty.map(LastState.text), lostFrom: chosen.next.rawValue, stateDigest: "\(store.digest)")
    }

    private static func text(_ slots: ClosedRange<Slot>) -> String {
        slots.lowerBound == slots.upperBound ? "\(slots.lowerBound)" : "\(slots.lowerBound)-\(slots.upperBound)"
    }
}

extension [ClosedRange<Slot>] {
    /// The same slots in as few ranges as there can be; they are in order.
    fileprivate var joined: [ClosedRange<Slot>] {
        reduce(into: []) { ranges, slots in
            if let last = ranges.last, last.upperBound.next == slots.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound...slots.upperBound
            } else {
                ranges.append(slots)
            }
        }
    }
}

extension LastState.Summary {
    var rows: [(String, String)] {
        [
            ("chosen", "through slot \(chosenThrough): kept"),
            ("accepted", accepted.isEmpty ? "nothing behind that" : "slots \(accepted.joined(separator: ", ")): kept"),
            ("held nothing", empty.isEmpty ? "in no slot between" : "slots \(empty.joined(separator: ", "))"),
            ("may be lost", "what the others chose from slot \(lostFrom) on and this node did not accept"),
        ]
    }
}

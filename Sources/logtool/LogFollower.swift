// Reads a folder's log that grows, each chosen entry once and in order, and never writes.

import Paxos
import PaxosLog
import SystemPackage

/// Gives each chosen entry once and in order.
protocol Follower {
    /// Gives what has been chosen since the last time, as far as it follows without a gap.
    /// - Throws: `Failure` when an entry is gone that was not given yet.
    mutating func poll(_ visit: LogVisitor) throws
}

struct LogFollower: Follower {
    private let log: NodeLog
    /// The slot that comes next.
    private(set) var next: Slot
    /// The first slot that the log holds still, when the next one is gone.
    private var compactedBefore: Slot?
    /// What is damaged and holds no slots that are passed over, and would be told at each look.
    private var told: [Damage] = []

    init(_ log: NodeLog, from slot: Slot) {
        self.log = log
        next = slot
    }

    mutating func poll(_ visit: LogVisitor) throws {
        do {
            try log.read(next...SlotArgument.last, .forwards) { try take($0, visit) }
        } catch StorageError.io(.noSuchFileOrDirectory, _, _) {
            // Compaction took a segment away between two looks; the next one shows what is left.
        }
        if let compactedBefore {
            throw Failure.compactedPast(next, "the log begins with slot \(compactedBefore)")
        }
    }

    private mutating func take(_ event: LogEvent, _ visit: LogVisitor) throws -> Bool {
        switch event {
        case .entry(let entry):
            let slot = entry.view.slot
            guard entry.state == .chosen, slot >= next else { return entry.state == .chosen }
            // A value may be learned before those between.
            guard slot == next else { return false }
            next = slot.next
            return try visit(event)
        case .damage(let damage):
            // The newest batch of a node that runs may look torn, and so may its newest block.
            if damage.kind == .tornTail { return true }
            if damage.kind == .gap, let first = try log.reader.segments().first?.firstSlot, first > next {
                compactedBefore = first
                return false
            }
            if let lost = damage.slots, lost.contains(next) {
                next = lost.upperBound.next
            } else if told.contains(damage) {
                return true
            } else {
                told.append(damage)
            }
            return try visit(event)
        }
    }
}

extension Failure {
    static func compactedPast(_ slot: Slot, _ reason: String) -> Failure {
        Failure(status: 2, message: "compacted past: slot \(slot) is gone: \(reason)")
    }
}

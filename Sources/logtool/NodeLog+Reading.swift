// A node's log from slot to slot, forwards or backwards: the chosen log, and behind it what only the journal holds. Damage
// of the log is told where it stands, that of the journal at the journal's end.

import Paxos
import PaxosLog

extension NodeLog {
    /// What the slots hold, and what is damaged among them. A node that runs may move entries from its journal to its
    /// log meanwhile: none is missed.
    /// - Parameter progress: told of every block that was read.
    func read(
        _ slots: ClosedRange<Slot>, _ direction: Direction, progress: ProgressLine? = nil, _ visit: LogVisitor
    ) throws {
        switch direction {
        case .forwards: try readForwards(slots, progress, visit)
        case .backwards: try readBackwards(slots, progress, visit)
        }
    }

    private func readForwards(
        _ slots: ClosedRange<Slot>, _ progress: ProgressLine?, _ visit: LogVisitor
    ) throws {
        var start = slots.lowerBound
        while true {
            guard let next = try readLog(start...slots.upperBound, progress, visit) else { return }
            let view = try journal(above: next.previous)
            start = next
            if try hasMoved(view, behind: next.previous) { continue }
            let rest = next...slots.upperBound
            for run in view.chosen where try !run.body.visitEntries(.chosen, in: rest, .forwards, visit) { return }
            for run in view.accepted where try !run.body.visitEntries(.accepted, in: rest, .forwards, visit) { return }
            for damage in view.damage where try !visit(.damage(damage)) { return }
            return
        }
    }

    /// - Returns: the first slot that the log does not reach; nil when no more is wanted.
    private func readLog(
        _ slots: ClosedRange<Slot>, _ progress: ProgressLine?, _ visit: LogVisitor
    ) throws -> Slot? {
        // What a running node has not logged is not looked for in its files.
        if let live, slots.lowerBound > live.listing.logThrough { return slots.lowerBound }
        var cursor = try reader.cursor(from: slots.lowerBound, depth: .payloads)
        return try cursor.read(slots, progress, visit)
    }

    private func readBackwards(
        _ slots: ClosedRange<Slot>, _ progress: ProgressLine?, _ visit: LogVisitor
    ) throws {
        var logThrough = try logThrough()
        if slots.upperBound > logThrough {
            var view = try journal(above: logThrough)
            while try hasMoved(view, behind: logThrough) {
                logThrough = try self.logThrough()
                view = try journal(above: logThrough)
            }
            for damage in view.damage where try !visit(.damage(damage)) { return }
            for run in view.accepted.reversed()
            where try !run.body.visitEntries(.accepted, in: slots, .backwards, visit) { return }
            for run in view.chosen.reversed()
            where try !run.body.visitEntries(.chosen, in: slots, .backwards, visit) { return }
        }
        var cursor = try reader.backwards(from: slots.upperBound)
        try cursor.read(slots, progress, visit)
    }

    /// Whether entries stood in neither when log and journal were read, because they were moved between the two readings.
    private func hasMoved(_ view: JournalView, behind logThrough: Slot) throws -> Bool {
        let first = (view.chosen.first ?? view.accepted.first)?.firstSlot ?? view.logThrough.next
        guard live == nil, first > logThrough.next, let last = try reader.lastBlock() else { return false }
        return last.slots.upperBound > logThrough
    }
}

extension ChosenLogCursor {
    /// - Returns: the first slot that the log does not reach; nil when no more is wanted.
    mutating func read(_ slots: ClosedRange<Slot>, _ progress: ProgressLine?, _ visit: LogVisitor) throws -> Slot? {
        var next = slots.lowerBound
        while next <= slots.upperBound, let finding = try self.next() {
            switch finding {
            case .damage(let damage):
                // What a crash tore is in the journal still.
                if let lost = damage.slots, damage.kind != .tornTail {
                    if lost.lowerBound > slots.upperBound { return nil }
                    if lost.upperBound < next { continue }
                    next = lost.upperBound.next
                }
                guard try visit(.damage(damage)) else { return nil }
            case .block(let block):
                progress?.add(block.storedBytes)
                guard let raw = block.raw, block.slots.upperBound >= next else { continue }
                guard try raw.bytes.visitEntries(.chosen, in: next...slots.upperBound, .forwards, visit) else {
                    return nil
                }
                next = block.slots.upperBound.next
            }
        }
        return next <= slots.upperBound ? next : nil
    }
}

extension BackwardCursor {
    mutating func read(_ slots: ClosedRange<Slot>, _ progress: ProgressLine?, _ visit: LogVisitor) throws {
        while let finding = try next() {
            switch finding {
            case .damage(let damage):
                if let lost = damage.slots, lost.lowerBound > slots.upperBound { continue }
                if let lost = damage.slots, lost.upperBound < slots.lowerBound { return }
                guard try visit(.damage(damage)) else { return }
            case .block(let block):
                progress?.add(block.storedBytes)
                if block.slots.upperBound < slots.lowerBound { return }
                guard try block.raw?.bytes.visitEntries(.chosen, in: slots, .backwards, visit) ?? true else { return }
            }
        }
    }
}

extension LogBlock {
    /// What it takes on disk.
    var storedBytes: Int { BlockHeader.length + header.storedLength }
}

// Which entries are wanted: every condition that is set must hold.

import Paxos
import PaxosLog
import StateMachine

struct EntryFilter {
    /// A key that the command names.
    var key: [UInt8]?
    /// How a key begins that the command names.
    var prefix: [UInt8]?
    /// Empty for all.
    var kinds: Set<Entry.Kind> = []
    /// By the entry's own time, in microseconds since 1970: from `since` on, and before `until`.
    var since: UInt64?
    var until: UInt64?

    func takes(_ entry: LogEntry) -> Bool {
        if !kinds.isEmpty, !kinds.contains(entry.view.kind) { return false }
        if let since, entry.view.time < since { return false }
        if let until, entry.view.time >= until { return false }
        guard key != nil || prefix != nil else { return true }
        return entry.command?.keys.contains { $0 == key ?? $0 && $0.starts(with: prefix ?? []) } ?? false
    }
}

extension Command {
    /// Every key that it names, in its conditions too.
    fileprivate var keys: [[UInt8]] {
        let read = conditions.map { condition in
            switch condition {
            case .keyIsAbsent(let key), .valueEquals(let key, _), .modifiedSlotEquals(let key, _): key
            }
        }
        let written = operations.map { operation in
            switch operation {
            case .set(let key, _), .delete(let key): key
            }
        }
        return read + written
    }
}

extension Entry.Kind {
    /// As `print` writes it and `--kind` takes it.
    var word: String { "\(self)".lowercased() }
}

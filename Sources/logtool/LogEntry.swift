// An entry where it was found, and what else a reading of a log comes upon. The bytes are shared, not copied.

import Paxos
import PaxosLog
import StateMachine

struct LogEntry {
    var view: EntryView
    var state: EntryText.State
    /// The bytes that `view` points into.
    var bytes: [UInt8]

    var line: String { EntryText.line(view, state, in: bytes, command: CommandText.text(ofEncoded:)) }

    var command: Command? {
        guard view.kind == .command else { return nil }
        return try? Command(decoding: bytes.span.bytes.extracting(view.payload))
    }
}

enum LogEvent {
    case entry(LogEntry)
    case damage(Damage)
}

/// Which way a log is read.
enum Direction {
    case forwards
    case backwards
}

/// Takes what a reading comes upon, one thing after the other; returns false to stop.
typealias LogVisitor = (LogEvent) throws -> Bool

extension [UInt8] {
    /// Gives the entries of `slots` to `visit`, out of these encoded entries; false when it wanted no more.
    func visitEntries(
        _ state: EntryText.State, in slots: ClosedRange<Slot>, _ direction: Direction, _ visit: LogVisitor
    ) throws -> Bool {
        var waiting: [LogEntry] = []
        var offset = 0
        while offset < count {
            let view = try EntryView(in: span.bytes, at: offset)
            offset = view.end
            guard slots.contains(view.slot) else { continue }
            let entry = LogEntry(view: view, state: state, bytes: self)
            switch direction {
            case .forwards: guard try visit(.entry(entry)) else { return false }
            case .backwards: waiting.append(entry)
            }
        }
        while let entry = waiting.popLast() {
            guard try visit(.entry(entry)) else { return false }
        }
        return true
    }
}

// One slot of the log as a line for people: `slot state command`. It holds no line feed, whatever was written.

import Paxos
import PaxosLog
import StateMachine

enum EntryLine {
    /// The line of a chosen entry that lies in `body`.
    static func chosen(_ entry: EntryView, in body: borrowing RawSpan) -> String {
        "\(entry.slot) chosen \(text(of: entry, in: body))"
    }

    private static func text(of entry: EntryView, in body: borrowing RawSpan) -> String {
        switch entry.kind {
        case .command:
            let payload = body.extracting(entry.payload)
            if let command = try? Command(decoding: payload) { return command.text }
            // What can't be read is shown as it is: the log is there to be looked at.
            return "unreadable \(CommandText.word(payload.withUnsafeBytes { Array($0) }))"
        case .noOp: return "no-op"
        case .seal: return "seal"
        case .checkpoint: return "checkpoint"
        case .genesis: return "genesis"
        case .configuration: return "configuration"
        }
    }
}

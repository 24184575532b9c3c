// Commands that other nodes forwarded, waiting for this leader to give them slots.

import DequeModule
import Paxos
import PaxosLog

struct IncomingCommands: Sendable {
    struct Command: Sendable {
        var session: SessionID
        var sequence: UInt64
        var kind: Entry.Kind
        var payload: [UInt8]

        var encodedLength: Int { Entry.headerLength + payload.count }
    }

    private var queue: Deque<Command> = []
    private(set) var bytes = 0

    var isEmpty: Bool { queue.isEmpty }

    /// Takes in what a node sent, as far as there is room; it sends the rest again.
    mutating func add(_ forward: ForwardedCommands, mostBytes: Int) {
        for command in forward.commands {
            guard bytes < mostBytes else { return }
            let command = Command(
                session: forward.session, sequence: command.sequence, kind: command.kind, payload: command.payload)
            queue.append(command)
            bytes += command.encodedLength
        }
    }

    mutating func next() -> Command? {
        guard let command = queue.popFirst() else { return nil }
        bytes -= command.encodedLength
        return command
    }

    mutating func removeAll() {
        queue.removeAll()
        bytes = 0
    }
}

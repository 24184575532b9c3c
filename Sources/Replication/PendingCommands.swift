// The commands of this node's own clients, from when they are asked for until they are answered. Each keeps its number
// however often it is sent, so that it is applied once.

import DequeModule
import Paxos
import PaxosLog

struct PendingCommands: Sendable {
    struct Command: Sendable {
        var request: RequestID
        var kind: Entry.Kind
        var payload: [UInt8]
        var askedAt: Int
        /// When it was last given to a leader; nil when it never was, and so can't have been chosen.
        var sentAt: Int?
    }

    /// By sequence number from `first` on; nil where it was answered.
    private var commands: Deque<Command?> = []
    private var first: UInt64 = 1
    /// Every command from this number on is still to be sent.
    private var nextToSend: UInt64 = 1
    private(set) var count = 0
    private(set) var bytes = 0

    private var end: UInt64 { first + UInt64(commands.count) }

    mutating func add(_ command: Command) {
        commands.append(command)
        count += 1
        bytes += command.payload.count
    }

    /// Takes out the command with this number, if it is still to be answered.
    mutating func remove(_ sequence: UInt64) -> Command? {
        guard sequence >= first, sequence < end, let command = commands[Int(sequence - first)] else { return nil }
        commands[Int(sequence - first)] = nil
        count -= 1
        bytes -= command.payload.count
        while let front = commands.first, front == nil {
            commands.removeFirst()
            first += 1
        }
        nextToSend = max(nextToSend, first)
        return command
    }

    var hasUnsent: Bool { nextToSend < end }

    /// The commands to send now, up to so many and so many bytes (at least one), in order.
    mutating func takeUnsent(at tick: Int, most: Int, bytes mostBytes: Int) -> [ForwardedCommands.Command] {
        var taken: [ForwardedCommands.Command] = []
        var bytes = 0
        while nextToSend < end, taken.count < most {
            let index = Int(nextToSend - first)
            if let command = commands[index] {
                let length = Entry.headerLength + command.payload.count
                if !taken.isEmpty, bytes + length > mostBytes { break }
                bytes += length
                commands[index]?.sentAt = tick
                taken.append(.init(sequence: nextToSend, kind: command.kind, payload: command.payload))
            }
            nextToSend += 1
        }
        return taken
    }

    /// All that is not answered is to be sent again: the leader that had it is gone.
    mutating func sendAllAgain() { nextToSend = first }

    /// Takes out all that was ever given to a leader.
    mutating func removeSent() -> [Command] {
        (first..<end).compactMap { sequence in
            guard sequence >= first, commands[Int(sequence - first)]?.sentAt != nil else { return nil }
            return remove(sequence)
        }
    }

    /// Whether the oldest that was sent has waited for longer than this.
    func isOverdue(at tick: Int, after ticks: Int) -> Bool {
        guard let sentAt = commands.first??.sentAt else { return false }
        return tick - sentAt >= ticks
    }

    /// Takes out what was asked for so long ago.
    mutating func removeExpired(at tick: Int, after ticks: Int) -> [Command] {
        var expired: [Command] = []
        while let command = commands.first ?? nil, tick - command.askedAt >= ticks {
            if let removed = remove(first) { expired.append(removed) }
        }
        return expired
    }
}

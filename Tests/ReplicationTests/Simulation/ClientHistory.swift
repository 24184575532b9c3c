// What clients asked for and were told. A write that was acknowledged must stand in the log where the answer said, once;
// one that was refused must not stand there; a read must not be older than what had been acknowledged before it began.

import Paxos
import PaxosLog
import StateMachine

@testable import Replication

struct ClientHistory {
    private struct Operation {
        var client: Int
        var key: [UInt8]
        /// Nil for a read.
        var value: [UInt8]?
        /// The newest slot known, when the operation began, to hold an acknowledged write of the key.
        var floor: Slot
        var answer: Answer?
        var startedAt: UInt64
    }

    private var operations: [Operation] = []
    private var open: [Int: Int] = [:]
    private var newest: [[UInt8]: Slot] = [:]
    private let clients: Int
    private var answeredAtTheEnd: Set<Int> = []
    /// The faults are over: each client writes once more, and that must succeed.
    var lastWrites = false {
        didSet { if lastWrites { open.removeAll() } }
    }

    private(set) var acknowledged = 0
    private(set) var lastAcknowledged = Slot.zero
    private(set) var readsAnswered = 0

    init(clients: Int) {
        self.clients = clients
    }

    var allAnsweredAtTheEnd: Bool { answeredAtTheEnd.count == clients }

    /// The client's next operation, unless its last one is still open and young.
    mutating func next(
        _ client: Int, at now: UInt64, node: NodeID, using random: inout SplitMix64
    ) throws -> (RequestID, Request)? {
        if let last = open[client], now - operations[last].startedAt < 600_000 { return nil }
        if answeredAtTheEnd.contains(client) { return nil }
        let key: [UInt8] = [UInt8(ascii: "k"), UInt8.random(in: 0..<8, using: &random), 0, 0xFF]
        let isRead = !lastWrites && Int.random(in: 0..<5, using: &random) < 2
        let number = operations.count
        var value: [UInt8]?
        if !isRead {
            value = Array("value \(number) ".utf8)
            value?.append(contentsOf: repeatElement(UInt8(number & 255), count: Int.random(in: 0..<60, using: &random)))
        }
        operations.append(
            Operation(client: client, key: key, value: value, floor: newest[key] ?? .zero, answer: nil, startedAt: now))
        open[client] = number
        let request = RequestID(UInt64(number))
        guard let value else { return (request, .read(key: key)) }
        return (request, .command(try Command.set(key: key, value: value).encoded()))
    }

    mutating func note(_ answer: Answer, to request: RequestID, at now: UInt64) throws {
        let number = Int(request.rawValue)
        guard operations[number].answer == nil else {
            throw SimulationFailure(description: "operation \(number) was answered twice")
        }
        operations[number].answer = answer
        let operation = operations[number]
        if open[operation.client] == number { open[operation.client] = nil }
        switch answer {
        case .applied(let slot, let outcome):
            guard case .done = outcome else {
                throw SimulationFailure(description: "operation \(number) was answered with \(outcome)")
            }
            acknowledged += 1
            lastAcknowledged = max(lastAcknowledged, slot)
            newest[operation.key] = max(newest[operation.key] ?? .zero, slot)
            if lastWrites { answeredAtTheEnd.insert(operation.client) }
        case .value(let stored, let applied):
            readsAnswered += 1
            guard (stored?.modified ?? .zero) >= operation.floor, applied >= operation.floor else {
                throw SimulationFailure(
                    description:
                        "read \(number) saw slot \(stored?.modified ?? .zero), but \(operation.floor) was acknowledged before"
                )
            }
            // What one read has seen, a later one must see too.
            newest[operation.key] = max(newest[operation.key] ?? .zero, stored?.modified ?? .zero)
        case .refused, .unknown: break
        }
    }

    /// Holds the answers against the log: `entries` from slot 1 on.
    func check(against entries: [[UInt8]]) throws {
        var places: [[UInt8]: [Slot]] = [:]
        for bytes in entries {
            let view = try EntryView(in: bytes.span.bytes, at: 0)
            guard view.kind == .command else { continue }
            places[Array(bytes[view.payload]), default: []].append(view.slot)
        }
        for (number, operation) in operations.enumerated() {
            guard let value = operation.value else { continue }
            let found = try places[Command.set(key: operation.key, value: value).encoded()] ?? []
            switch operation.answer {
            case .applied(let slot, _):
                guard found.first == slot else {
                    throw SimulationFailure(
                        description: "operation \(number) was acknowledged in slot \(slot); the log has it in \(found)")
                }
            case .refused(.unavailable), .refused(.overloaded), .refused(.stopping):
                guard found.isEmpty else {
                    throw SimulationFailure(description: "operation \(number) was refused, and stands in \(found)")
                }
            case .refused(.sessionExpired), .unknown, .value, nil: break
            }
        }
    }
}

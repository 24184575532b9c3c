// What clients asked for and were told. A write that was acknowledged must stand in the log where the answer said, once;
// one that was refused must not stand there; and all that they saw of a key must be what one register could have shown.

import Linearizability
import Paxos
import PaxosLog
import Replication
import StateMachine

struct ClientHistory {
    private enum Content {
        case set([UInt8])
        case delete
        case read
    }

    private struct Operation {
        var client: Int
        var key: [UInt8]
        var content: Content
        var answer: Answer?
        var startedAt: UInt64
        var endedAt: UInt64?
    }

    private var operations: [Operation] = []
    private var open: [Int: Int] = [:]
    private let clients: Int
    private var answeredAtTheEnd: Set<Int> = []
    /// The faults are over: each client writes once more, and that must succeed.
    var lastWrites = false {
        didSet { if lastWrites { open.removeAll() } }
    }

    private(set) var acknowledged = 0
    private(set) var lastAcknowledged = Slot.zero
    private(set) var readsAnswered = 0
    private(set) var refused = 0
    private(set) var unknown = 0

    /// How long a client waits before it begins something else, in microseconds.
    private static let patience: UInt64 = 600_000

    init(clients: Int) {
        self.clients = clients
    }

    var begun: Int { operations.count }

    var allAnsweredAtTheEnd: Bool { answeredAtTheEnd.count == clients }

    /// The client's next operation, unless its last one is still open and young.
    mutating func next(
        _ client: Int, at now: UInt64, node: NodeID, using random: inout SplitMix64
    ) throws -> (RequestID, Request)? {
        if let last = open[client], now - operations[last].startedAt < ClientHistory.patience { return nil }
        if answeredAtTheEnd.contains(client) { return nil }
        let key: [UInt8] = [UInt8(ascii: "k"), UInt8.random(in: 0..<8, using: &random), 0, 0xFF]
        let number = operations.count
        var content = Content.read
        if lastWrites || Int.random(in: 0..<5, using: &random) > 1 {
            var value = Array("value \(number) ".utf8)
            value.append(contentsOf: repeatElement(UInt8(number & 255), count: Int.random(in: 0..<60, using: &random)))
            content = !lastWrites && Int.random(in: 0..<8, using: &random) == 0 ? .delete : .set(value)
        }
        operations.append(Operation(client: client, key: key, content: content, startedAt: now))
        open[client] = number
        let request = RequestID(UInt64(number))
        switch content {
        case .set(let value): return (request, .command(try Command.set(key: key, value: value).encoded()))
        case .delete: return (request, .command(try Command.delete(key: key).encoded()))
        case .read: return (request, .read(key: key))
        }
    }

    mutating func note(_ answer: Answer, to request: RequestID, at now: UInt64) throws {
        let number = Int(request.rawValue)
        guard operations[number].answer == nil else {
            throw SimulationFailure(description: "operation \(number) was answered twice")
        }
        operations[number].answer = answer
        operations[number].endedAt = now
        let operation = operations[number]
        if open[operation.client] == number { open[operation.client] = nil }
        switch answer {
        case .applied(let slot, let outcome):
            guard case .done = outcome else {
                throw SimulationFailure(description: "operation \(number) was answered with \(outcome)")
            }
            acknowledged += 1
            lastAcknowledged = max(lastAcknowledged, slot)
            if lastWrites { answeredAtTheEnd.insert(operation.client) }
        case .value: readsAnswered += 1
        case .refused: refused += 1
        case .unknown: unknown += 1
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
            // Every value is written once, so that it names its write; deletions do not differ.
            guard case .set(let value) = operation.content else { continue }
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

    /// Holds what was seen of each key against what a register may show.
    func checkLinearizable() throws {
        for (key, operations) in Dictionary(grouping: operations, by: \.key).sorted(by: { $0.key[1] < $1.key[1] }) {
            let register = operations.compactMap(ClientHistory.registerOperation)
            switch LinearizationSearch.verdict(on: register) {
            case .linearizable: continue
            case .violation(let index):
                throw SimulationFailure(
                    description: "the history of key \(key) can't be linearized: \(register[index])")
            case .undecided:
                throw SimulationFailure(description: "whether the history of key \(key) can be linearized is open")
            }
        }
    }

    /// Nil for what had no effect, and told nothing.
    private static func registerOperation(_ operation: Operation) -> RegisterOperation? {
        func write(_ value: [UInt8]?) -> RegisterOperation? {
            switch operation.answer {
            case .applied:
                return .init(kind: .write(value), call: operation.startedAt, end: operation.endedAt)
            case .refused(.unavailable), .refused(.overloaded), .refused(.stopping): return nil
            case .refused(.sessionExpired), .unknown, .value, nil:
                return .init(kind: .write(value), call: operation.startedAt, end: nil)
            }
        }
        switch operation.content {
        case .set(let value): return write(value)
        case .delete: return write(nil)
        case .read:
            guard case .value(let stored, _) = operation.answer else { return nil }
            return .init(kind: .read(stored?.value), call: operation.startedAt, end: operation.endedAt)
        }
    }
}

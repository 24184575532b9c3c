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
        var node: NodeID
        var key: [UInt8]
        var content: Content
        var answer: Answer?
        var startedAt: UInt64
        /// How long the client waits before it begins something else, in microseconds.
        var patience = ClientHistory.patience
        var endedAt: UInt64?

        var isRead: Bool {
            if case .read = content { true } else { false }
        }

        /// Where in the log its answer says that it took effect.
        var place: Slot? {
            switch answer {
            case .applied(let slot, _): slot
            case .value(_, let appliedThrough): appliedThrough
            case .refused, .unknown, nil: nil
            }
        }

        /// Whether it was not done, and will not be.
        var isRefused: Bool {
            switch answer {
            case .refused(.unavailable), .refused(.overloaded), .refused(.stopping), .refused(.diverged): true
            case .refused(.sessionExpired), .applied, .unknown, .value, nil: false
            }
        }

        var request: Request {
            get throws {
                switch content {
                case .set(let value): .command(try Command.set(key: key, value: value).encoded())
                case .delete: .command(try Command.delete(key: key).encoded())
                case .read: .read(key: key)
                }
            }
        }
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

    private static let patience: UInt64 = 600_000

    private let faults: Set<Fault>
    private let odds: Int
    /// Operations that each fault met.
    private(set) var met: [Fault: Int] = [:]

    /// - Parameter odds: a fault of clients strikes one operation in so many.
    init(clients: Int, faults: Set<Fault>, odds: Int) {
        self.clients = clients
        self.faults = faults
        self.odds = odds
    }

    var begun: Int { operations.count }

    var allAnsweredAtTheEnd: Bool { answeredAtTheEnd.count == clients }

    /// The client's next operation, on one of `nodes`, unless its last one is still open and young.
    mutating func next(
        _ client: Int, at now: UInt64, nodes: [NodeID], using random: inout SplitMix64
    ) throws -> (RequestID, Request, NodeID)? {
        let unanswered = open[client].map { operations[$0] }
        if let unanswered, now - unanswered.startedAt < unanswered.patience { return nil }
        if answeredAtTheEnd.contains(client) { return nil }
        let number = operations.count
        var operation = operation(number, of: client, on: nodes, at: now, using: &random)
        if strikes(.timeOut, &random) { operation.patience = UInt64.random(in: 5_000...100_000, using: &random) }
        if let unanswered, faults.contains(.retry), !lastWrites {
            let others = nodes.filter { $0 != unanswered.node }
            if !others.isEmpty { operation.node = others[Int.random(in: 0..<others.count, using: &random)] }
            operation.key = unanswered.key
            if Bool.random(using: &random) { operation.content = unanswered.content }
            met[.retry, default: 0] += 1
        }
        operations.append(operation)
        open[client] = number
        return (RequestID(UInt64(number)), try operation.request, operation.node)
    }

    private func operation(
        _ number: Int, of client: Int, on nodes: [NodeID], at now: UInt64, using random: inout SplitMix64
    ) -> Operation {
        let key: [UInt8] = [UInt8(ascii: "k"), UInt8.random(in: 0..<8, using: &random), 0, 0xFF]
        var content = Content.read
        if lastWrites || Int.random(in: 0..<5, using: &random) > 1 {
            var value = Array("value \(number) ".utf8)
            value.append(contentsOf: repeatElement(UInt8(number & 255), count: Int.random(in: 0..<60, using: &random)))
            content = !lastWrites && Int.random(in: 0..<8, using: &random) == 0 ? .delete : .set(value)
        }
        return Operation(
            client: client, node: nodes[Int.random(in: 0..<nodes.count, using: &random)], key: key, content: content,
            startedAt: now)
    }

    private mutating func strikes(_ fault: Fault, _ random: inout SplitMix64) -> Bool {
        guard faults.contains(fault), !lastWrites, Int.random(in: 0..<odds, using: &random) == 0 else { return false }
        met[fault, default: 0] += 1
        return true
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
    /// - Parameter isWhole: whether nothing acknowledged may be missing at its end.
    func check(against entries: [[UInt8]], isWhole: Bool) throws {
        let places = try ClientHistory.places(in: entries)
        // A value names its write; deletions do not differ.
        var writes: [[UInt8]: [Int]] = [:]
        for (number, operation) in operations.enumerated() {
            guard case .set(let value) = operation.content else { continue }
            writes[try Command.set(key: operation.key, value: value).encoded(), default: []].append(number)
        }
        for (command, numbers) in writes.sorted(by: { $0.value[0] < $1.value[0] }) {
            let found = places[command] ?? []
            for case (let number, .applied(let slot, _)) in numbers.map({ ($0, operations[$0].answer) })
            where !found.contains(slot) && (isWhole || slot.rawValue <= UInt64(entries.count)) {
                throw SimulationFailure(
                    description: "operation \(number) was acknowledged in slot \(slot); the log has it in \(found)")
            }
            let refused = numbers.filter { operations[$0].isRefused }
            guard found.count > numbers.count - refused.count else { continue }
            let text = refused.isEmpty ? "was asked once" : "was refused"
            throw SimulationFailure(
                description: "operation \((refused.first ?? numbers[0])) \(text), and stands in \(found)")
        }
    }

    /// The slots of each command, once for each time that it was asked for: what stands there again under the same number
    /// of its session is not applied.
    private static func places(in entries: [[UInt8]]) throws -> [[UInt8]: [Slot]] {
        struct Number: Hashable {
            var session: SessionID
            var sequence: UInt64
        }
        var seen: Set<Number> = []
        var places: [[UInt8]: [Slot]] = [:]
        for bytes in entries {
            let view = try EntryView(in: bytes.span.bytes, at: 0)
            guard view.kind == .command,
                seen.insert(Number(session: view.session, sequence: view.sequence)).inserted
            else { continue }
            places[Array(bytes[view.payload]), default: []].append(view.slot)
        }
        return places
    }

    /// Holds the order that the answers claim against the order in which they came: whatever began after an answer has
    /// a place in the log behind it. What a read saw is the state at its place.
    func checkOrder(against entries: [[UInt8]]) throws {
        let ended = operations.indices.filter { operations[$0].place != nil }
            .sorted { (operations[$0].endedAt ?? 0, $0) < (operations[$1].endedAt ?? 0, $1) }
        let begun = ended.sorted { (operations[$0].startedAt, $0) < (operations[$1].startedAt, $1) }
        var last: (place: Slot, number: Int)?
        var next = 0
        for number in begun {
            while next < ended.count, operations[ended[next]].endedAt ?? 0 < operations[number].startedAt {
                if let place = operations[ended[next]].place, place > last?.place ?? .zero {
                    last = (place, ended[next])
                }
                next += 1
            }
            guard let last, let place = operations[number].place else { continue }
            guard operations[number].isRead ? place >= last.place : place > last.place else {
                throw SimulationFailure(
                    description: "operation \(number) has its place at slot \(place), and began after operation "
                        + "\(last.number) was answered, whose is \(last.place)")
            }
        }
        try checkReads(against: entries)
    }

    private func checkReads(against entries: [[UInt8]]) throws {
        let reads = operations.indices.filter { operations[$0].isRead && operations[$0].place != nil }
            .sorted { (operations[$0].place ?? .zero, $0) < (operations[$1].place ?? .zero, $1) }
        var store = KeyValueStore()
        for number in reads {
            guard let place = operations[number].place, case .value(let value, _) = operations[number].answer,
                place.rawValue <= UInt64(entries.count)
            else { continue }
            while store.appliedThrough < place {
                _ = try store.apply(entriesOf: entries[Int(store.appliedThrough.rawValue)])
            }
            guard store.value(for: operations[number].key) == value else {
                throw SimulationFailure(description: "operation \(number) did not read the state at slot \(place)")
            }
        }
    }

    private static let mostStates = 100_000

    /// Holds what was seen of each key against what a register may show.
    func checkLinearizable() throws {
        for (key, operations) in Dictionary(grouping: operations, by: \.key).sorted(by: { $0.key[1] < $1.key[1] }) {
            let register = operations.compactMap(ClientHistory.registerOperation)
            switch LinearizationSearch.verdict(on: register, mostStates: ClientHistory.mostStates) {
            // Where too much was at once for the search, the order of the log has been held against that of time all
            // the same.
            case .linearizable, .undecided: continue
            case .violation(let index):
                throw SimulationFailure(
                    description: "the history of key \(key) can't be linearized: \(register[index])")
            }
        }
    }

    /// Nil for what had no effect, and told nothing.
    private static func registerOperation(_ operation: Operation) -> RegisterOperation? {
        func write(_ value: [UInt8]?) -> RegisterOperation? {
            if operation.isRefused { return nil }
            let isApplied = if case .applied = operation.answer { true } else { false }
            return .init(
                kind: .write(value), call: operation.startedAt, end: isApplied ? operation.endedAt : nil)
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

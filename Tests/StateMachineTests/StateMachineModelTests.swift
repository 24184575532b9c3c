import Paxos
import StateMachine
import Testing

/// The same rules written as plainly as can be: everything is remembered, and looked through from the start.
private struct PlainStateMachine {
    struct Request {
        var session: SessionID
        var sequence: UInt64
        var slot: UInt64
    }

    let bound: UInt64
    var slot: UInt64 = 0
    var keys: [[UInt8]: StoredValue] = [:]
    /// Those that were new, in the order of their slots.
    var settled: [Request] = []

    mutating func apply(_ command: Command, session: SessionID, sequence: UInt64) -> Outcome {
        slot += 1
        if sequence > 0, let refused = settle(session, sequence) { return refused }
        for condition in command.conditions {
            let stored = keys[condition.key]
            switch condition {
            case .keyIsAbsent: if stored != nil { return .conditionFailed }
            case .valueEquals(_, let value): if stored?.value != value { return .conditionFailed }
            case .modifiedSlotEquals(_, let slot): if stored?.modified != slot { return .conditionFailed }
            }
        }
        let existed = keys[command.operations[0].key] != nil
        for operation in command.operations {
            switch operation {
            case .set(let key, let value):
                let created = keys[key]?.created ?? Slot(slot)
                keys[key] = StoredValue(value: value, created: created, modified: Slot(slot))
            case .delete(let key):
                keys[key] = nil
            }
        }
        return .done(existed: existed)
    }

    private mutating func settle(_ session: SessionID, _ sequence: UInt64) -> Outcome? {
        let ofNode = settled.filter { $0.session.node == session.node }
        let ofSession = ofNode.filter { $0.session == session }
        let hasNewer = ofNode.contains { $0.session > session }
        if hasNewer {
            guard let last = ofSession.last, slot - last.slot <= bound else { return .sessionExpired }
        }
        let sequences = Set(ofSession.map(\.sequence))
        // A number that did not come is given up once a higher one came more than `bound` slots ago; all below too.
        for request in ofSession where slot - request.slot > bound && request.sequence > sequence {
            if (sequence..<request.sequence).contains(where: { !sequences.contains($0) }) { return .sessionExpired }
        }
        if sequences.contains(sequence) { return .duplicate }
        settled.append(Request(session: session, sequence: sequence, slot: slot))
        return nil
    }
}

@Suite struct StateMachineModelTests {
    @Test(arguments: 0..<40) func agreesWithThePlainStateMachine(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let bound = [3, 20, 150][seed % 3] as UInt64
        var store = KeyValueStore(sessionBound: bound)
        var model = PlainStateMachine(bound: bound)
        var boots: [UInt64] = [10, 10, 10]
        var sequences: [UInt64] = [0, 0, 0]
        let keys = (0..<(4 + random.below(60))).map { _ in
            random.happens(one: 3) ? awkwardKeys[random.below(awkwardKeys.count)] : random.bytes(1 + random.below(12))
        }
        for _ in 0..<500 {
            let command = Self.command(&random, keys: keys, store: store)
            let node = random.below(3)
            if random.happens(one: 60) {
                boots[node] += 1
                sequences[node] = 0
            }
            var sequence = sequences[node] + 1
            switch random.below(6) {
            case 0: sequence = 1 + UInt64(random.below(Int(sequences[node]) + 3))
            case 1: sequence += UInt64(random.below(3))
            default: break
            }
            if random.happens(one: 10) { sequence = 0 }
            sequences[node] = max(sequences[node], sequence)
            let boot = boots[node] - (random.happens(one: 8) ? UInt64(random.below(3)) : 0)
            let session = SessionID(node: NodeID(UInt16(node)), incarnation: .first, boot: boot)

            let outcome = try store.apply(command, session: session, sequence: sequence)
            let expected = model.apply(command, session: session, sequence: sequence)
            try #require(outcome == expected, "slot \(store.appliedThrough): \(command) of \(session) \(sequence)")
            try #require(store.digest == store.recomputedDigest(), "slot \(store.appliedThrough): \(command)")
        }
        #expect(store.count == model.keys.count)
        let found = Array(store.sortedKeys())
        let expected = model.keys.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        #expect(found.map(\.key) == expected.map(\.key))
        #expect(found.map(\.stored) == expected.map(\.value))
        for key in keys { #expect(store.value(for: key) == model.keys[key]) }
    }

    /// Enough keys for a tree of several levels, filled and emptied again and again.
    @Test(arguments: 0..<4) func manyKeysComeAndGo(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(1000 + seed))
        var store = KeyValueStore()
        var model: [[UInt8]: [UInt8]] = [:]
        for round in 0..<6 {
            let isFilling = round % 2 == 0
            for _ in 0..<2_500 {
                let number = random.below(3_000)
                let key = Array("key \(number % 7 == 0 ? number : number * 1_000_003)".utf8)
                if random.happens(one: isFilling ? 6 : 1) || (!isFilling && random.happens(one: 2)) {
                    #expect(try store.apply(.delete(key: key)) == .done(existed: model.removeValue(forKey: key) != nil))
                } else {
                    let value = random.bytes(random.below(40))
                    let outcome = try store.apply(.set(key: key, value: value))
                    #expect(outcome == .done(existed: model.updateValue(value, forKey: key) != nil))
                }
            }
            try #require(store.digest == store.recomputedDigest())
            var keys: [[UInt8]] = []
            for (key, stored) in store.sortedKeys() {
                keys.append(key)
                #expect(model[key] == stored.value)
            }
            #expect(keys == model.keys.sorted { $0.lexicographicallyPrecedes($1) })
        }
    }

    private static func command(
        _ random: inout SeededGenerator, keys: [[UInt8]], store: KeyValueStore
    ) -> Command {
        func key() -> [UInt8] { keys[random.below(keys.count)] }
        func value() -> [UInt8] { random.bytes(random.below(4)) }
        func operation() -> Command.Operation {
            random.happens(one: 3) ? .delete(key: key()) : .set(key: key(), value: value())
        }
        var conditions: [Command.Condition] = []
        if random.happens(one: 3) {
            for _ in 0...random.below(2) {
                let key = key()
                let stored = store.value(for: key)
                switch random.below(4) {
                case 0: conditions.append(.keyIsAbsent(key: key))
                case 1: conditions.append(.valueEquals(key: key, value: stored?.value ?? []))
                case 2: conditions.append(.modifiedSlotEquals(key: key, slot: stored?.modified ?? .zero))
                default: conditions.append(.valueEquals(key: key, value: value()))
                }
            }
        }
        return Command(conditions: conditions, operations: (0...random.below(3)).map { _ in operation() })
    }
}

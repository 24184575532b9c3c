import Linearizability
import Paxos
import Testing

@Suite struct LinearizationSearchTests {
    typealias Operation = RegisterOperation

    private static func write(_ value: Character?, _ call: UInt64, _ end: UInt64?) -> Operation {
        Operation(kind: .write(value.map { Array("\($0)".utf8) }), call: call, end: end)
    }

    private static func read(_ value: Character?, _ call: UInt64, _ end: UInt64) -> Operation {
        Operation(kind: .read(value.map { Array("\($0)".utf8) }), call: call, end: end)
    }

    static let good: [[Operation]] = [
        [],
        [read(nil, 0, 1)],
        [write("a", 0, 1), read("a", 2, 3)],
        [write("a", 0, 5), read(nil, 1, 2), read("a", 3, 4)],
        [write("a", 0, 5), write("b", 0, 5), read("a", 6, 7)],
        [write("a", 0, 5), write("b", 0, 5), read("b", 6, 7)],
        // What touches may be taken in either order.
        [write("a", 0, 1), read(nil, 1, 2)],
        // Unknown outcomes: never, at once, late.
        [write("a", 0, nil), read(nil, 1, 2), read(nil, 3, 4)],
        [write("a", 0, nil), read("a", 1, 2)],
        [write("a", 0, nil), write("b", 1, 2), read("b", 3, 4), read("a", 5, 6)],
        [write("a", 0, 1), write(nil, 2, 3), read(nil, 4, 5)],
        [write("a", 0, 1), write(nil, 2, nil), read("a", 3, 4), read(nil, 5, 6)],
        // The same value twice.
        [write("a", 0, 1), write("b", 2, 3), write("a", 4, 5), read("a", 6, 7)],
        [write("a", 0, 10), write("b", 1, 9), read("a", 2, 4), read("b", 5, 7), read("b", 11, 12)],
    ]

    static let bad: [[Operation]] = [
        [read("a", 0, 1)],
        [read("a", 0, 1), write("a", 2, 3)],
        [write("a", 0, 1), read(nil, 2, 3)],
        [write("a", 0, 1), write("b", 2, 3), read("a", 4, 5)],
        [write("a", 0, 9), read("a", 1, 2), read(nil, 3, 4)],
        // Two readers see two writes in different orders.
        [write("a", 0, 9), write("b", 0, 9), read("a", 1, 2), read("b", 3, 4), read("a", 5, 6)],
        [write("a", 0, nil), read("a", 1, 2), read(nil, 3, 4)],
        [write("a", 0, nil), read(nil, 1, 2), write("b", 3, 4), read("a", 5, 6), read("b", 7, 8)],
        [write("a", 0, 1), write(nil, 2, 3), read("a", 4, 5)],
        [write(nil, 0, 1), read("a", 2, 3), write("a", 4, nil)],
        [write("a", 0, 1), write("b", 2, 3), read("b", 4, 5), write("c", 6, 7), read("b", 8, 9)],
        [write("a", 0, 10), write("b", 11, 12), read("b", 13, 14), read("a", 13, 15)],
        [write("a", 0, 3), read(nil, 4, 5), read("a", 6, 7)],
    ]

    private func isViolation(_ operations: [Operation]) -> Bool {
        if case .violation = LinearizationSearch.verdict(on: operations) { true } else { false }
    }

    @Test(arguments: good.indices) func explicableHistoryHolds(_ index: Int) {
        #expect(LinearizationSearch.verdict(on: Self.good[index]) == .linearizable)
    }

    @Test(arguments: bad.indices) func otherHistoryIsFound(_ index: Int) {
        #expect(isViolation(Self.bad[index]))
    }

    /// A register that is used one operation after the other at hidden moments within longer intervals.
    private func history(seed: UInt64) -> [Operation] {
        var random = SplitMix64(seed: seed)
        var value: [UInt8]?
        return (0..<60).map { number in
            let moment = UInt64(number * 10 + 100)
            let call = moment - UInt64.random(in: 0...30, using: &random)
            let end = moment + UInt64.random(in: 0...30, using: &random)
            if Bool.random(using: &random) { return Operation(kind: .read(value), call: call, end: end) }
            value = [UInt8(number)]
            let isKnown = Int.random(in: 0..<6, using: &random) > 0
            return Operation(kind: .write(value), call: call, end: isKnown ? end : nil)
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func whatARegisterDidHolds(seed: UInt64) {
        #expect(LinearizationSearch.verdict(on: history(seed: seed)) == .linearizable)
    }

    /// One read that saw a value which nobody wrote, or one from long before.
    @Test(arguments: 0..<100 as Range<UInt64>) func oneWrongReadIsFound(seed: UInt64) throws {
        var altered = history(seed: seed)
        let reads = altered.indices.filter { if case .read = altered[$0].kind { $0 > 30 } else { false } }
        let index = try #require(reads.last)
        let early = altered[..<10].compactMap { operation -> [UInt8]? in
            if case .write(let value) = operation.kind, operation.end != nil { value } else { nil }
        }
        altered[index].kind = .read(seed % 2 == 0 ? [0xFF] : early.first ?? [0xFF])
        #expect(isViolation(altered))
    }

    @Test func violationNamesTheFirstReturnThatCannotBeExplained() {
        let operations = [
            Self.write("a", 0, 1), Self.write("b", 2, 3), Self.read("b", 4, 5), Self.read("a", 6, 8),
            Self.read("b", 9, 10), Self.read("b", 7, 11),
        ]
        #expect(LinearizationSearch.verdict(on: operations) == .violation(at: 3))
    }

    /// Each doubles what would have to be tried, if it were kept to the end.
    @Test func manyWritesOfUnknownOutcomeCostLittle() {
        var operations = [Self.write("a", 0, 1)]
        for number in 0..<60 {
            let isSeen = number % 2 == 0
            let time = UInt64(10 * number + 10)
            let value = [UInt8(number)]
            operations.append(Operation(kind: .write(value), call: time, end: nil))
            if isSeen { operations.append(Operation(kind: .read(value), call: time + 62, end: time + 64)) }
        }
        let states = operations.count * 100
        #expect(LinearizationSearch.verdict(on: operations, mostStates: states) == .linearizable)
        operations.append(Self.read("a", 5_000, 5_001))
        let wrong = operations.count - 1
        #expect(LinearizationSearch.verdict(on: operations, mostStates: states) == .violation(at: wrong))
    }

    @Test func boundIsHonest() {
        // One of many writes at once would have to be the last, and is overwritten before it is read.
        let writes = (0..<24).map { Operation(kind: .write([UInt8($0)]), call: 0, end: 100) }
        let operations = writes + [Self.write("x", 101, 102), Operation(kind: .read([0]), call: 103, end: 104)]
        #expect(LinearizationSearch.verdict(on: operations, mostStates: 1_000) == .undecided)
    }

    /// As many at once on one register as clients can be.
    @Test func manyClientsOfOneRegisterAreDecided() {
        var random = SplitMix64(seed: 3)
        var value: [UInt8]?
        var operations = (0..<4_000).map { number in
            let moment = UInt64(number * 10 + 1_000)
            let (call, end) = (
                moment - .random(in: 0...120, using: &random), moment + .random(in: 0...120, using: &random)
            )
            if Bool.random(using: &random) { return Operation(kind: .read(value), call: call, end: end) }
            value = [UInt8(number & 255), UInt8(number >> 8)]
            return Operation(kind: .write(value), call: call, end: end)
        }
        #expect(LinearizationSearch.verdict(on: operations, mostStates: 100_000) == .linearizable)
        let stale = operations.indices.last { if case .read = operations[$0].kind { true } else { false } } ?? 0
        let old = operations.lazy.compactMap { if case .write(let value) = $0.kind { value } else { nil } }.first
        operations[stale].kind = .read(old)
        #expect(LinearizationSearch.verdict(on: operations, mostStates: 100_000) == .violation(at: stale))
    }

    @Test func longHistoryIsDecided() {
        var random = SplitMix64(seed: 1)
        var value: [UInt8]?
        let operations = (0..<20_000).map { number in
            let moment = UInt64(number * 10 + 100)
            let (call, end) = (
                moment - .random(in: 0...40, using: &random), moment + .random(in: 0...40, using: &random)
            )
            if Bool.random(using: &random) { return Operation(kind: .read(value), call: call, end: end) }
            value = [UInt8(number & 255), UInt8(number >> 8)]
            return Operation(kind: .write(value), call: call, end: end)
        }
        #expect(LinearizationSearch.verdict(on: operations) == .linearizable)
    }
}

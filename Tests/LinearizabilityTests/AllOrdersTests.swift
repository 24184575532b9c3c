import Linearizability
import Paxos
import Testing

/// The search leaves orders out that can't be of use. Here none is left out, on histories that are small enough.
@Suite struct AllOrdersTests {
    private static func random(_ seed: UInt64) -> [RegisterOperation] {
        var random = SplitMix64(seed: seed)
        let operations = Int.random(in: 1...7, using: &random)
        return (0..<operations).map { _ in
            let call = UInt64.random(in: 0..<20, using: &random)
            let value: [UInt8]? = Bool.random(using: &random) ? nil : [UInt8.random(in: 1...3, using: &random)]
            let end: UInt64? =
                Int.random(in: 0..<4, using: &random) == 0 ? nil : call + .random(in: 1...12, using: &random)
            let kind: RegisterOperation.Kind = Bool.random(using: &random) ? .read(value) : .write(value)
            return RegisterOperation(kind: kind, call: call, end: end)
        }
    }

    /// Whether the operations that are left can follow on one another, from `value` on.
    private static func canFollow(_ left: [RegisterOperation], _ value: [UInt8]?) -> Bool {
        if left.allSatisfy({ $0.end == nil }) { return true }
        return left.indices.contains { index in
            let next = left[index]
            // Nothing that is left may have returned before it was called.
            guard left.allSatisfy({ ($0.end ?? .max) >= next.call }) else { return false }
            var rest = left
            rest.remove(at: index)
            switch next.kind {
            case .write(let written): return canFollow(rest, written)
            // Of a read without a return nothing is known.
            case .read(let seen): return (next.end == nil || seen == value) && canFollow(rest, value)
            }
        }
    }

    private static func known(_ operations: [RegisterOperation], at time: UInt64) -> [RegisterOperation] {
        operations.filter { $0.call <= time }.map { operation in
            var operation = operation
            if let end = operation.end, end > time { operation.end = nil }
            return operation
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func verdictIsThatOfTryingAllOrders(hundred: UInt64) {
        var violations = 0
        for seed in hundred * 100..<hundred * 100 + 100 {
            let operations = Self.random(seed)
            let verdict = LinearizationSearch.verdict(on: operations)
            let isLinearizable = Self.canFollow(operations, nil)
            #expect((verdict == .linearizable) == isLinearizable, "seed \(seed)")
            guard case .violation(let index) = verdict, let end = operations[index].end else { continue }
            violations += 1
            #expect(!Self.canFollow(Self.known(operations, at: end), nil), "seed \(seed)")
            #expect(Self.canFollow(Self.known(operations, at: end - 1), nil), "seed \(seed)")
        }
        #expect((10..<90).contains(violations), "both verdicts come about")
    }
}

// Whether a history is linearizable, key by key: keys have nothing to do with one another, so a history is if each of
// its keys is (Herlihy and Wing, "Linearizability", section 3.2).

import Linearizability

struct HistoryCheck {
    struct Violation {
        var key: String
        /// What happened on the key around the operation that nothing explains, which is marked.
        var window: [String]
    }

    private(set) var keys = 0
    private(set) var violations: [Violation] = []
    /// Keys of which the search could not tell within its bound.
    private(set) var undecided: [String] = []

    /// How many operations are shown before and behind one that can't be explained.
    private static let margin = 8

    init(_ history: History, mostStates: Int = LinearizationSearch.usualBound) {
        let byKey = Dictionary(grouping: history.operations, by: \.key).sorted { $0.key < $1.key }
        keys = byKey.count
        for (key, operations) in byKey {
            let told = operations.compactMap { operation in operation.onRegister.map { (operation, $0) } }
            switch LinearizationSearch.verdict(on: told.map(\.1), mostStates: mostStates) {
            case .linearizable: break
            case .undecided: undecided.append(key)
            case .violation(let index):
                violations.append(Violation(key: key, window: Self.window(told.map(\.0), around: index)))
            }
        }
    }

    private static func window(_ operations: [HistoryOperation], around index: Int) -> [String] {
        let order = operations.indices.sorted {
            (operations[$0].start, $0) < (operations[$1].start, $1)
        }
        let place = order.firstIndex(of: index) ?? 0
        // The write of a value that was read may be long ago.
        let wrong = operations[index]
        let source = order.first { operations[$0].op == .set && operations[$0].value == wrong.value && $0 != index }
        var shown = Array(order[max(0, place - margin)..<min(order.count, place + margin + 1)])
        if let source, wrong.op == .get, !shown.contains(source) { shown.insert(source, at: 0) }
        return shown.map { ($0 == index ? "> " : "  ") + operations[$0].line }
    }

    /// 0 when every key is linearizable, 1 when one is not, 2 when that is not known.
    var status: Int32 { violations.isEmpty ? undecided.isEmpty ? 0 : 2 : 1 }

    var lines: [String] {
        var lines = violations.flatMap { violation in
            ["\(violation.key) is not linearizable; around the first answer that nothing explains:"]
                + violation.window.map { "  " + $0 }
        }
        if !undecided.isEmpty {
            lines.append("can't tell within the bound of the search: \(undecided.joined(separator: ", "))")
        }
        lines.append(
            "\(keys) keys: \(keys - violations.count - undecided.count) linearizable, \(violations.count) not, "
                + "\(undecided.count) open")
        return lines
    }
}

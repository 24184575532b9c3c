// A history of `paxos-load` (docs/load.md), read from its file.

import FoundationEssentials
import Linearizability

struct HistoryOperation: Decodable, Equatable, Sendable {
    enum Kind: String, Decodable, CaseIterable {
        case set, get
    }

    enum Outcome: String, Decodable, CaseIterable {
        case ok, fail, unknown
    }

    var client: Int
    var op: Kind
    var key: String
    var value: String?
    var start: Int64
    /// Nil when the outcome is unknown.
    var end: Int64?
    var outcome: Outcome

    /// Nil for what had no effect, and told nothing.
    var onRegister: RegisterOperation? {
        let bytes = value.map { Array($0.utf8) }
        switch (op, outcome) {
        case (_, .fail), (.get, .unknown): return nil
        case (.set, .ok), (.set, .unknown):
            return RegisterOperation(kind: .write(bytes), call: UInt64(start), end: end.map { UInt64($0) })
        case (.get, .ok):
            return RegisterOperation(kind: .read(bytes), call: UInt64(start), end: end.map { UInt64($0) })
        }
    }

    /// As a line of the file, with its fields in the order in which `paxos-load` writes them.
    var json: String {
        let times = "\"start\":\(start),\"end\":\(end.map(String.init) ?? "null")"
        let what = "\"op\":\"\(op)\",\"key\":\(json(key)),\"value\":\(value.map(json) ?? "null")"
        return "{\"client\":\(client),\(what),\(times),\"outcome\":\"\(outcome)\"}"
    }

    private func json(_ text: String) -> String {
        guard let data = try? JSONEncoder().encode(text) else { preconditionFailure("a text can be put into JSON") }
        return String(decoding: data, as: UTF8.self)
    }

    /// As one line for people.
    var line: String {
        let times = "\(milliseconds(start)) to \(end.map(milliseconds) ?? "?")"
        return "client \(client): \(op) \(value.map { String($0.prefix(32)) } ?? "nothing"), \(times) ms, \(outcome)"
    }

    private func milliseconds(_ time: Int64) -> String {
        let text = String(time / 1_000 % 1_000)
        return "\(time / 1_000_000).\(String(repeating: "0", count: 3 - text.count))\(text)"
    }
}

struct History {
    private(set) var operations: [HistoryOperation]

    init(_ operations: [HistoryOperation]) {
        self.operations = operations
    }

    init(file: String) throws(TortureFailure) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw .noInput("\(file): it can't be read")
        }
        operations = []
        let decoder = JSONDecoder()
        for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let operation = try? decoder.decode(HistoryOperation.self, from: line), History.isSound(operation)
            else { throw .badHistory("\(file), line \(index + 1): it is no operation of a history") }
            operations.append(operation)
        }
    }

    private static func isSound(_ operation: HistoryOperation) -> Bool {
        guard operation.start >= 0, operation.op == .get || operation.value != nil else { return false }
        guard let end = operation.end else { return operation.outcome == .unknown }
        return operation.outcome != .unknown && end >= operation.start
    }

    mutating func append(_ operation: HistoryOperation) { operations.append(operation) }

    /// The time at which the last operation began or ended.
    var lastTime: Int64 { operations.reduce(0) { max($0, $1.start, $1.end ?? 0) } }

    /// The longest time between two answers that say that something was done, in nanoseconds, and when it began.
    var longestPause: (duration: Int64, from: Int64) {
        var ends = operations.compactMap { $0.outcome == .ok ? $0.end : nil }
        ends.sort()
        var longest: (duration: Int64, from: Int64) = (0, 0)
        for (one, next) in zip(ends, ends.dropFirst()) where next - one > longest.duration {
            longest = (next - one, one)
        }
        return longest
    }

    func count(_ kind: HistoryOperation.Kind, _ outcome: HistoryOperation.Outcome) -> Int {
        operations.count { $0.op == kind && $0.outcome == outcome }
    }
}

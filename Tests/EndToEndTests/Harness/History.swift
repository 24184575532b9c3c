// A history of `paxos-load` (docs/load.md), and whether it is linearizable. Every value is written once, so that each
// read names the write that it saw, and one pass over a key's values decides (Gibbons and Korach, "Testing Shared
// Memories"). It holds for keys that were absent when the history began.

import Foundation

struct History {
    struct Operation: Decodable {
        var client: Int
        var op: String
        var key: String
        var value: String?
        var start: Int64
        var end: Int64?
        var outcome: String
    }

    var operations: [Operation]

    init(_ operations: [Operation]) {
        self.operations = operations
    }

    init(file: String) throws {
        let decoder = JSONDecoder()
        operations = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map {
            try decoder.decode(Operation.self, from: Data($0.utf8))
        }
    }

    /// Why it is not linearizable; empty if it is.
    var violations: [String] {
        Dictionary(grouping: operations, by: \.key).sorted { $0.key < $1.key }.flatMap { key, operations in
            Self.violations(of: operations).map { "\(key): \($0)" }
        }
    }

    /// A value from the write that made it to the reads that saw it. It must have been the key's value from `firstEnd`
    /// to `lastStart` if an operation on it began after another had ended, and else at one moment between the two.
    private struct Life {
        var value: String?
        var start: Int64
        var firstEnd: Int64
        var lastStart: Int64
    }

    private static func violations(of operations: [Operation]) -> [String] {
        var found: [String] = []
        var lives: [String?: Life] = [nil: Life(value: nil, start: .min, firstEnd: .min, lastStart: .min)]
        for write in operations where write.op == "set" && write.outcome != "fail" {
            lives[write.value] = Life(
                value: write.value, start: write.start, firstEnd: write.end ?? .max, lastStart: write.start)
        }
        for read in operations where read.op == "get" && read.outcome == "ok" {
            let end = read.end ?? .max
            guard var life = lives[read.value], end > life.start else {
                found.append("\(read.value ?? "nothing") was read before \(end) and not written before")
                continue
            }
            life.firstEnd = min(life.firstEnd, end)
            life.lastStart = max(life.lastStart, read.start)
            lives[read.value] = life
        }
        // A write that may not have been done, and that nobody saw, says nothing.
        let seen = lives.values.filter { $0.firstEnd < .max }
        let long = seen.filter { $0.firstEnd < $0.lastStart }.sorted { $0.firstEnd < $1.firstEnd }
        for (one, next) in zip(long, long.dropFirst()) where next.firstEnd < one.lastStart {
            found.append("both \(one.value ?? "nothing") and \(next.value ?? "nothing") were there at \(next.firstEnd)")
        }
        for short in seen where short.firstEnd >= short.lastStart {
            if let around = long.first(where: { $0.firstEnd < short.lastStart && short.firstEnd < $0.lastStart }) {
                found.append("\(short.value ?? "nothing") was there while \(around.value ?? "nothing") was")
            }
        }
        return found
    }
}

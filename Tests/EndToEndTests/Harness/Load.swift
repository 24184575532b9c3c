// Writers that set one key after the other through given nodes, and remember which of them were acknowledged, so that a
// test can ask for each of those afterwards.

import Synchronization
import Testing

final class Load: Sendable {
    struct Result: Sendable {
        /// Key and value of each write that was answered 200.
        var acknowledged: [String: String] = [:]
        /// Key and value of each write that was answered otherwise, or not at all: it may have been done or not.
        var unknown: [String: String] = [:]
        var slots: [Int] = []
        /// What an answer was that is none of 200 and 503; there must be none.
        var unexpected: [String] = []
    }

    private struct State {
        var result = Result()
        var isStopped = false
    }

    private let state = Mutex(State())

    var acknowledgedCount: Int { state.withLock { $0.result.acknowledged.count } }

    func stop() {
        state.withLock { $0.isStopped = true }
    }

    /// Runs `writers` writers at once, each through the node that its number falls on, while `body` runs.
    static func run(
        on clients: [Client], writers: Int, during body: (Load) async throws -> Void
    ) async throws -> Result {
        let load = Load()
        let work = Task {
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask { await load.write(writer, through: clients[writer % clients.count]) }
                }
            }
        }
        do {
            try await body(load)
        } catch {
            load.stop()
            await work.value
            throw error
        }
        load.stop()
        await work.value
        return load.state.withLock { $0.result }
    }

    private func write(_ writer: Int, through client: Client) async {
        var number = 0
        while !state.withLock({ $0.isStopped }) {
            number += 1
            let key = "writer \(writer), key \(number)"
            let value = "value \(number) of \(writer)"
            guard let reply = try? await client.set(key, value) else {
                state.withLock { $0.result.unknown[key] = value }
                // The node is down: this one waits for it, and does not spin.
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            state.withLock { state in
                if reply.status == 200, let slot = reply.slot {
                    state.result.acknowledged[key] = value
                    state.result.slots.append(slot)
                } else {
                    state.result.unknown[key] = value
                    if reply.status != 503 { state.result.unexpected.append("\(reply.status) \(reply.text)") }
                }
            }
        }
    }
}

/// Asks for every key through the nodes in turn, many at once.
/// - Returns: what is not as expected, a line each.
func differences(from expected: [String: String], through clients: [Client]) async throws -> [String] {
    let pairs = Array(expected)
    return try await concurrently(pairs.count) { index in
        let (key, value) = pairs[index]
        let reply = try await clients[index % clients.count].value(key)
        if reply.status == 200, reply.text == value { return nil }
        return "\(key): \(reply.status) \(reply.text), not \(value)"
    }.compactMap { $0 }
}

/// Runs `body` for each number below `count`, `width` at a time.
func concurrently<Value: Sendable>(
    _ count: Int, width: Int = 64, _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
        var results: [Value] = []
        var next = 0
        while next < min(width, count) {
            let index = next
            group.addTask { try await body(index) }
            next += 1
        }
        while let value = try await group.next() {
            results.append(value)
            if next < count {
                let index = next
                group.addTask { try await body(index) }
                next += 1
            }
        }
        return results
    }
}

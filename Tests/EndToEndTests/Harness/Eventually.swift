// Waiting for a condition: asked again and again until a deadline that only a fault can miss. No test waits for a fixed
// time and hopes.

import Testing

struct DeadlineMissed: Error, CustomStringConvertible {
    var description: String
}

/// The first value that `condition` gives. An error that it throws counts as "not yet".
func eventually<Value>(
    _ what: String, seconds: Double = 60, isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    var lastError: (any Error)?
    while true {
        do {
            if let value = try await condition() { return value }
        } catch {
            lastError = error
        }
        guard clock.now < deadline else {
            let reason = lastError.map { "; the last error: \($0)" } ?? ""
            throw DeadlineMissed(description: "not within \(seconds) s: \(what)\(reason)")
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Waits until `condition` holds.
func eventually(
    _ what: String, seconds: Double = 60, isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let _: Bool = try await eventually(what, seconds: seconds) { try await condition() ? true : nil }
}

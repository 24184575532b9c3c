// What a run is to do, once it is known to make sense.

import ArgumentParser

enum Consistency: String, ExpressibleByArgument, CaseIterable {
    case linearizable, local
}

/// What is wrong with the settings: a sentence that names the flag.
struct SettingError: Error, Equatable {
    var reason: String
}

struct LoadSettings: Sendable {
    let nodes: [NodeAddress]
    let count: Int?
    let seconds: Double?
    let connections: Int
    let keys: Int
    let keySize: Int
    let isInOrder: Bool
    let valueSize: Int
    let reads: Double
    let consistency: Consistency
    let rate: Double?
    let timeout: Double
    let seed: UInt64
    /// Tells this run's values from those of every other, also of one with the same seed.
    let runName: String
    let writesHistory: Bool

    /// What a node takes at most (docs/api.md).
    static let longestKey = 4_096
    static let longestValue = 1 << 20

    init(
        nodes: [NodeAddress], count: Int? = nil, seconds: Double? = nil, connections: Int = 16, keys: Int = 100_000,
        keySize: Int = 12, isInOrder: Bool = false, valueSize: Int = 128, reads: Double = 0,
        consistency: Consistency = .linearizable,
        rate: Double? = nil, timeout: Double = 10, seed: UInt64 = 0, runName: String = "run",
        writesHistory: Bool = false
    ) throws(SettingError) {
        func check(_ holds: Bool, _ reason: @autoclosure () -> String) throws(SettingError) {
            if !holds { throw SettingError(reason: reason()) }
        }
        if let count { try check((1...1_000_000_000_000).contains(count), "--count: \(count) is not from 1 to 10^12") }
        if let seconds { try check(seconds > 0 && seconds <= 1e6, "--seconds: \(seconds) is not above 0, up to 10^6") }
        try check((1...10_000).contains(connections), "--connections: \(connections) is not from 1 to 10000")
        try check((1...1_000_000_000).contains(keys), "--keys: \(keys) is not from 1 to 10^9")
        let shortestKey = Workload.shortestKey(keys: keys)
        try check(
            (shortestKey...Self.longestKey).contains(keySize),
            "--key-size: \(keySize) is not from \(shortestKey), which \(keys) keys need, to \(Self.longestKey)")
        try check(
            (0...Self.longestValue).contains(valueSize),
            "--value-size: \(valueSize) is not from 0 to \(Self.longestValue)")
        try check(
            !writesHistory || valueSize >= Workload.shortestUniqueValue,
            "--value-size: a history needs values that differ, of \(Workload.shortestUniqueValue) bytes or more")
        try check((0...1).contains(reads), "--reads: \(reads) is not from 0 to 1")
        if let rate { try check(rate > 0 && rate <= 1e7, "--rate: \(rate) is not above 0, up to 10^7") }
        try check(timeout >= 0.1 && timeout <= 3_600, "--timeout: \(timeout) is not from 0.1 to 3600")
        self.nodes = nodes
        self.count = count
        self.seconds = count == nil ? seconds ?? 10 : seconds
        self.connections = connections
        self.keys = keys
        self.keySize = keySize
        self.isInOrder = isInOrder
        self.valueSize = valueSize
        self.reads = reads
        self.consistency = consistency
        self.rate = rate
        self.timeout = timeout
        self.seed = seed
        self.runName = runName
        self.writesHistory = writesHistory
    }
}

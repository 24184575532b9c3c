// The random requests of a run. The same seed gives the same sequence of kinds and keys; who sends which depends on who
// is free first. It never looks at an answer.

import Paxos

/// What a client asks of a node.
struct Request: Equatable, Sendable {
    enum Kind: String, Sendable {
        case set, get
    }

    var kind: Kind
    var key: String
    /// Nil for a read.
    var value: String?
}

struct Workload {
    private let settings: LoadSettings
    private var random: SplitMix64
    private var asked = 0
    private let keyPadding: String
    /// Values are cut out of this: text that compresses about as well as records of a shop do. Nothing in it needs an
    /// escape in JSON, so that a value of so many bytes is as many in the request.
    private let text: [UInt8]

    private static let keyPrefix = "key-"
    private static let textBytes = 1 << 20
    /// Room for the longest name that tells a value from all others, with what sets it off.
    static let shortestUniqueValue = 40

    static func shortestKey(keys: Int) -> Int { keyPrefix.utf8.count + String(keys - 1).utf8.count }

    init(_ settings: LoadSettings) {
        self.settings = settings
        random = SplitMix64(seed: settings.seed)
        keyPadding = Self.keyPrefix + String(repeating: "0", count: settings.keySize - Self.keyPrefix.utf8.count)
        var writer = SplitMix64(seed: ~settings.seed)
        text = Self.text(bytes: Self.textBytes + settings.valueSize, &writer)
    }

    /// - Parameter name: tells this request's value from all others of all runs.
    mutating func next(named name: @autoclosure () -> String) -> Request {
        let isRead = settings.reads > 0 && Double.random(in: 0..<1, using: &random) < settings.reads
        let key = key(settings.isInOrder ? asked % settings.keys : Int.random(in: 0..<settings.keys, using: &random))
        asked += 1
        return isRead
            ? Request(kind: .get, key: key) : Request(kind: .set, key: key, value: value(named: name()))
    }

    private func key(_ number: Int) -> String {
        let digits = String(number)
        return keyPadding.dropLast(digits.utf8.count) + digits
    }

    private mutating func value(named name: String) -> String {
        let size = settings.valueSize
        let head = size >= Self.shortestUniqueValue ? "id=\(name) " : ""
        let start = Int.random(in: 0..<Self.textBytes, using: &random)
        return head + String(decoding: text[start..<start + size - head.utf8.count], as: UTF8.self)
    }

    private static let words = """
        user order cart price total amount item status pending paid shipped name street city country zip note email \
        phone created updated version currency EUR USD true false null
        """.split(separator: " ").map { Array($0.utf8) }

    private static func text(bytes count: Int, _ random: inout SplitMix64) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(count + 64)
        while text.count < count {
            text += words[Int.random(in: 0..<words.count, using: &random)]
            text.append(UInt8(ascii: "="))
            text += words[Int.random(in: 0..<words.count, using: &random)]
            text += String(Int.random(in: 0..<10_000, using: &random)).utf8
            text.append(UInt8(ascii: " "))
        }
        return text
    }
}

// Values to fill a log with: text like JSON, which zstd can shrink, or random bytes, which it can't. The same seed gives
// the same values.

import Paxos

struct SampleValues {
    enum Kind: String, CaseIterable {
        case json
        case random
    }

    static let length = 128
    private static let words = [
        "user", "order", "cart", "price", "total", "amount", "item", "status", "pending", "paid", "shipped", "name",
        "street", "city", "country", "zip", "note", "email", "phone", "created", "updated", "version", "currency",
    ].map { Array($0.utf8) }

    private let kind: Kind
    private var generator = SplitMix64(seed: 1)

    init(_ kind: Kind) {
        self.kind = kind
    }

    mutating func key() -> [UInt8] { Array("key-".utf8) + digits(below: 100_000) }

    mutating func value() -> [UInt8] {
        var value: [UInt8] = []
        value.reserveCapacity(2 * SampleValues.length)
        switch kind {
        case .json:
            value += "{\"id\":".utf8
            value += digits(below: .max)
            while value.count < SampleValues.length {
                value += ",\"".utf8
                value += word()
                value += "\":\"".utf8
                value += word()
                value += digits(below: 10_000)
                value.append(UInt8(ascii: "\""))
            }
        case .random:
            while value.count < SampleValues.length { value.appendBytes(of: generator.next()) }
        }
        value.removeLast(value.count - SampleValues.length)
        return value
    }

    private mutating func word() -> [UInt8] {
        SampleValues.words[Int(generator.next() % UInt64(SampleValues.words.count))]
    }

    private mutating func digits(below bound: UInt64) -> [UInt8] {
        var rest = generator.next() % bound
        var digits: [UInt8] = []
        repeat {
            digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        return digits
    }
}

extension [UInt8] {
    fileprivate mutating func appendBytes(of number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { append(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }
}

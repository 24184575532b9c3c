// 128 random bits that name a cluster or a journal. Written as 32 hexadecimal digits.

import Paxos

package struct UniqueID: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Stands where no identifier is known; never drawn.
    package static let none = UniqueID(high: 0, low: 0)

    package static func random(using generator: inout some RandomNumberGenerator) -> UniqueID {
        UniqueID(high: generator.next() | 1, low: generator.next())
    }

    /// Reads 32 hexadecimal digits; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 32, let high = UInt64(hexadecimal: text.prefix(16)),
            let low = UInt64(hexadecimal: text.suffix(16))
        else { return nil }
        self.init(high: high, low: low)
    }
}

extension UniqueID: CustomStringConvertible {
    package var description: String { high.hexadecimal + low.hexadecimal }
}

// Changes bytes the way that decoders are broken: bits flipped, fields set to extremes, ends cut off, pieces taken from
// elsewhere. It knows no format.

package import Paxos

package struct Mutator {
    package var random: SplitMix64

    package init(random: SplitMix64) {
        self.random = random
    }

    /// No input grows beyond this, however often it is spliced.
    package static let longest = 1 << 17

    package mutating func mutate(_ bytes: inout [UInt8], other: [UInt8], words: [[UInt8]]) {
        for _ in 0..<(1 + random.below(4)) {
            switch random.below(words.isEmpty ? 9 : 12) {
            case 0, 1: flipBit(&bytes)
            case 2: setByte(&bytes)
            case 3, 4: setField(&bytes)
            case 5: bytes.removeLast(bytes.count - random.below(bytes.count + 1))
            case 6: splice(&bytes, other)
            case 7: removeRange(&bytes)
            case 8: repeatRange(&bytes)
            default: insert(random.element(of: words), into: &bytes)
            }
        }
        if bytes.count > Mutator.longest { bytes.removeLast(bytes.count - Mutator.longest) }
    }

    private mutating func flipBit(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
    }

    private mutating func setByte(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
    }

    /// Puts a number that is on the edge of something where a field of 1, 2, 4 or 8 bytes might be.
    private mutating func setField(_ bytes: inout [UInt8]) {
        let width = 1 << random.below(4)
        guard bytes.count >= width else { return }
        // Formats align their fields, as a rule.
        let place = random.below(bytes.count - width + 1)
        let offset = random.isOne(in: 4) ? place : place / width * width
        let highest = UInt64.max >> UInt64(64 - 8 * width)
        let edge =
            switch random.below(9) {
            case 0: UInt64(0)
            case 1: UInt64(1)
            case 2: highest
            case 3: highest - UInt64(random.below(16))
            case 4: highest >> 1
            case 5: (highest >> 1) + 1
            case 6: UInt64(1) << UInt64(random.below(8 * width))
            case 7: (UInt64(1) << UInt64(random.below(8 * width))) - 1
            default: UInt64(max(0, bytes.count + random.below(33) - 16))
            }
        for index in 0..<width { bytes[offset + index] = UInt8(truncatingIfNeeded: edge >> UInt64(8 * index)) }
    }

    private mutating func splice(_ bytes: inout [UInt8], _ other: [UInt8]) {
        let start = random.below(bytes.count + 1)
        let piece = range(in: other)
        let end = random.isOne(in: 2) ? min(bytes.count, start + piece.count) : start
        bytes.replaceSubrange(start..<end, with: other[piece])
    }

    private mutating func removeRange(_ bytes: inout [UInt8]) {
        bytes.removeSubrange(range(in: bytes))
    }

    private mutating func repeatRange(_ bytes: inout [UInt8]) {
        let piece = range(in: bytes)
        bytes.insert(contentsOf: Array(bytes[piece]), at: piece.upperBound)
    }

    private mutating func insert(_ word: [UInt8], into bytes: inout [UInt8]) {
        bytes.insert(contentsOf: word, at: random.below(bytes.count + 1))
    }

    /// Short ones as often as long ones.
    private mutating func range(in bytes: [UInt8]) -> Range<Int> {
        let start = random.below(bytes.count + 1)
        let most = random.isOne(in: 2) ? bytes.count - start : min(16, bytes.count - start)
        return start..<(start + random.below(most + 1))
    }
}

extension SplitMix64 {
    /// A number below `bound`, which is positive. Slightly uneven, which does not matter here, and cheap.
    package mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }

    package mutating func isOne(in count: Int) -> Bool { below(count) == 0 }

    package mutating func element<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }
}

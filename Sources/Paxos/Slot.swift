// A position in the log. Slot 1 holds genesis; `zero` stands before the first and holds nothing.

package struct Slot: Hashable, Comparable, Sendable {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let zero = Slot(0)
    package static let first = Slot(1)

    package var next: Slot { Slot(rawValue + 1) }

    /// The slot before this one; `zero` has none.
    package var previous: Slot {
        precondition(rawValue > 0, "no slot stands before slot zero")
        return Slot(rawValue - 1)
    }

    package static func < (left: Slot, right: Slot) -> Bool { left.rawValue < right.rawValue }

    package static func + (slot: Slot, count: Int) -> Slot { Slot(slot.rawValue + UInt64(count)) }

    /// How many slots lie from `start` up to, and without, `end`.
    package static func - (end: Slot, start: Slot) -> Int { Int(end.rawValue - start.rawValue) }
}

extension Slot: CustomStringConvertible {
    package var description: String { "\(rawValue)" }
}

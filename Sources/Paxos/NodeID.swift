// The name of a node: `n0`, `n1`, … It never changes and is never given to another node.

package struct NodeID: Hashable, Comparable, Sendable {
    package let rawValue: UInt16

    package init(_ rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Reads `n` and a decimal number from 0 to 65,535 without leading zeros; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.first == UInt8(ascii: "n"), let number = UInt16(text.dropFirst()) else { return nil }
        guard text == "n\(number)" else { return nil }
        self.init(number)
    }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
}

extension NodeID: CustomStringConvertible {
    package var description: String { "n\(rawValue)" }
}

/// Which life of a node's disk speaks. 0 is a learner, which has no vote; genesis gives the first members 1, and a
/// node that is readmitted with an emptied disk gets the next.
package struct Incarnation: Hashable, Comparable, Sendable {
    package let rawValue: UInt32

    package init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let learner = Incarnation(0)
    package static let first = Incarnation(1)

    package static func < (left: Incarnation, right: Incarnation) -> Bool { left.rawValue < right.rawValue }
}

extension Incarnation: CustomStringConvertible {
    package var description: String { "\(rawValue)" }
}

// Values for consecutive slots under one ballot, in one buffer under one checksum: the unit that is proposed, sent,
// journaled and accepted. What a value means is not known here; only where it ends.

package struct Run: Equatable, Sendable {
    package let ballot: Ballot
    package let firstSlot: Slot
    /// How many values `body` holds; never zero.
    package let count: Int
    /// `count` values, each a little-endian UInt32 with its length (which does not count itself) and its bytes.
    package let body: [UInt8]
    /// Covers every field above; how it is computed is the affair of whoever made the run (see `RunChecksum`).
    package let checksum: UInt64

    /// A run as it was received or read back. The caller has verified `checksum` and that `body` holds `count` values.
    package init(ballot: Ballot, firstSlot: Slot, count: Int, body: [UInt8], checksum: UInt64) {
        precondition(count > 0, "a run holds at least one value")
        precondition(firstSlot > .zero, "slot zero holds no value")
        self.ballot = ballot
        self.firstSlot = firstSlot
        self.count = count
        self.body = body
        self.checksum = checksum
    }

    package var lastSlot: Slot { firstSlot + (count - 1) }
    package var slots: ClosedRange<Slot> { firstSlot...lastSlot }
}

/// Computes a run's checksum over all its other fields. Paxos does not choose the function: its caller does.
package typealias RunChecksum = @Sendable (_ ballot: Ballot, _ firstSlot: Slot, _ count: Int, _ body: [UInt8]) -> UInt64

extension Run {
    /// A new run, sealed with the checksum of what it holds.
    package init(ballot: Ballot, firstSlot: Slot, count: Int, body: [UInt8], sealedBy checksum: RunChecksum) {
        self.init(
            ballot: ballot, firstSlot: firstSlot, count: count, body: body,
            checksum: checksum(ballot, firstSlot, count, body))
    }

    /// The part of this run that lies in `slots`, sealed anew unless that is all of it; nil when they do not meet.
    package func part(in wanted: ClosedRange<Slot>, sealedBy checksum: RunChecksum) -> Run? {
        guard wanted.overlaps(slots) else { return nil }
        let kept = slots.clamped(to: wanted)
        if kept == slots { return self }
        let bytes = byteRange(of: kept)
        return Run(
            ballot: ballot, firstSlot: kept.lowerBound, count: kept.upperBound - kept.lowerBound + 1,
            body: Array(body[bytes]), sealedBy: checksum)
    }

    /// Where the values of `wanted`, a part of this run's slots, lie in `body`, their length fields included.
    package func byteRange(of wanted: ClosedRange<Slot>) -> Range<Int> {
        precondition(wanted.lowerBound >= firstSlot && wanted.upperBound <= lastSlot, "the slots lie in this run")
        let start = Run.offset(ofValue: wanted.lowerBound - firstSlot, in: body, from: 0)
        let end = Run.offset(ofValue: wanted.upperBound - wanted.lowerBound + 1, in: body, from: start)
        return start..<end
    }

    /// The offset of the value `index` places behind the one that starts at `start`.
    private static func offset(ofValue index: Int, in body: [UInt8], from start: Int) -> Int {
        var offset = start
        for _ in 0..<index { offset += 4 + valueLength(in: body, at: offset) }
        return offset
    }

    /// The length field at `offset`; traps when the body ends before it.
    package static func valueLength(in body: [UInt8], at offset: Int) -> Int {
        Int(body[offset]) | Int(body[offset + 1]) << 8 | Int(body[offset + 2]) << 16 | Int(body[offset + 3]) << 24
    }

    /// Whether `body` is `count` whole values and nothing behind them. Says nothing of what the values mean.
    package static func isWellFormed(_ body: [UInt8], count: Int) -> Bool {
        guard count > 0 else { return false }
        var offset = 0
        for _ in 0..<count {
            guard body.count - offset >= 4 else { return false }
            let length = valueLength(in: body, at: offset)
            guard length <= body.count - offset - 4 else { return false }
            offset += 4 + length
        }
        return offset == body.count
    }
}

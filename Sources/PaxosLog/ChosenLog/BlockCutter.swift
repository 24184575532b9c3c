// Decides where blocks and segments of the chosen log end, by the entries alone, so that every node cuts alike.
// Pure: it touches no file, and compresses nothing.

package import Paxos

package struct BlockCutter: Sendable {
    private let limits: LogLimits
    /// Raw bytes of the blocks that stand in the open segment.
    private var segmentBytes: Int
    private var firstSlot: Slot
    private var count = 0
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - next: the slot of the entry that comes first.
    ///   - segmentBytes: raw bytes of the blocks already in the open segment.
    package init(limits: LogLimits, next: Slot, segmentBytes: Int) {
        self.limits = limits
        self.segmentBytes = segmentBytes
        firstSlot = next
    }

    /// The slot of the entry that must come next.
    package var next: Slot { firstSlot + count }

    /// The entries that do not make a whole block yet.
    package var open: (firstSlot: Slot, count: Int, bytes: [UInt8]) { (firstSlot, count, bytes) }

    /// Takes one encoded entry, its length field included; returns a block when it ends one.
    package mutating func append(_ entry: UnsafeRawBufferPointer, slot: Slot, kind: Entry.Kind) -> RawBlock? {
        precondition(slot == next, "entries come in the order of their slots, without gaps")
        precondition(entry.count >= Entry.headerLength, "an entry is at least as long as its header")
        bytes.append(contentsOf: entry)
        count += 1
        guard bytes.count >= limits.blockBytes || kind == .seal else { return nil }
        return cut(sealing: kind == .seal)
    }

    /// Takes the values of a run's body; returns the blocks that they end.
    package mutating func append(body: [UInt8], firstSlot slot: Slot, count: Int) -> [RawBlock] {
        body.withUnsafeBytes { append(body: $0, firstSlot: slot, count: count) }
    }

    /// Takes `count` encoded entries that lie one behind the other and fill `body`; returns the blocks that they end.
    /// Reads only the length and the kind of each, and copies each stretch between two cuts at once.
    package mutating func append(
        body: UnsafeRawBufferPointer, firstSlot slot: Slot, count newEntries: Int
    ) -> [RawBlock] {
        precondition(slot == next, "entries come in the order of their slots, without gaps")
        var blocks: [RawBlock] = []
        var copied = 0
        var end = 0
        for _ in 0..<newEntries {
            precondition(body.count - end >= Entry.headerLength, "the body holds as many entries as it is said to")
            let length = Int(UInt32(littleEndian: body.loadUnaligned(fromByteOffset: end, as: UInt32.self))) + 4
            precondition(length >= Entry.headerLength && length <= body.count - end, "the entry lies within the body")
            let seals = body[end + 4] == Entry.Kind.seal.rawValue
            end += length
            count += 1
            if seals || bytes.count + (end - copied) >= limits.blockBytes {
                bytes.append(contentsOf: body[copied..<end])
                copied = end
                blocks.append(cut(sealing: seals))
            }
        }
        precondition(end == body.count, "nothing stands behind the last entry of a body")
        if copied < end { bytes.append(contentsOf: body[copied..<end]) }
        return blocks
    }

    private mutating func cut(sealing: Bool) -> RawBlock {
        segmentBytes += bytes.count
        let endsSegment = BlockCutter.endsSegment(bytes: segmentBytes, limits: limits, sealing: sealing)
        let block = RawBlock(firstSlot: firstSlot, count: count, bytes: bytes, endsSegment: endsSegment)
        if endsSegment { segmentBytes = 0 }
        firstSlot = next
        count = 0
        bytes = []
        bytes.reserveCapacity(min(limits.blockBytes, 1 << 20) + 4096)
        return block
    }

    /// Whether a segment ends that holds so many raw bytes, the last block included.
    static func endsSegment(bytes: Int, limits: LogLimits, sealing: Bool) -> Bool {
        sealing || bytes >= limits.segmentBytes
    }
}

// Where each block of a sealed segment lies: written behind the last block, before the trailer.
// docs/log-format.md draws the layout.

package import Paxos

/// What an index says of a block; a header says it too.
package struct BlockPosition: Equatable, Sendable {
    package let offset: UInt64
    package let firstSlot: Slot
    package let count: Int
    package let rawLength: Int
    package let storedLength: Int

    package init(offset: UInt64, header: BlockHeader) {
        self.offset = offset
        firstSlot = header.firstSlot
        count = header.count
        rawLength = header.rawLength
        storedLength = header.storedLength
    }

    fileprivate init(decoding bytes: borrowing RawSpan, at start: Int) throws(SegmentFault) {
        offset = bytes.field(UInt64.self, at: start)
        let slot = bytes.field(UInt64.self, at: start + 8)
        count = Int(bytes.field(UInt32.self, at: start + 16))
        rawLength = Int(bytes.field(UInt32.self, at: start + 20))
        storedLength = Int(bytes.field(UInt32.self, at: start + 24))
        guard slot > 0, slot < 1 << 63, count > 0, offset < 1 << 62 else { throw .outOfBounds("a block's slots") }
        guard bytes.field(UInt32.self, at: start + 28) == 0 else { throw .reservedBytesInUse }
        firstSlot = Slot(slot)
    }

    package var lastSlot: Slot { firstSlot + (count - 1) }
    package var slots: ClosedRange<Slot> { firstSlot...lastSlot }
    /// Where the next block, or the index, begins.
    package var end: UInt64 { offset + UInt64(BlockHeader.length + storedLength) }
}

package struct SegmentIndex: Equatable, Sendable {
    package let blocks: [BlockPosition]

    package init(blocks: [BlockPosition]) {
        self.blocks = blocks
    }
}

extension SegmentIndex {
    private static let magic: UInt32 = 0x7864_499C
    private static let headLength = 8
    private static let entryLength = 32
    /// No segment has more blocks: what a reader may have to allocate is 32 times this.
    package static let mostBlocks = 4 << 20

    package static func length(blocks: Int) -> Int { headLength + entryLength * blocks + 8 }

    package var encodedLength: Int { SegmentIndex.length(blocks: blocks.count) }

    /// Writes the index to the first `encodedLength` of `bytes`.
    package func encode(to bytes: UnsafeMutableRawBufferPointer, segment: Slot) {
        bytes.storeField(SegmentIndex.magic, at: 0)
        bytes.storeField(UInt32(blocks.count), at: 4)
        var at = SegmentIndex.headLength
        for block in blocks {
            bytes.storeField(block.offset, at: at)
            bytes.storeField(block.firstSlot.rawValue, at: at + 8)
            bytes.storeField(UInt32(block.count), at: at + 16)
            bytes.storeField(UInt32(block.rawLength), at: at + 20)
            bytes.storeField(UInt32(block.storedLength), at: at + 24)
            bytes.storeField(UInt32(0), at: at + 28)
            at += SegmentIndex.entryLength
        }
        let checksum = SegmentChecksum.index(UnsafeRawBufferPointer(rebasing: bytes[..<at]), segment: segment)
        bytes.storeField(checksum, at: at)
    }

    /// How many blocks the index has that begins with these bytes; nil when none begins here.
    package static func blockCount(leading bytes: borrowing RawSpan) -> Int? {
        guard bytes.byteCount >= headLength, bytes.field(UInt32.self, at: 0) == magic else { return nil }
        let count = Int(bytes.field(UInt32.self, at: 4))
        return count > 0 && count <= mostBlocks ? count : nil
    }

    package init(decoding bytes: borrowing RawSpan, segment: Slot) throws(SegmentFault) {
        guard bytes.byteCount >= SegmentIndex.headLength else { throw .truncated }
        guard bytes.field(UInt32.self, at: 0) == SegmentIndex.magic else { throw .wrongMagic }
        guard let count = SegmentIndex.blockCount(leading: bytes) else { throw .outOfBounds("the number of blocks") }
        let end = SegmentIndex.headLength + SegmentIndex.entryLength * count
        guard bytes.byteCount >= end + 8 else { throw .truncated }
        let checksum = bytes.extracting(0..<end).withUnsafeBytes { SegmentChecksum.index($0, segment: segment) }
        guard checksum == bytes.field(UInt64.self, at: end) else { throw .wrongChecksum }
        var blocks: [BlockPosition] = []
        blocks.reserveCapacity(count)
        for at in stride(from: SegmentIndex.headLength, to: end, by: SegmentIndex.entryLength) {
            blocks.append(try BlockPosition(decoding: bytes, at: at))
        }
        self.init(blocks: blocks)
    }

    /// The block that holds `slot`.
    package func block(holding slot: Slot) -> BlockPosition? {
        guard let number = number(ofBlockAtOrBehind: slot), blocks[number].slots.contains(slot) else { return nil }
        return blocks[number]
    }

    /// Which block is the first that holds `slot` or one behind it, found by halving.
    package func number(ofBlockAtOrBehind slot: Slot) -> Int? {
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].lastSlot < slot { low = middle + 1 } else { high = middle }
        }
        return low < blocks.count ? low : nil
    }
}

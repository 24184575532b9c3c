// The last 96 bytes of a sealed segment: where the index is, and what the segment holds as a whole.
// docs/log-format.md draws the layout.

package import Paxos

package struct SegmentTrailer: Equatable, Sendable {
    package let blockCount: Int
    package let indexOffset: UInt64
    package let firstSlot: Slot
    package let lastSlot: Slot
    /// The raw bytes of all blocks.
    package let rawBytes: UInt64
    /// The chain digest of the last block.
    package let chainDigest: ChainDigest

    package init(
        blockCount: Int, indexOffset: UInt64, firstSlot: Slot, lastSlot: Slot, rawBytes: UInt64,
        chainDigest: ChainDigest
    ) {
        self.blockCount = blockCount
        self.indexOffset = indexOffset
        self.firstSlot = firstSlot
        self.lastSlot = lastSlot
        self.rawBytes = rawBytes
        self.chainDigest = chainDigest
    }

    /// How long the file is that ends with this trailer.
    package var fileLength: UInt64 {
        indexOffset + UInt64(SegmentIndex.length(blocks: blockCount) + SegmentTrailer.length)
    }
}

extension SegmentTrailer {
    package static let length = 96
    package static let version: UInt32 = 1
    private static let magic: UInt64 = 0x0A64_6E45_7861_509C
    private static let checksumOffset = 88

    /// Writes the trailer to the first 96 of `bytes`.
    package func encode(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeField(SegmentTrailer.magic, at: 0)
        bytes.storeField(SegmentTrailer.version, at: 8)
        bytes.storeField(UInt32(blockCount), at: 12)
        bytes.storeField(indexOffset, at: 16)
        bytes.storeField(firstSlot.rawValue, at: 24)
        bytes.storeField(lastSlot.rawValue, at: 32)
        bytes.storeField(rawBytes, at: 40)
        chainDigest.store(to: bytes, at: 48)
        bytes.storeField(UInt64(0), at: 80)
        let covered = UnsafeRawBufferPointer(rebasing: bytes[..<SegmentTrailer.checksumOffset])
        bytes.storeField(SegmentChecksum.trailer(covered), at: SegmentTrailer.checksumOffset)
    }

    package init(decoding bytes: borrowing RawSpan) throws(SegmentFault) {
        guard bytes.byteCount >= SegmentTrailer.length else { throw .truncated }
        guard bytes.field(UInt64.self, at: 0) == SegmentTrailer.magic else { throw .wrongMagic }
        let checksum = bytes.extracting(0..<SegmentTrailer.checksumOffset).withUnsafeBytes { covered in
            SegmentChecksum.trailer(covered)
        }
        guard checksum == bytes.field(UInt64.self, at: SegmentTrailer.checksumOffset) else { throw .wrongChecksum }
        let version = bytes.field(UInt32.self, at: 8)
        guard version == SegmentTrailer.version else { throw .unsupportedVersion(version) }
        guard bytes.field(UInt64.self, at: 80) == 0 else { throw .reservedBytesInUse }
        let blockCount = Int(bytes.field(UInt32.self, at: 12))
        let indexOffset = bytes.field(UInt64.self, at: 16)
        let firstSlot = bytes.field(UInt64.self, at: 24)
        let lastSlot = bytes.field(UInt64.self, at: 32)
        guard blockCount > 0, blockCount <= SegmentIndex.mostBlocks, indexOffset < 1 << 62 else {
            throw .outOfBounds("the number of blocks")
        }
        guard firstSlot > 0, lastSlot >= firstSlot, lastSlot < 1 << 63 else { throw .outOfBounds("the slot range") }
        self.init(
            blockCount: blockCount, indexOffset: indexOffset, firstSlot: Slot(firstSlot), lastSlot: Slot(lastSlot),
            rawBytes: bytes.field(UInt64.self, at: 40), chainDigest: ChainDigest(loading: bytes, at: 48))
    }
}

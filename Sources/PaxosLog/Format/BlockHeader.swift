// The 80 bytes before a block's zstd frame. It stands under a checksum of its own, so that when the frame is damaged it
// is still known which slots are lost and where the next block begins. docs/log-format.md draws the layout.

package import Paxos

package struct BlockHeader: Equatable, Sendable {
    package let firstSlot: Slot
    package let count: Int
    package let rawLength: Int
    package let storedLength: Int
    /// Over everything up to and with this block.
    package let chainDigest: ChainDigest
    package let storedChecksum: UInt64
    /// Why this version cannot read the block, though its header is intact and says where the next one begins.
    package let unreadable: SegmentFault?

    package init(
        firstSlot: Slot, count: Int, rawLength: Int, storedLength: Int, chainDigest: ChainDigest, storedChecksum: UInt64
    ) {
        self.init(
            firstSlot: firstSlot, count: count, rawLength: rawLength, storedLength: storedLength,
            chainDigest: chainDigest, storedChecksum: storedChecksum, unreadable: nil)
    }

    private init(
        firstSlot: Slot, count: Int, rawLength: Int, storedLength: Int, chainDigest: ChainDigest,
        storedChecksum: UInt64, unreadable: SegmentFault?
    ) {
        self.firstSlot = firstSlot
        self.count = count
        self.rawLength = rawLength
        self.storedLength = storedLength
        self.chainDigest = chainDigest
        self.storedChecksum = storedChecksum
        self.unreadable = unreadable
    }

    package var lastSlot: Slot { firstSlot + (count - 1) }
    package var slots: ClosedRange<Slot> { firstSlot...lastSlot }
}

extension BlockHeader {
    package static let length = 80
    package static let version: UInt8 = 1
    /// One independent zstd frame.
    package static let zstdCodec: UInt8 = 1
    /// No block is longer, whatever a header says: what a reader may have to allocate.
    package static let longestRaw = 32 << 20
    /// The first byte of the magic, which no UTF-8 text begins with, is what a search for a header looks for.
    static let magic: UInt32 = 0x6B6C_429C
    static let firstMagicByte: UInt8 = 0x9C
    private static let checksumOffset = 72

    /// Writes the header to the first 80 of `bytes`, for a block at `offset` of the segment that begins with `segment`.
    package func encode(to bytes: UnsafeMutableRawBufferPointer, segment: Slot, offset: UInt64) {
        precondition(unreadable == nil, "only what this version reads is written")
        bytes.storeField(BlockHeader.magic, at: 0)
        bytes.storeField(BlockHeader.version, at: 4)
        bytes.storeField(BlockHeader.zstdCodec, at: 5)
        bytes.storeField(UInt16(0), at: 6)
        bytes.storeField(firstSlot.rawValue, at: 8)
        bytes.storeField(UInt32(count), at: 16)
        bytes.storeField(UInt32(rawLength), at: 20)
        bytes.storeField(UInt32(storedLength), at: 24)
        bytes.storeField(UInt32(0), at: 28)
        chainDigest.store(to: bytes, at: 32)
        bytes.storeField(storedChecksum, at: 64)
        let covered = UnsafeRawBufferPointer(rebasing: bytes[..<BlockHeader.checksumOffset])
        let checksum = SegmentChecksum.blockHeader(covered, segment: segment, offset: offset)
        bytes.storeField(checksum, at: BlockHeader.checksumOffset)
    }

    /// Reads the header of a block at `offset` of the segment that begins with `segment`.
    package init(decoding bytes: borrowing RawSpan, segment: Slot, offset: UInt64) throws(SegmentFault) {
        guard bytes.byteCount >= BlockHeader.length else { throw .truncated }
        guard bytes.field(UInt32.self, at: 0) == BlockHeader.magic else { throw .wrongMagic }
        let checksum = bytes.extracting(0..<BlockHeader.checksumOffset).withUnsafeBytes { covered in
            SegmentChecksum.blockHeader(covered, segment: segment, offset: offset)
        }
        guard checksum == bytes.field(UInt64.self, at: BlockHeader.checksumOffset) else { throw .wrongChecksum }
        let firstSlot = bytes.field(UInt64.self, at: 8)
        let count = Int(bytes.field(UInt32.self, at: 16))
        let rawLength = Int(bytes.field(UInt32.self, at: 20))
        let storedLength = Int(bytes.field(UInt32.self, at: 24))
        guard firstSlot > 0, firstSlot < 1 << 63, count > 0 else { throw .outOfBounds("the slot range") }
        guard rawLength <= BlockHeader.longestRaw, rawLength >= count * Entry.headerLength else {
            throw .outOfBounds("the raw length")
        }
        guard storedLength > 0, storedLength <= BlockCompressor.bound(BlockHeader.longestRaw) else {
            throw .outOfBounds("the stored length")
        }
        self.init(
            firstSlot: Slot(firstSlot), count: count, rawLength: rawLength, storedLength: storedLength,
            chainDigest: ChainDigest(loading: bytes, at: 32), storedChecksum: bytes.field(UInt64.self, at: 64),
            unreadable: BlockHeader.unreadable(bytes))
    }

    private static func unreadable(_ bytes: borrowing RawSpan) -> SegmentFault? {
        let version = bytes.field(UInt8.self, at: 4)
        if version != BlockHeader.version { return .unsupportedVersion(UInt32(version)) }
        let codec = bytes.field(UInt8.self, at: 5)
        if codec != BlockHeader.zstdCodec { return .unsupportedCodec(codec) }
        let reserved = UInt32(bytes.field(UInt16.self, at: 6)) | bytes.field(UInt32.self, at: 28)
        return reserved == 0 ? nil : .reservedBytesInUse
    }
}

// The 40 bytes before each zstd frame of a snapshot, under a checksum of their own. docs/log-format.md draws the layout.

import Paxos

struct SnapshotBlockHeader: Equatable, Sendable {
    enum Kind: UInt8, Sendable {
        case sessions = 1
        case keys = 2
    }

    let kind: Kind
    /// How many keys the block holds; 0 for a part of the sessions.
    let count: Int
    let rawLength: Int
    let storedLength: Int
    let storedChecksum: UInt64
}

extension SnapshotBlockHeader {
    static let length = 40
    private static let version: UInt8 = 1
    private static let magic: UInt32 = 0x6B42_539C
    private static let checksumOffset = 32
    /// A block of keys ends with the key that brings its raw bytes to this many; a block of sessions holds this many.
    static let rawBytes = 64 << 10

    /// Writes the header to the first 40 of `bytes`, for a block at `offset` of the snapshot of `slot`.
    func encode(to bytes: UnsafeMutableRawBufferPointer, of slot: Slot, offset: UInt64) {
        bytes.storeField(SnapshotBlockHeader.magic, at: 0)
        bytes.storeField(SnapshotBlockHeader.version, at: 4)
        bytes.storeField(BlockHeader.zstdCodec, at: 5)
        bytes.storeField(kind.rawValue, at: 6)
        bytes.storeField(UInt8(0), at: 7)
        bytes.storeField(UInt32(count), at: 8)
        bytes.storeField(UInt32(rawLength), at: 12)
        bytes.storeField(UInt32(storedLength), at: 16)
        bytes.storeField(UInt32(0), at: 20)
        bytes.storeField(storedChecksum, at: 24)
        let covered = UnsafeRawBufferPointer(rebasing: bytes[..<SnapshotBlockHeader.checksumOffset])
        let checksum = SnapshotChecksum.blockHeader(covered, of: slot, offset: offset)
        bytes.storeField(checksum, at: SnapshotBlockHeader.checksumOffset)
    }

    init(decoding bytes: borrowing RawSpan, of slot: Slot, offset: UInt64) throws(SegmentFault) {
        guard bytes.byteCount >= SnapshotBlockHeader.length else { throw .truncated }
        guard bytes.field(UInt32.self, at: 0) == SnapshotBlockHeader.magic else { throw .wrongMagic }
        let checksum = bytes.extracting(0..<SnapshotBlockHeader.checksumOffset).withUnsafeBytes { covered in
            SnapshotChecksum.blockHeader(covered, of: slot, offset: offset)
        }
        guard checksum == bytes.field(UInt64.self, at: SnapshotBlockHeader.checksumOffset) else {
            throw .wrongChecksum
        }
        let version = bytes.field(UInt8.self, at: 4)
        guard version == SnapshotBlockHeader.version else { throw .unsupportedVersion(UInt32(version)) }
        let codec = bytes.field(UInt8.self, at: 5)
        guard codec == BlockHeader.zstdCodec else { throw .unsupportedCodec(codec) }
        guard bytes.field(UInt8.self, at: 7) == 0, bytes.field(UInt32.self, at: 20) == 0 else {
            throw .reservedBytesInUse
        }
        guard let kind = Kind(rawValue: bytes.field(UInt8.self, at: 6)) else { throw .outOfBounds("the kind") }
        let count = Int(bytes.field(UInt32.self, at: 8))
        guard (kind == .keys) == (count > 0) else { throw .outOfBounds("the number of keys") }
        let rawLength = Int(bytes.field(UInt32.self, at: 12))
        let storedLength = Int(bytes.field(UInt32.self, at: 16))
        guard rawLength > 0, rawLength <= BlockHeader.longestRaw else { throw .outOfBounds("the raw length") }
        guard storedLength > 0, storedLength <= BlockCompressor.bound(BlockHeader.longestRaw) else {
            throw .outOfBounds("the stored length")
        }
        self.init(
            kind: kind, count: count, rawLength: rawLength, storedLength: storedLength,
            storedChecksum: bytes.field(UInt64.self, at: 24))
    }
}

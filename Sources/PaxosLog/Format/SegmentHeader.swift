// The first 80 bytes of a segment: which log it is a part of, and how it joins what goes before.
// docs/log-format.md draws the layout.

package import Paxos

package struct SegmentHeader: Equatable, Sendable {
    package let cluster: UniqueID
    package let firstSlot: Slot
    /// The chain digest of the block before the first of this segment.
    package let previousDigest: ChainDigest

    package init(cluster: UniqueID, firstSlot: Slot, previousDigest: ChainDigest) {
        precondition(firstSlot > .zero, "slot zero holds no entry, and begins no segment")
        self.cluster = cluster
        self.firstSlot = firstSlot
        self.previousDigest = previousDigest
    }
}

extension SegmentHeader {
    package static let length = 80
    package static let version: UInt32 = 1
    private static let magic: UInt64 = 0x0A67_6F4C_7861_509C
    private static let checksumOffset = 72

    /// Writes the header to the first 80 of `bytes`.
    package func encode(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeField(SegmentHeader.magic, at: 0)
        bytes.storeField(SegmentHeader.version, at: 8)
        bytes.storeField(UInt32(0), at: 12)
        bytes.storeField(cluster.high, at: 16)
        bytes.storeField(cluster.low, at: 24)
        bytes.storeField(firstSlot.rawValue, at: 32)
        previousDigest.store(to: bytes, at: 40)
        let checksum = SegmentChecksum.segmentHeader(UnsafeRawBufferPointer(rebasing: bytes[..<72]))
        bytes.storeField(checksum, at: SegmentHeader.checksumOffset)
    }

    package init(decoding bytes: borrowing RawSpan) throws(SegmentFault) {
        guard bytes.byteCount >= SegmentHeader.length else { throw .truncated }
        guard bytes.field(UInt64.self, at: 0) == SegmentHeader.magic else { throw .wrongMagic }
        guard SegmentHeader.checksum(of: bytes) == bytes.field(UInt64.self, at: SegmentHeader.checksumOffset) else {
            throw .wrongChecksum
        }
        let version = bytes.field(UInt32.self, at: 8)
        guard version == SegmentHeader.version else { throw .unsupportedVersion(version) }
        guard bytes.field(UInt32.self, at: 12) == 0 else { throw .reservedBytesInUse }
        let firstSlot = bytes.field(UInt64.self, at: 32)
        guard firstSlot > 0 else { throw .outOfBounds("the first slot") }
        self.init(
            cluster: UniqueID(high: bytes.field(UInt64.self, at: 16), low: bytes.field(UInt64.self, at: 24)),
            firstSlot: Slot(firstSlot), previousDigest: ChainDigest(loading: bytes, at: 40))
    }

    private static func checksum(of bytes: borrowing RawSpan) -> UInt64 {
        bytes.extracting(0..<checksumOffset).withUnsafeBytes { SegmentChecksum.segmentHeader($0) }
    }
}

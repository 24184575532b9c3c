// The last 56 bytes of a snapshot: where the index is, and how much there is in all. docs/log-format.md draws the layout.

import Paxos

struct SnapshotTrailer: Equatable, Sendable {
    let slot: Slot
    let indexOffset: UInt64
    let keys: UInt64
    /// The raw bytes of all blocks.
    let rawBytes: UInt64
}

extension SnapshotTrailer {
    static let length = 56
    private static let magic: UInt64 = 0x0A64_6E45_6E53_509C
    private static let checksumOffset = 48

    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: SnapshotTrailer.length)
        bytes.withUnsafeMutableBytes { bytes in
            bytes.storeField(SnapshotTrailer.magic, at: 0)
            bytes.storeField(SnapshotHeader.version, at: 8)
            bytes.storeField(slot.rawValue, at: 16)
            bytes.storeField(indexOffset, at: 24)
            bytes.storeField(keys, at: 32)
            bytes.storeField(rawBytes, at: 40)
            let covered = UnsafeRawBufferPointer(rebasing: bytes[..<SnapshotTrailer.checksumOffset])
            bytes.storeField(SnapshotChecksum.trailer(covered), at: SnapshotTrailer.checksumOffset)
        }
        return bytes
    }

    init(decoding bytes: borrowing RawSpan) throws(SegmentFault) {
        guard bytes.byteCount >= SnapshotTrailer.length else { throw .truncated }
        guard bytes.field(UInt64.self, at: 0) == SnapshotTrailer.magic else { throw .wrongMagic }
        let checksum = bytes.extracting(0..<SnapshotTrailer.checksumOffset).withUnsafeBytes { covered in
            SnapshotChecksum.trailer(covered)
        }
        guard checksum == bytes.field(UInt64.self, at: SnapshotTrailer.checksumOffset) else { throw .wrongChecksum }
        let version = bytes.field(UInt32.self, at: 8)
        guard version == SnapshotHeader.version else { throw .unsupportedVersion(version) }
        guard bytes.field(UInt32.self, at: 12) == 0 else { throw .reservedBytesInUse }
        self.init(
            slot: Slot(bytes.field(UInt64.self, at: 16)), indexOffset: bytes.field(UInt64.self, at: 24),
            keys: bytes.field(UInt64.self, at: 32), rawBytes: bytes.field(UInt64.self, at: 40))
    }
}

// Reads the blocks of a snapshot and verifies each by itself: checksums, frame, and the keys in it.

import Paxos

/// What one block holds.
package enum SnapshotPiece: Sendable {
    /// The next part of the sessions.
    case sessions([UInt8])
    case keys(SnapshotKeys)
}

/// Keys in their order, and where each lies in `bytes`.
package struct SnapshotKeys: Sendable {
    package let bytes: [UInt8]
    package let places: [SnapshotKey]
}

struct SnapshotBlocks: ~Copyable, Sendable {
    private let reader: SnapshotReader
    private var decompressor = BlockDecompressor()

    init(_ reader: SnapshotReader) {
        self.reader = reader
    }

    /// The block at `offset`, which ends at `limit` at the latest, and where it ends.
    mutating func read(
        at offset: UInt64, limit: UInt64
    ) throws(StorageError) -> (piece: SnapshotPiece, end: UInt64) {
        let file = reader.file
        let bytes = try file.bytes(at: offset, count: SnapshotBlockHeader.length)
        let header = try file.decode("the block's header", at: offset) { () throws(SegmentFault) in
            try SnapshotBlockHeader(decoding: bytes.span.bytes, of: reader.header.slot, offset: offset)
        }
        let start = offset + UInt64(SnapshotBlockHeader.length)
        let end = start + UInt64(header.storedLength)
        guard end <= limit else { throw file.corrupt("the block is cut short", at: offset) }
        let stored = try file.bytes(at: start, count: header.storedLength)
        guard stored.span.bytes.withUnsafeBytes({ SnapshotChecksum.stored($0) }) == header.storedChecksum else {
            throw file.corrupt("the block's stored bytes do not match their checksum", at: offset)
        }
        var isWhole = false
        let raw = [UInt8](unsafeUninitializedCapacity: header.rawLength) { target, count in
            stored.withUnsafeBytes { stored in
                isWhole = decompressor.decompress(stored, into: UnsafeMutableRawBufferPointer(target))
            }
            count = isWhole ? header.rawLength : 0
        }
        guard isWhole else {
            throw file.corrupt("the block is not one zstd frame of the length that its header says", at: offset)
        }
        guard header.kind == .keys else { return (.sessions(raw), end) }
        let places = try file.decode("the block", at: offset) { () throws(SegmentFault) in
            try SnapshotBlocks.places(in: raw.span.bytes, count: header.count, through: reader.header.slot)
        }
        return (.keys(SnapshotKeys(bytes: raw, places: places)), end)
    }

    /// Exactly `count` keys that ascend and fill the bytes.
    private static func places(
        in bytes: borrowing RawSpan, count: Int, through slot: Slot
    ) throws(SegmentFault) -> [SnapshotKey] {
        guard count <= bytes.byteCount / SnapshotKey.headerLength else { throw .outOfBounds("the count") }
        var places: [SnapshotKey] = []
        places.reserveCapacity(count)
        var offset = 0
        for _ in 0..<count {
            let place = try SnapshotKey(in: bytes, at: offset, through: slot)
            if let last = places.last {
                guard bytes.extracting(last.key).sorts(before: bytes.extracting(place.key)) else {
                    throw .outOfBounds("the order of the keys")
                }
            }
            places.append(place)
            offset = place.value.upperBound
        }
        guard offset == bytes.byteCount else { throw .outOfBounds("the count") }
        return places
    }
}

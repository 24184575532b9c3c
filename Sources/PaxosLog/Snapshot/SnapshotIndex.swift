// Where each block of keys lies in a snapshot, and the key that it begins with. docs/log-format.md draws the layout.

import Paxos

struct SnapshotIndex: Equatable, Sendable {
    struct Block: Equatable, Sendable {
        var offset: UInt64
        var count: Int
        var firstKey: [UInt8]
    }

    var blocks: [Block] = []
}

extension SnapshotIndex {
    private static let magic: UInt32 = 0x7849_539C
    private static let headLength = 8
    private static let blockLength = 16

    func encoded(of slot: Slot) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(SnapshotIndex.magic)
        bytes.appendLittleEndian(UInt32(blocks.count))
        for block in blocks {
            bytes.appendLittleEndian(block.offset)
            bytes.appendLittleEndian(UInt32(block.count))
            bytes.appendLittleEndian(UInt32(block.firstKey.count))
            bytes.append(contentsOf: block.firstKey)
        }
        bytes.appendLittleEndian(bytes.withUnsafeBytes { SnapshotChecksum.index($0, of: slot) })
        return bytes
    }

    /// Reads exactly what `encoded` writes.
    init(decoding bytes: borrowing RawSpan, of slot: Slot) throws(SegmentFault) {
        let end = bytes.byteCount - 8
        guard end >= SnapshotIndex.headLength else { throw .truncated }
        guard bytes.field(UInt32.self, at: 0) == SnapshotIndex.magic else { throw .wrongMagic }
        let checksum = bytes.extracting(0..<end).withUnsafeBytes { SnapshotChecksum.index($0, of: slot) }
        guard checksum == bytes.field(UInt64.self, at: end) else { throw .wrongChecksum }
        var at = SnapshotIndex.headLength
        for _ in 0..<Int(bytes.field(UInt32.self, at: 4)) {
            let start = at + SnapshotIndex.blockLength
            guard start <= end else { throw .truncated }
            let offset = bytes.field(UInt64.self, at: at)
            guard offset < 1 << 62 else { throw .outOfBounds("where a block is") }
            let length = Int(bytes.field(UInt32.self, at: at + 12))
            guard length <= end - start else { throw .truncated }
            let key = bytes.extracting(start..<(start + length)).withUnsafeBytes { [UInt8]($0) }
            blocks.append(
                Block(offset: offset, count: Int(bytes.field(UInt32.self, at: at + 8)), firstKey: key))
            at = start + length
        }
        guard at == end else { throw .outOfBounds("the number of blocks") }
    }

    /// The block that holds `key`, if any does.
    func block(for key: [UInt8]) -> Block? {
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            let first = blocks[middle].firstKey
            if key.span.bytes.sorts(before: first.span.bytes) { high = middle } else { low = middle + 1 }
        }
        return low > 0 ? blocks[low - 1] : nil
    }
}

// Reads a snapshot from front to back, a block at a time: the sessions, then the keys in their order. What it gives out is
// verified; and when it has come to the end, so is the file as a whole.

import Paxos

package struct SnapshotCursor: ~Copyable, Sendable {
    private let reader: SnapshotReader
    private let index: SnapshotIndex
    private let trailer: SnapshotTrailer
    private var blocks: SnapshotBlocks
    private var offset: UInt64
    private var found = SnapshotIndex()
    private var lastKey: [UInt8] = []
    private var keys: UInt64 = 0
    private var sessionBytes: UInt64 = 0
    private var rawBytes: UInt64 = 0

    init(_ reader: SnapshotReader, _ end: (index: SnapshotIndex, trailer: SnapshotTrailer)) {
        self.reader = reader
        (index, trailer) = end
        blocks = SnapshotBlocks(reader)
        offset = UInt64(reader.header.encodedLength)
    }

    /// What comes next; nil at the end.
    /// - Throws: `.corrupt` with what is damaged.
    package mutating func next() throws(StorageError) -> SnapshotPiece? {
        guard offset < trailer.indexOffset else {
            try finish()
            return nil
        }
        let (piece, end) = try blocks.read(at: offset, limit: trailer.indexOffset)
        switch piece {
        case .sessions(let bytes):
            guard keys == 0 else { throw reader.file.corrupt("sessions stand behind keys", at: offset) }
            sessionBytes += UInt64(bytes.count)
            rawBytes += UInt64(bytes.count)
        case .keys(let block):
            let firstKey = Array(block.bytes[block.places[0].key])
            guard keys == 0 || lastKey.span.bytes.sorts(before: firstKey.span.bytes) else {
                throw reader.file.corrupt("the block does not go on behind the key before it", at: offset)
            }
            found.blocks.append(SnapshotIndex.Block(offset: offset, count: block.places.count, firstKey: firstKey))
            lastKey = Array(block.bytes[block.places[block.places.count - 1].key])
            keys += UInt64(block.places.count)
            rawBytes += UInt64(block.bytes.count)
        }
        offset = end
        return piece
    }

    /// Holds what was read against what header, index and trailer say of it.
    private func finish() throws(StorageError) {
        let file = reader.file
        guard offset == trailer.indexOffset, found == index else {
            throw file.corrupt("the index does not say where the blocks are", at: trailer.indexOffset)
        }
        guard sessionBytes == reader.header.sessionBytes else {
            throw file.corrupt("the sessions are not as long as the header says", at: 0)
        }
        guard keys == trailer.keys, rawBytes == trailer.rawBytes else {
            throw file.corrupt(
                "the trailer does not agree with the blocks",
                at: trailer.indexOffset + UInt64(index.encoded(of: reader.header.slot).count))
        }
    }
}

// What a segment's file says of itself where its headers are intact, however damaged the rest is: enough to tell whether
// another copy of it is the same. It reads no payload.

package import Paxos

package struct SegmentClaims: Sendable {
    /// The chain digest before the segment; nil where its header is damaged.
    package var previousDigest: ChainDigest?
    /// Where the last block ends whose header, or the trailer behind it, is intact; nil where none is.
    package var end: BlockEnd?
    /// Whether that is the segment's end, by a trailer.
    package var isSealed: Bool

    /// A place in the log where a block ends, and where that lies in the segment's file.
    package struct BlockEnd: Equatable, Sendable {
        package var slot: Slot
        package var chainDigest: ChainDigest
        package var offset: UInt64
    }
}

extension ChosenLogReader {
    package func claims(of name: SegmentName) throws(StorageError) -> SegmentClaims {
        let segment = try SegmentFile(fileSystem, directory: directory, name: name)
        let header = try? segment.header.get()
        var claims = SegmentClaims(previousDigest: header?.previousDigest, end: nil, isSealed: segment.trailer != nil)
        if let trailer = segment.trailer {
            claims.end = .init(
                slot: trailer.lastSlot, chainDigest: trailer.chainDigest, offset: trailer.indexOffset)
        } else {
            var cursor = try cursor(from: name.firstSlot, depth: .headers, through: name)
            while let finding = try cursor.next() {
                if case .block(let block) = finding { claims.end = block.end }
            }
        }
        return claims
    }
}

extension LogBlock {
    package var end: SegmentClaims.BlockEnd {
        SegmentClaims.BlockEnd(
            slot: header.lastSlot, chainDigest: header.chainDigest,
            offset: offset + UInt64(BlockHeader.length + header.storedLength))
    }
}

// What stands behind a segment's last block: nothing yet, or an index and a trailer, which must agree with the blocks.
// No slot is lost by damage here: the blocks say all that the index says.

import Paxos

extension SegmentWalk {
    /// The trailer is valid, and the blocks before the index have been read.
    mutating func finishSealed() throws(StorageError) {
        guard let trailer = segment.trailer else { preconditionFailure("only a sealed segment has a sealed end") }
        isFinished = true
        if case .failure(let fault) = segment.index {
            report(.corrupt, at: trailer.indexOffset, slots: nil, "the index: \(fault)")
        }
        if position.next <= trailer.lastSlot {
            report(.gap, slots: position.next...trailer.lastSlot, "no block holds these slots, which the trailer names")
            position.next = trailer.lastSlot.next
            position.digest = nil
        }
        let isWrong =
            trailer.lastSlot.next != position.next || trailer.firstSlot != segment.name.firstSlot
            || (position.digest ?? trailer.chainDigest) != trailer.chainDigest
            || (isComplete && trailer.rawBytes != rawBytes)
        if isWrong {
            report(.corrupt, at: trailerOffset, slots: nil, "the trailer does not agree with the blocks")
        }
        position.digest = trailer.chainDigest
    }

    private var trailerOffset: UInt64 { segment.size - UInt64(SegmentTrailer.length) }

    /// The file ends behind a whole block.
    mutating func finishUnsealed() throws(StorageError) {
        if isLast, try reread() { return }
        isFinished = true
        if let nextFirst {
            let lost = position.next < nextFirst ? position.next...nextFirst.previous : nil
            report(.corrupt, slots: lost, "the segment ends without its index and trailer")
            if lost != nil { position.digest = nil }
            position.next = max(position.next, nextFirst)
        } else if offset == UInt64(SegmentHeader.length) {
            report(.tornTail, slots: position.next...position.next, "the segment holds no block")
        }
    }

    /// Something other than a block follows the last block of a segment that has no valid trailer.
    mutating func readSeal() throws(StorageError) {
        guard let index = try segment.index(at: offset) else {
            if try reportTornSeal() { return }
            isFinished = true
            return report(.corrupt, slots: nil, "the index is damaged")
        }
        let trailerStart = offset + UInt64(index.encodedLength)
        let bytes = try segment.file.bytes(at: trailerStart, count: SegmentTrailer.length)
        do {
            _ = try SegmentTrailer(decoding: bytes.span.bytes)
            isFinished = true
            report(.corrupt, at: trailerStart, slots: nil, "the trailer does not fit where it stands")
        } catch {
            if try reportTornSeal() { return }
            isFinished = true
            if case .unsupportedVersion = error {
                report(.unknownVersion, at: trailerStart, slots: nil, "the trailer: \(error)")
            } else {
                report(.corrupt, at: trailerStart, slots: nil, "the trailer: \(error)")
            }
        }
    }

    private mutating func reportTornSeal() throws(StorageError) -> Bool {
        guard isLast else { return false }
        guard try segment.looksUnwritten(offset..<max(segment.size, sealEnd), from: offset) else { return false }
        if try reread() { return true }
        isFinished = true
        report(.tornTail, slots: nil, "the index and trailer were not written to their end; every block is whole")
        return true
    }

    /// Where the file will end that is sealed behind the blocks read so far.
    private var sealEnd: UInt64 {
        offset + UInt64(SegmentIndex.length(blocks: blocks.count) + SegmentTrailer.length)
    }
}

extension SegmentFile {
    /// Whether what stands at `offset` begins as an index does, whether or not it is whole.
    func startsIndex(at offset: UInt64) throws(StorageError) -> Bool {
        let head = try file.bytes(at: offset, count: 8)
        return SegmentIndex.blockCount(leading: head.span.bytes) != nil
    }
}

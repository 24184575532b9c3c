// Begins a walk in the middle of a segment: by its index where it is sealed, else by the headers before the slot.

import Paxos

extension SegmentWalk {
    /// Goes to the block that holds `slot`, or the first behind it; what is damaged before it is not reported.
    mutating func seek(to slot: Slot, _ verifiers: inout BlockVerifiers) throws(StorageError) {
        if case .success(let index) = segment.index {
            if let number = index.number(ofBlockAtOrBehind: slot) { try seek(toBlock: number, of: index) }
        } else {
            try seekByHeaders(to: slot, &verifiers)
        }
    }

    private mutating func seek(toBlock number: Int, of index: SegmentIndex) throws(StorageError) {
        // No block stands in the segment's header, whatever a damaged index says; the blocks are read from the first on.
        guard number > 0, index.blocks[number].offset >= UInt64(SegmentHeader.length) else { return }
        let header = try segment.blockHeader(at: index.blocks[number - 1].offset)
        position.digest = (try? header.get())?.chainDigest
        position.next = index.blocks[number].firstSlot
        offset = index.blocks[number].offset
        isComplete = false
    }

    private mutating func seekByHeaders(to slot: Slot, _ verifiers: inout BlockVerifiers) throws(StorageError) {
        let wanted = depth
        depth = .headers
        defer { depth = wanted }
        var before: (end: Slot, digest: ChainDigest?) = (position.next, position.digest)
        while let finding = try next(&verifiers) {
            switch finding {
            case .block(let block) where block.header.lastSlot < slot:
                before = (block.header.lastSlot.next, block.header.chainDigest)
            case .damage(let damage) where (damage.slots?.upperBound ?? .zero) < slot:
                continue
            case .block(let block):
                return rewind(to: block, digest: before.end == block.header.firstSlot ? before.digest : nil)
            case .damage:
                if case .block(let block)? = found.first { rewind(to: block, digest: nil) }
                found = [finding]
                return
            }
        }
    }

    /// Undoes the reading of the block that was read last.
    private mutating func rewind(to block: LogBlock, digest: ChainDigest?) {
        found = []
        isFinished = false
        offset = block.offset
        blocksEnd = block.offset
        rawBytes -= UInt64(block.header.rawLength)
        blocks.removeLast()
        position.next = block.header.firstSlot
        position.digest = digest
    }
}

// What a damaged block costs, and where reading goes on behind it. At the end of the last segment it tells what a crash
// tore, which was never acknowledged, from what was durable once.

import Paxos

extension SegmentWalk {
    /// A writer syncs at least whenever so many stored bytes have gathered, so that a whole block this far behind a
    /// damaged one proves that the damaged one was durable.
    static let syncWindow: UInt64 = 1 << 20

    /// The file ends, or the index begins, before this block does.
    mutating func passBlockCutShort(_ header: BlockHeader) throws(StorageError) {
        if try reportTear(of: offset..<(offset + UInt64(BlockHeader.length + header.storedLength)), header) { return }
        let last = max(lastSlotOfSegment ?? header.lastSlot, header.lastSlot)
        report(.corrupt, slots: header.firstSlot...last, "the block is cut short")
        position.next = max(position.next, last.next)
        position.digest = nil
        isFinished = true
    }

    mutating func passDamagedPayload(_ header: BlockHeader) throws(StorageError) {
        let end = offset + UInt64(BlockHeader.length + header.storedLength)
        if try reportTear(of: offset..<end, header) { return }
        report(.corrupt, slots: header.slots, "the block's stored bytes do not match their checksum")
        skip(header, to: end)
    }

    mutating func passDamagedHeader(_ fault: SegmentFault) throws(StorageError) {
        if try reportTear(of: offset..<(offset + UInt64(BlockHeader.length)), nil) { return }
        isComplete = false
        if case .success(let index) = segment.index, let block = index.block(holding: position.next),
            block.offset == offset, block.end <= limit
        {
            report(.corrupt, slots: block.slots, "the block's header: \(fault)")
            resume(at: block.end, slot: block.lastSlot.next)
        } else if let next = try segment.nextBlock(from: offset + 1, to: limit, slots: slotsBehind) {
            report(.corrupt, slots: position.next...next.header.firstSlot.previous, "the block's header: \(fault)")
            resume(at: next.offset, slot: next.header.firstSlot)
        } else {
            try passRest(fault)
        }
    }

    private mutating func resume(at offset: UInt64, slot: Slot) {
        self.offset = offset
        position.next = slot
        position.digest = nil
    }

    /// No whole block stands behind the damage at `offset`.
    private mutating func passRest(_ fault: SegmentFault) throws(StorageError) {
        isFinished = true
        // Without a next segment or a trailer, nothing tells how far the lost block went; one slot it did hold.
        let last = lastSlotOfSegment ?? position.next
        guard last >= position.next else {
            return report(.corrupt, slots: nil, "neither a block nor an index stands here: \(fault)")
        }
        report(.corrupt, slots: position.next...last, "the block's header: \(fault)")
        position.next = last.next
        position.digest = nil
    }

    /// The last slot that belongs into this segment, where what stands behind its blocks tells.
    var lastSlotOfSegment: Slot? { segment.trailer?.lastSlot ?? nextFirst?.previous }

    /// Where the slots of blocks behind damage at `position.next` may lie: a damaged block held at least one.
    private var slotsBehind: ClosedRange<Slot> {
        let first = offset == 0 ? position.next : position.next.next
        return first...max(first, lastSlotOfSegment ?? Slot(1 << 62))
    }

    /// If a crash kept the segment's header from the disk, reports the whole file as the torn tail, and ends.
    mutating func reportTornStart() throws(StorageError) -> Bool {
        let firstBlock = offset
        offset = 0
        if try reportTear(of: 0..<UInt64(SegmentHeader.length), nil) { return true }
        offset = firstBlock
        return false
    }

    /// If what is wrong with the bytes of `damaged` is that a crash kept them from the disk, reports all from `offset`
    /// on as the torn tail, and ends. `header` is that of the block at `offset`, if it is intact.
    private mutating func reportTear(of damaged: Range<UInt64>, _ header: BlockHeader?) throws(StorageError) -> Bool {
        guard isLast, try segment.looksUnwritten(damaged, from: offset) else { return false }
        if try reread() { return true }
        if try segment.nextBlock(from: offset + SegmentWalk.syncWindow, to: segment.size, slots: slotsBehind) != nil {
            return false
        }
        // The header may be of a block that repeats slots.
        var last = max(header?.lastSlot ?? position.next, position.next)
        var from = offset + 1
        while let next = try segment.nextBlock(from: from, to: segment.size, slots: slotsBehind) {
            last = max(last, next.header.lastSlot)
            from = next.offset + 1
        }
        report(.tornTail, slots: position.next...last, "the block was not written to its end")
        isFinished = true
        return true
    }

    /// A writer may have gone on meanwhile: if the file has grown, what looked torn is read again.
    mutating func reread() throws(StorageError) -> Bool {
        guard try segment.file.size() > segment.size else { return false }
        segment = try segment.reopened()
        return true
    }
}

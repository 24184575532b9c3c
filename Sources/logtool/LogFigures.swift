// How much a node's log holds, by its headers: by those of a folder's blocks, or as a running node tells it.

import Paxos
import PaxosLog

struct LogFigures {
    private(set) var segments: Int
    private(set) var blocks = 0
    private(set) var rawBytes: UInt64 = 0
    /// Of the blocks' frames alone.
    private(set) var storedBytes: UInt64 = 0
    private(set) var firstSlot: Slot?
    /// The last slot of the last block, and the chain digest there.
    private(set) var last: (slot: Slot, chainDigest: ChainDigest)?
    private(set) var damage: [Damage] = []

    /// - Parameter progress: told of every block whose header was read.
    init(_ log: NodeLog, progress: ProgressLine? = nil) throws {
        segments = try log.reader.segments().count
        if let live = log.live {
            for segment in live.listing.segments { add(segment) }
            return
        }
        var cursor = try log.reader.cursor(depth: .headers)
        while let finding = try cursor.next() {
            switch finding {
            case .damage(let found): damage.append(found)
            case .block(let block):
                progress?.add(block.storedBytes)
                blocks += 1
                rawBytes += UInt64(block.header.rawLength)
                storedBytes += UInt64(block.header.storedLength)
                firstSlot = firstSlot ?? block.slots.lowerBound
                last = (block.slots.upperBound, block.header.chainDigest)
            }
        }
    }

    private mutating func add(_ segment: SegmentSummary) {
        firstSlot = firstSlot ?? segment.name.firstSlot
        guard let contents = segment.contents else { return }
        blocks += contents.blocks
        rawBytes += contents.rawBytes
        storedBytes += segment.frameBytes(contents)
        last = (contents.lastSlot, contents.chainDigest)
    }
}

extension SegmentSummary {
    /// What the file holds but for headers, index and trailer.
    fileprivate func frameBytes(_ contents: Contents) -> UInt64 {
        let end = isSealed ? SegmentIndex.length(blocks: contents.blocks) + SegmentTrailer.length : 0
        let other = UInt64(SegmentHeader.length + contents.blocks * BlockHeader.length + end)
        return bytes > other ? bytes - other : 0
    }
}

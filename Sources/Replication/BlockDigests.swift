// The chain digests of some blocks at the log's end: the last few, and the last few landmarks, which are so far apart
// that two nodes name some in common even while blocks are written by the hundred. Which blocks are landmarks, slots alone
// decide.

import DequeModule
import Paxos
import PaxosLog

struct BlockDigests: Sendable {
    /// How many of each sort are kept.
    static let most = 8
    /// A block that holds a multiple of this is a landmark.
    static let landmarkSlots: UInt64 = 16_384

    private var recent: Deque<NodeReport.Block> = []
    private var landmarks: Deque<NodeReport.Block> = []

    /// Takes in the block that follows those so far.
    mutating func add(_ block: BlockDigest) {
        let reported = NodeReport.Block(through: block.slots.upperBound, digest: block.chainDigest)
        append(reported, to: &recent)
        let multiple = block.slots.upperBound.rawValue / BlockDigests.landmarkSlots * BlockDigests.landmarkSlots
        if block.slots.contains(Slot(multiple)) { append(reported, to: &landmarks) }
    }

    private func append(_ block: NodeReport.Block, to blocks: inout Deque<NodeReport.Block>) {
        if blocks.count == BlockDigests.most { blocks.removeFirst() }
        blocks.append(block)
    }

    /// Both sorts, in order.
    var blocks: [NodeReport.Block] {
        guard let first = recent.first else { return [] }
        return landmarks.filter { $0.through < first.through } + recent
    }
}

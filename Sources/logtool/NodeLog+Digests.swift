// What a node's log says at the ends of its blocks: of a running node, without any of its files being read.

import Paxos
import PaxosLog

extension NodeLog {
    /// The last block whose header is intact; nil when there is none.
    func lastBlock() throws -> BlockDigest? {
        guard let live else { return try reader.lastBlock().map(BlockDigest.init) }
        let through = live.listing.logThrough
        return through == .zero ? nil : try live.block(holding: through)
    }

    /// The block that holds a slot; nil where none does, or its header is damaged.
    func block(holding slot: Slot) throws -> BlockDigest? {
        if let live { return try live.block(holding: slot) }
        guard case .block(let block)? = try reader.block(holding: slot) else { return nil }
        return BlockDigest(block)
    }

    /// A digest of entries that a running node holds; nil where it can't be had that way.
    func digest(of slots: ClosedRange<Slot>) throws -> String? { try live?.digest(of: slots) }
}

extension BlockDigest {
    fileprivate init(_ block: LogBlock) {
        self.init(slots: block.slots, chainDigest: block.header.chainDigest)
    }
}

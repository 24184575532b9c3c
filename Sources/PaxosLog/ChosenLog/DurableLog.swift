// How far a log that is being written is durable, and what its segments hold as far as that: for those who read its files
// meanwhile. What stands behind it may yet be torn.

package import Paxos
import SystemPackage

package struct DurableLog: Equatable, Sendable {
    /// `Slot.zero` for an empty log.
    package var through: Slot
    /// The segment that is not ended; nil where the next block begins one.
    package var open: SegmentSummary?

    package init(through: Slot, open: SegmentSummary?) {
        self.through = through
        self.open = open
    }
}

/// What a segment holds, by its trailer, or by its writer while it has none.
package struct SegmentSummary: Equatable, Sendable {
    package struct Contents: Equatable, Sendable {
        package var lastSlot: Slot
        package var blocks: Int
        package var rawBytes: UInt64
        /// That of the last block.
        package var chainDigest: ChainDigest

        package init(lastSlot: Slot, blocks: Int, rawBytes: UInt64, chainDigest: ChainDigest) {
            self.lastSlot = lastSlot
            self.blocks = blocks
            self.rawBytes = rawBytes
            self.chainDigest = chainDigest
        }
    }

    package var name: SegmentName
    /// How many bytes of its file are durable.
    package var bytes: UInt64
    package var isSealed: Bool
    /// Nil where the trailer is damaged.
    package var contents: Contents?

    package init(name: SegmentName, bytes: UInt64, isSealed: Bool, contents: Contents?) {
        self.name = name
        self.bytes = bytes
        self.isSealed = isSealed
        self.contents = contents
    }
}

extension ChosenLog {
    package var durable: DurableLog {
        guard let segment, segment.size > 0 else { return DurableLog(through: through, open: nil) }
        let contents = SegmentSummary.Contents(
            lastSlot: through, blocks: segment.blocks.count, rawBytes: segment.rawBytes, chainDigest: chainDigest)
        return DurableLog(
            through: through,
            open: SegmentSummary(name: segment.name, bytes: segment.size, isSealed: false, contents: contents))
    }
}

extension ChosenLogReader {
    /// The durable segments from the one that holds `slot` on, `most` of them at the most. Of each, the trailer is read.
    package func summaries(
        of durable: DurableLog, from slot: Slot = .first, most: Int = .max
    ) throws(StorageError) -> [SegmentSummary] {
        let names = try segments().filter { $0.firstSlot <= durable.through }
        let start = names.lastIndex { $0.firstSlot <= slot } ?? 0
        var summaries: [SegmentSummary] = []
        for name in names[start...].prefix(most) {
            if let summary = try summary(of: name, in: durable) { summaries.append(summary) }
        }
        return summaries
    }

    /// - Returns: nil where there is no such segment, or not any more, or where nothing of it is durable.
    package func summary(of name: SegmentName, in durable: DurableLog) throws(StorageError) -> SegmentSummary? {
        if let open = durable.open, open.name == name { return open }
        guard name.firstSlot <= durable.through else { return nil }
        do {
            let file = try fileSystem.open(path(of: name), for: .read)
            let size = try file.size()
            let contents = try SegmentFile.trailer(of: file, size: size).map(SegmentSummary.Contents.init)
            return SegmentSummary(name: name, bytes: size, isSealed: true, contents: contents)
        } catch .io(.noSuchFileOrDirectory, _, _) {
            return nil
        }
    }
}

extension SegmentSummary.Contents {
    fileprivate init(_ trailer: SegmentTrailer) {
        lastSlot = trailer.lastSlot
        blocks = trailer.blockCount
        rawBytes = trailer.rawBytes
        chainDigest = trailer.chainDigest
    }
}

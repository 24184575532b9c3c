// Verifies the blocks that a walk comes to: each when its turn comes, or many at once, ahead of the walk. What was
// verified ahead counts only where it was found whole; all else is verified again in its turn, so that damage is judged
// in one place and in order, however many work.

import Paxos
import Synchronization

/// Does a piece of work on several threads. This target has none of its own.
package protocol Workers: Sendable {
    /// How many work at once; at least one.
    var count: Int { get }
    /// Calls `body` with every number below `count`, and returns when all calls have returned.
    func perform(_ body: @Sendable (Int) -> Void)
}

struct BlockVerifiers: ~Copyable, Sendable {
    private let workers: (any Workers)?
    private let verifiers: [BlockVerifier]
    private let inPairs: Bool
    /// The second block of a pair, if it is whole and was not asked for yet.
    private var second: (block: ChainedBlock, whole: WholeBlock, segment: Slot)?
    /// The blocks that were looked at ahead of the walk, by place, and what those hold that are whole.
    private var ahead: [(block: ChainedBlock, whole: WholeBlock?)] = []
    private var next = 0
    /// Which segment that was, and to which place of it.
    private var segment: Slot?
    private var aheadThrough: UInt64 = 0

    /// How many pairs of blocks a worker verifies between two meetings of all: enough that the wait for the last one is
    /// short beside it.
    private static let pairsPerWorker = 64

    /// - Parameters:
    ///   - workers: who verifies ahead of the walk; nil for nobody.
    ///   - inPairs: whether one alone takes the block that follows along with the one that is asked for, because all will be
    ///     asked for.
    init(workers: (any Workers)? = nil, inPairs: Bool = false) {
        // One alone gains by working ahead only where a second block at once costs little.
        let worksAhead = (workers?.count ?? 0) > 1 || ChainDigest.hashesPairs
        self.workers = worksAhead ? workers : nil
        self.inPairs = inPairs && ChainDigest.hashesPairs
        verifiers = (0..<max(1, self.workers?.count ?? 1)).map { _ in BlockVerifier() }
    }

    /// The raw bytes of the block that was asked for last, if it was whole. There are none where blocks are verified
    /// ahead.
    var bytes: [UInt8] { verifiers[0].bytes }

    /// - Parameter limit: where the blocks of the segment end at the latest.
    mutating func verdict(
        on block: ChainedBlock, of segment: SegmentFile, limit: UInt64
    ) throws(StorageError) -> BlockVerdict {
        if let workers, let digest = block.previousDigest {
            if self.segment != segment.name.firstSlot || block.offset >= aheadThrough {
                try lookAhead(block, of: segment, limit: limit, workers)
            }
            while next < ahead.count, ahead[next].block.offset < block.offset { next += 1 }
            if next < ahead.count, let whole = ahead[next].whole, ahead[next].block.offset == block.offset,
                ahead[next].block.header == block.header, ahead[next].block.previousDigest == digest
            {
                return .whole(whole)
            }
        }
        if inPairs, let whole = try verifyInPair(block, of: segment, limit: limit) { return .whole(whole) }
        return try verifiers[0].verify(block, of: segment.file)
    }

    /// Nil where the block is to be verified by itself.
    private mutating func verifyInPair(
        _ block: ChainedBlock, of segment: SegmentFile, limit: UInt64
    ) throws(StorageError) -> WholeBlock? {
        if let second, second.block == block, second.segment == segment.name.firstSlot {
            self.second = nil
            verifiers[0].takeSecond()
            return second.whole
        }
        guard let next = try follower(of: block, in: segment, limit: limit),
            let (whole, other) = verifiers[0].verifyPair(block, next, of: segment.file)
        else { return nil }
        second = (next, other, segment.name.firstSlot)
        return whole
    }

    /// The block that stands behind another, if nothing is wrong with its header.
    private func follower(
        of block: ChainedBlock, in segment: SegmentFile, limit: UInt64
    ) throws(StorageError) -> ChainedBlock? {
        guard block.end < limit, case .success(let header) = try segment.blockHeader(at: block.end),
            header.unreadable == nil
        else { return nil }
        let next = ChainedBlock(offset: block.end, header: header, previousDigest: block.header.chainDigest)
        return next.end <= limit ? next : nil
    }

    /// Verifies a block, and those that follow it as long as nothing is wrong with their headers.
    private mutating func lookAhead(
        _ first: ChainedBlock, of segment: SegmentFile, limit: UInt64, _ workers: any Workers
    ) throws(StorageError) {
        let capacity = 2 * workers.count * BlockVerifiers.pairsPerWorker
        var blocks = [first]
        blocks.reserveCapacity(capacity)
        var last = first
        while blocks.count < capacity, let block = try follower(of: last, in: segment, limit: limit) {
            blocks.append(block)
            last = block
        }
        let (verifiers, file, waiting) = (verifiers, segment.file, blocks)
        let taken = Atomic(0)
        workers.perform { worker in
            let verifier = verifiers[worker]
            verifier.found = []
            while true {
                let index = taken.add(2, ordering: .relaxed).oldValue
                guard index < waiting.count else { break }
                verifier.found += verifier.wholeBlocks(of: waiting[index..<min(index + 2, waiting.count)], file)
            }
        }
        ahead = blocks.map { ($0, nil) }
        for (index, whole) in verifiers.flatMap(\.found) { ahead[index].whole = whole }
        next = 0
        self.segment = segment.name.firstSlot
        aheadThrough = last.end
    }
}

extension BlockVerifier {
    /// Which of one or two blocks are whole, by their index.
    fileprivate func wholeBlocks(of blocks: ArraySlice<ChainedBlock>, _ file: any File) -> [(Int, WholeBlock)] {
        if ChainDigest.hashesPairs, blocks.count == 2, let first = blocks.first, let last = blocks.last,
            let pair = verifyPair(first, last, of: file)
        {
            return [(blocks.startIndex, pair.0), (blocks.startIndex + 1, pair.1)]
        }
        return blocks.indices.compactMap { index in
            guard case .whole(let whole)? = try? verify(blocks[index], of: file) else { return nil }
            return (index, whole)
        }
    }
}

extension ChainedBlock {
    /// Where the next block, or the index, begins.
    fileprivate var end: UInt64 { offset + UInt64(BlockHeader.length + header.storedLength) }
}

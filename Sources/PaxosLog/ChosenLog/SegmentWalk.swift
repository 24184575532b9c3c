// Reads one segment block by block, and says what it comes upon. It never writes; what damage means for the blocks
// behind it is decided in SegmentWalk+Damage.

import Paxos
import SystemPackage

struct SegmentWalk: Sendable {
    var segment: SegmentFile
    /// Where the next segment begins; nil for the last one, whose end alone a crash may have torn.
    let nextFirst: Slot?
    var depth: ReadingDepth
    var position: LogPosition

    var offset = UInt64(SegmentHeader.length)
    var found: [LogFinding] = []
    var isFinished = false
    /// Where the whole blocks end: what an append may follow.
    var blocksEnd = UInt64(SegmentHeader.length)
    /// The blocks given out, as the segment's index names them.
    var blocks: [BlockPosition] = []
    var rawBytes: UInt64 = 0
    /// Whether every block so far was read, so that `rawBytes` is all there is.
    var isComplete = true
    var lastKind: Entry.Kind?
    var isIndexWrong = false

    init(_ segment: SegmentFile, nextFirst: Slot?, depth: ReadingDepth, position: LogPosition) {
        self.segment = segment
        self.nextFirst = nextFirst
        self.depth = depth
        self.position = position
    }

    var isLast: Bool { nextFirst == nil }
    var isSealed: Bool { segment.trailer != nil }
    /// Where the blocks end at the latest.
    var limit: UInt64 { segment.blocksEnd ?? segment.size }

    /// Whether the blocks read so far make a whole segment, so that only its index can follow. False too where the
    /// limits are not known.
    var isFull: Bool {
        guard isComplete, rawBytes > 0, let limits = position.limits else { return false }
        return BlockCutter.endsSegment(bytes: Int(rawBytes), limits: limits, sealing: lastKind == .seal)
    }

    /// What comes next in this segment; nil at its end.
    mutating func next(_ verifiers: inout BlockVerifiers) throws(StorageError) -> LogFinding? {
        while found.isEmpty && !isFinished { try step(&verifiers) }
        return found.isEmpty ? nil : found.removeFirst()
    }

    private mutating func step(_ verifiers: inout BlockVerifiers) throws(StorageError) {
        if isSealed && offset >= limit { return try finishSealed() }
        if !isSealed {
            if offset == segment.size { return try finishUnsealed() }
            if isFull { return try readSeal() }
            if try segment.startsIndex(at: offset) { return try readSeal() }
        }
        switch try segment.blockHeader(at: offset) {
        case .success(let header): try read(header, &verifiers)
        case .failure(let fault): try passDamagedHeader(fault)
        }
    }

    private mutating func read(_ header: BlockHeader, _ verifiers: inout BlockVerifiers) throws(StorageError) {
        let end = offset + UInt64(BlockHeader.length + header.storedLength)
        guard end <= limit else { return try passBlockCutShort(header) }
        guard join(header) else { return skip(header, to: end) }
        compareWithIndex(header)
        if let fault = header.unreadable {
            report(.unknownVersion, slots: header.slots, "the block: \(fault)")
            return skip(header, to: end)
        }
        var raw: RawBlock?
        if depth != .headers {
            let block = ChainedBlock(offset: offset, header: header, previousDigest: position.digest)
            switch try verifiers.verdict(on: block, of: segment, limit: limit) {
            case .whole(let block):
                lastKind = block.lastKind
                position.limits = position.limits ?? block.limits
                if depth == .payloads {
                    raw = RawBlock(
                        firstSlot: header.firstSlot, count: header.count, bytes: verifiers.bytes, endsSegment: false)
                }
            case .wrongChecksum: return try passDamagedPayload(header)
            case .wrongContent(let kind, let reason):
                report(kind, slots: header.slots, reason)
                return skip(header, to: end)
            }
        }
        accept(header, raw, end: end)
    }

    private mutating func accept(_ header: BlockHeader, _ raw: RawBlock?, end: UInt64) {
        blocks.append(BlockPosition(offset: offset, header: header))
        rawBytes += UInt64(header.rawLength)
        let start = offset
        offset = end
        blocksEnd = end
        position.next = header.lastSlot.next
        position.digest = header.chainDigest
        var raw = raw
        raw?.endsSegment = isSealed ? end == limit : isFull
        found.append(.block(LogBlock(file: segment.path, offset: start, header: header, raw: raw)))
    }

    /// Goes on behind a block that is not given out.
    mutating func skip(_ header: BlockHeader, to end: UInt64) {
        offset = end
        isComplete = false
        position.next = max(position.next, header.lastSlot.next)
        position.digest = header.chainDigest
    }

    /// Whether the block begins with the slot that must come next; reports what is missing, or stands there twice.
    private mutating func join(_ header: BlockHeader) -> Bool {
        if header.firstSlot < position.next {
            report(.corrupt, slots: nil, "the block repeats slots: it begins with slot \(header.firstSlot)")
            return false
        }
        if header.firstSlot > position.next {
            report(.gap, slots: position.next...header.firstSlot.previous, "no block holds these slots")
            position.digest = nil
        }
        return true
    }

    private mutating func compareWithIndex(_ header: BlockHeader) {
        guard !isIndexWrong, case .success(let index) = segment.index else { return }
        guard index.block(holding: header.firstSlot) != BlockPosition(offset: offset, header: header) else { return }
        isIndexWrong = true
        report(.corrupt, at: limit, slots: nil, "the index does not say where slots \(header.slots.text) are")
    }

    mutating func report(_ kind: Damage.Kind, at place: UInt64? = nil, slots: ClosedRange<Slot>?, _ reason: String) {
        found.append(
            .damage(Damage(kind: kind, file: segment.path, offset: place ?? offset, slots: slots, reason: reason)))
    }
}

extension ChainDigest {
    func followed(by raw: [UInt8]) -> ChainDigest { raw.span.bytes.withUnsafeBytes { followed(by: $0) } }
}

extension ClosedRange<Slot> {
    /// `7` or `7 to 9`.
    var text: String { lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound) to \(upperBound)" }
}

extension RawBlock {
    /// The genesis of the cluster, when this is the log's first block and holds one.
    package var genesis: Genesis? {
        firstSlot == .first ? Genesis(leading: bytes.span.bytes) : nil
    }
}

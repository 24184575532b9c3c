// The end of the chosen log in memory: the block that is still open, the blocks that are not durable yet, and some of
// those before, for peers that are close behind.

import DequeModule
import Paxos
import PaxosLog

struct LogTail: Sendable {
    private var cutter: BlockCutter
    private var blocks: Deque<RawBlock> = []
    private var blockBytes = 0
    private(set) var durableThrough: Slot
    private let mostBytes: Int

    /// - Parameters:
    ///   - logThrough: the last slot that the log on disk holds.
    ///   - segmentBytes: the raw bytes of its open segment.
    init(limits: LogLimits, logThrough: Slot, segmentBytes: Int, mostBytes: Int) {
        cutter = BlockCutter(limits: limits, next: logThrough.next, segmentBytes: segmentBytes)
        durableThrough = logThrough
        self.mostBytes = mostBytes
    }

    /// Appends chosen entries.
    /// - Returns: the blocks that they complete.
    mutating func append(_ run: Run) -> [RawBlock] {
        let finished = cutter.append(body: run.body, firstSlot: run.firstSlot, count: run.count)
        for block in finished {
            blocks.append(block)
            blockBytes += block.bytes.count
        }
        trim()
        return finished
    }

    mutating func noteDurable(through slot: Slot) {
        durableThrough = max(durableThrough, slot)
        trim()
    }

    private mutating func trim() {
        while let first = blocks.first, first.lastSlot <= durableThrough, blockBytes > mostBytes {
            blocks.removeFirst()
            blockBytes -= first.bytes.count
        }
    }

    /// Bytes held for blocks that the disk does not hold yet.
    var undurableBytes: Int {
        blocks.lazy.filter { $0.lastSlot > durableThrough }.reduce(cutter.open.bytes.count) { $0 + $1.bytes.count }
    }

    /// The chosen values from `first` on and not past `last`, about `bytes` of them; nil when they are not in memory.
    func values(from first: Slot, through last: Slot, bytes: Int) -> Run? {
        let open = cutter.open
        guard first >= blocks.first?.firstSlot ?? open.firstSlot else { return nil }
        var pieces = blocks.filter { $0.lastSlot >= first && $0.firstSlot <= last }
        if open.count > 0 {
            pieces.append(
                RawBlock(firstSlot: open.firstSlot, count: open.count, bytes: open.bytes, endsSegment: false))
        }
        return LogTail.values(in: Array(pieces), from: first, through: last, bytes: bytes)
    }

    /// The same out of blocks that follow one another.
    static func values(in blocks: [RawBlock], from first: Slot, through last: Slot, bytes: Int) -> Run? {
        var body: [UInt8] = []
        var next = first
        for block in blocks {
            guard next <= last, body.isEmpty || body.count < bytes else { break }
            guard block.firstSlot <= next, block.lastSlot >= next else { continue }
            let whole = Run(
                ballot: .none, firstSlot: block.firstSlot, count: block.count, body: block.bytes, checksum: 0)
            let end = min(last, block.lastSlot)
            body += block.bytes[whole.byteRange(of: next...end)]
            next = end.next
        }
        guard next > first else { return nil }
        return Run(ballot: .none, firstSlot: first, count: next - first, body: body, sealedBy: Run.xxh3)
    }

    /// Those of these ascending slots that are in memory, each with its encoded entry.
    func entries(at slots: [Slot]) -> [(slot: Slot, bytes: ArraySlice<UInt8>)] {
        var found: [(slot: Slot, bytes: ArraySlice<UInt8>)] = []
        var wanted = slots[...]
        func search(_ bytes: [UInt8], _ firstSlot: Slot, _ end: Slot) {
            var slot = firstSlot
            var offset = 0
            wanted = wanted.drop { $0 < firstSlot }
            while let next = wanted.first, next < end {
                while slot < next {
                    offset += 4 + Run.valueLength(in: bytes, at: offset)
                    slot = slot.next
                }
                found.append((slot, bytes[offset..<(offset + 4 + Run.valueLength(in: bytes, at: offset))]))
                wanted.removeFirst()
            }
        }
        for block in blocks { search(block.bytes, block.firstSlot, block.lastSlot.next) }
        let open = cutter.open
        search(open.bytes, open.firstSlot, cutter.next)
        return found
    }
}

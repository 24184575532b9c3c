import Paxos
import PaxosLog
import Testing

@Suite struct BlockCutterTests {
    private func cutter(_ limits: LogLimits = Sample.limits, segmentBytes: Int = 0) -> BlockCutter {
        BlockCutter(limits: limits, next: .first, segmentBytes: segmentBytes)
    }

    @Test func blockEndsAfterTheEntryThatFillsIt() {
        let entries = Sample.entries(40)
        let blocks = Sample.blocks(entries)
        #expect(blocks.count > 5)
        for block in blocks {
            let held = entries[Int(block.firstSlot.rawValue - 1)...Int(block.lastSlot.rawValue - 1)]
            #expect(block.bytes == Sample.body(held))
            #expect(block.bytes.count >= Sample.limits.blockBytes)
            #expect(Sample.body(held.dropLast()).count < Sample.limits.blockBytes)
        }
    }

    @Test func anEntryOfExactlyTheLimitEndsItsBlock() {
        let limits = LogLimits(blockBytes: 100, segmentBytes: 1000)
        var cutter = cutter(limits)
        let almost = Sample.entry(.first, .command, payload: [UInt8](repeating: 1, count: 51))
        #expect(cutter.append(body: Sample.body([almost]), firstSlot: .first, count: 1).isEmpty)
        var exact = self.cutter(limits)
        let full = Sample.entry(.first, .command, payload: [UInt8](repeating: 1, count: 52))
        #expect(exact.append(body: Sample.body([full]), firstSlot: .first, count: 1).map(\.count) == [1])
    }

    @Test func segmentEndsAfterTheBlockThatFillsIt() {
        let blocks = Sample.blocks(Sample.entries(120))
        var bytes = 0
        for block in blocks {
            bytes += block.bytes.count
            #expect(block.endsSegment == (bytes >= Sample.limits.segmentBytes))
            if block.endsSegment { bytes = 0 }
        }
        #expect(blocks.filter(\.endsSegment).count >= 3)
    }

    @Test func segmentBytesFromBeforeCount() {
        let entries = Array(Sample.entries(20))
        var cutter = cutter(segmentBytes: Sample.limits.segmentBytes - 1)
        let blocks = cutter.append(body: Sample.body(entries), firstSlot: .first, count: entries.count)
        #expect(blocks.first?.endsSegment == true)
        #expect(blocks.dropFirst().first?.endsSegment == false)
    }

    @Test func sealEndsBlockAndSegment() {
        let entries = [
            Sample.genesis(), Sample.entry(Slot(2), .seal), Sample.entry(Slot(3), .noOp), Sample.entry(Slot(4), .seal),
            Sample.entry(Slot(5), .noOp),
        ]
        var cutter = cutter()
        let blocks = cutter.append(body: Sample.body(entries), firstSlot: .first, count: entries.count)
        #expect(blocks.map(\.count) == [2, 2])
        #expect(blocks.map(\.endsSegment) == [true, true])
        #expect(cutter.open.firstSlot == Slot(5))
        #expect(cutter.open.count == 1)
        #expect(cutter.open.bytes == Sample.body(entries.suffix(1)))
        #expect(cutter.next == Slot(6))
    }

    @Test(arguments: [1, 2, 3, 5, 8, 119, 120]) func anyBatchingCutsAlike(_ batch: Int) {
        let entries = Sample.entries(120)
        var cutter = cutter()
        var blocks: [RawBlock] = []
        for start in stride(from: 0, to: entries.count, by: batch) {
            let part = entries[start..<min(start + batch, entries.count)]
            blocks += cutter.append(body: Sample.body(part), firstSlot: entries[start].slot, count: part.count)
        }
        #expect(blocks == Sample.blocks(entries))
    }

    @Test func singleEntriesCutAsBodiesDo() {
        let entries = Sample.entries(60) + [Sample.entry(Slot(61), .seal)]
        var cutter = cutter()
        var blocks: [RawBlock] = []
        for entry in entries {
            let block = Sample.body([entry]).withUnsafeBytes { cutter.append($0, slot: entry.slot, kind: entry.kind) }
            if let block { blocks.append(block) }
        }
        #expect(blocks == Sample.blocks(entries))
    }

    @Test func aGapIsABrokenInvariant() async {
        await #expect(processExitsWith: .failure) {
            var cutter = BlockCutter(limits: .standard, next: .first, segmentBytes: 0)
            _ = cutter.append(body: Sample.body([Sample.entry(Slot(2), .noOp)]), firstSlot: Slot(2), count: 1)
        }
    }

    @Test func aBodyThatEndsTooEarlyIsABrokenInvariant() async {
        await #expect(processExitsWith: .failure) {
            var cutter = BlockCutter(limits: .standard, next: .first, segmentBytes: 0)
            _ = cutter.append(body: Array(Sample.body([Sample.genesis()]).dropLast()), firstSlot: .first, count: 1)
        }
    }
}

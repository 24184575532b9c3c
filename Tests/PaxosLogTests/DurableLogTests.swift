// Of a log that is being written, what is durable is shown, and nothing behind it.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct DurableLogTests {
    private let fileSystem = MemoryFileSystem()

    private func cut(_ count: Int) -> [RawBlock] { Sample.blocks(Sample.entries(count)) }

    @Test func segmentsAreToldAsFarAsTheyAreDurable() throws {
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        let reader = ChosenLogReader(fileSystem, directory: Sample.directory)
        #expect(log.durable == DurableLog(through: .zero, open: nil))
        #expect(try reader.summaries(of: log.durable).isEmpty)
        let blocks = cut(200)
        var (isOpen, isBetween) = (false, false)
        for block in blocks {
            let digest = try log.append([block])[0].chainDigest
            let durable = log.durable
            #expect(durable.through == block.lastSlot)
            #expect((durable.open == nil) == block.endsSegment)
            isOpen = isOpen || durable.open != nil
            isBetween = isBetween || durable.open == nil
            let summaries = try reader.summaries(of: durable)
            #expect(try summaries.map(\.name) == reader.segments())
            for summary in summaries { #expect(try summary.bytes == reader.size(of: summary.name)) }
            let last = try #require(summaries.last)
            #expect(last.isSealed == block.endsSegment)
            #expect(last.contents?.lastSlot == block.lastSlot && last.contents?.chainDigest == digest)
            let raw = blocks.filter { $0.lastSlot <= block.lastSlot }.reduce(0) { $0 + $1.bytes.count }
            #expect(summaries.reduce(0) { $0 + ($1.contents?.rawBytes ?? 0) } == UInt64(raw))
        }
        #expect(isOpen && isBetween)
    }

    @Test func whatIsWrittenSinceIsNotShown() throws {
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        let reader = ChosenLogReader(fileSystem, directory: Sample.directory)
        let blocks = cut(200)
        let open = try #require(blocks.firstIndex { !$0.endsSegment && $0.firstSlot > Slot(50) })
        try log.append(Array(blocks[...open]))
        let durable = log.durable
        let shown = try reader.summaries(of: durable)
        try log.append(Array(blocks[(open + 1)...]))
        #expect(try reader.segments().count > shown.count)
        #expect(try reader.summaries(of: durable) == shown)
        let later = try #require(try reader.segments().last)
        #expect(try reader.summary(of: later, in: durable) == nil)
        #expect(try reader.summary(of: later, in: log.durable) != nil)
    }

    @Test func listingBeginsWithTheSegmentOfTheSlot() throws {
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        try log.append(cut(300))
        let reader = ChosenLogReader(fileSystem, directory: Sample.directory)
        let all = try reader.summaries(of: log.durable)
        try #require(all.count > 4)
        #expect(try reader.summaries(of: log.durable, from: all[2].name.firstSlot.next, most: 2) == Array(all[2...3]))
        #expect(try reader.summaries(of: log.durable, from: Slot(9_999)) == Array(all.suffix(1)))
        try log.drop(through: try #require(all[1].contents?.lastSlot), to: nil)
        #expect(try reader.summaries(of: log.durable, from: .first, most: 1) == [all[2]])
        #expect(try reader.summary(of: all[0].name, in: log.durable) == nil)
    }

    @Test func damagedTrailerIsToldAsUnknown() throws {
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        try log.append(cut(200))
        let reader = ChosenLogReader(fileSystem, directory: Sample.directory)
        let name = try reader.segments()[0]
        fileSystem.flipByte(of: reader.path(of: name), at: Int(try reader.size(of: name)) - 20)
        let summary = try #require(try reader.summaries(of: log.durable).first)
        #expect(summary.contents == nil && summary.isSealed)
    }

    @Test(arguments: [[0], [100], [5_000, 1, 90_000], [3_900, 4_000, 4_096]])
    func journalFileTakesTheRunsItIsMadeFor(bodies: [Int]) throws {
        let runs = bodies.enumerated().map { index, count in
            var body: [UInt8] = []
            body.appendLittleEndian(UInt32(count))
            body += [UInt8](repeating: 7, count: count)
            return Run(ballot: .none, firstSlot: Slot(UInt64(index + 1)), count: 1, body: body, sealedBy: Run.xxh3)
        }
        let journal = try Journal.open(
            fileSystem, directory: "/j", identity: JournalIdentity(node: NodeID(0), journal: UniqueID(high: 1, low: 1)),
            fileBytes: Journal.fileBytes(holding: runs.map(\.body.count)), seed: 1, logThrough: .zero
        ).journal
        try journal.append([runs.map { .chosen($0) }])
        try journal.markDurable()
        let view = try JournalView.read(fileSystem, "/j", identity: nil, above: .zero)
        #expect(view.files == 1 && view.damage.isEmpty && view.chosen.map(\.body) == runs.map(\.body))
    }
}

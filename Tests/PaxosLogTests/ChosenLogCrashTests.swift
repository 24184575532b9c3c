// The power goes at every operation of a script in turn, and the drive keeps any part of what was not synced.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct ChosenLogCrashTests {
    /// The blocks in the batches that the script appends, which end within segments, with them, and span them.
    private static let blocks = Sample.blocks(Sample.entries(60))
    private static let batches = [1, 2, 1, 3, 5, 1, 1, 4, 1000]

    private static let rules: [CrashRule] =
        [
            .nothing, .everything, CrashRule(contents: .none, names: .all), CrashRule(contents: .all, names: .none),
        ] + (0..<8).map { .random(seed: $0) }

    /// Opens the log, cuts a torn tail and appends what is missing, as a node does that has all of it in its journal.
    /// Returns through where the log was durable at last, also when the power went.
    private func run(_ fileSystem: MemoryFileSystem, acknowledged: inout Slot) throws {
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        try #require(log.through >= acknowledged, "nothing durable is lost")
        if let torn = log.recovery.tornTail, let slots = torn.slots {
            try #require(slots.lowerBound == log.through.next)
            try #require(slots.upperBound <= Self.blocks[Self.blocks.count - 1].lastSlot)
        }
        try log.cutTornTail()
        var rest = Self.blocks.filter { $0.firstSlot > log.through }
        for batch in Self.batches where !rest.isEmpty {
            try log.append(Array(rest.prefix(batch)))
            acknowledged = log.through
            rest.removeFirst(min(batch, rest.count))
        }
    }

    private func operations() throws -> (count: Int, files: [String: [UInt8]]) {
        let fileSystem = MemoryFileSystem()
        var acknowledged = Slot.zero
        try run(fileSystem, acknowledged: &acknowledged)
        return (fileSystem.operations, try Sample.files(fileSystem))
    }

    @Test(arguments: rules) func nothingDurableIsLostByACrashAtAnyOperation(_ rule: CrashRule) throws {
        let (count, files) = try operations()
        for crash in 1...count {
            let fileSystem = MemoryFileSystem()
            fileSystem.crashAtOperation = crash
            var acknowledged = Slot.zero
            #expect(throws: StorageError.self) { try run(fileSystem, acknowledged: &acknowledged) }
            let after = fileSystem.afterCrash(keeping: rule)
            // A reader that comes before the node finds nothing but a torn tail, and blocks as they were written.
            let reading = try Reading(after)
            #expect(reading.damages.allSatisfy { $0.kind == .tornTail }, "\(crash): \(reading.damages)")
            #expect(reading.raw.map(\.bytes) == Self.blocks.prefix(reading.raw.count).map(\.bytes))
            try run(after, acknowledged: &acknowledged)
            #expect(try Sample.files(after) == files, "crash at \(crash)")
        }
    }

    @Test(arguments: [3, 8] as [UInt64]) func aCrashInsideRecoveryIsSurvived(_ seed: UInt64) throws {
        let (count, files) = try operations()
        for crash in 1...count {
            for second in 1...5 {
                let fileSystem = MemoryFileSystem()
                fileSystem.crashAtOperation = crash
                var acknowledged = Slot.zero
                #expect(throws: StorageError.self) { try run(fileSystem, acknowledged: &acknowledged) }
                var after = fileSystem.afterCrash(keeping: .random(seed: seed))
                after.crashAtOperation = second
                do { try run(after, acknowledged: &acknowledged) } catch is StorageError {
                    after = after.afterCrash(keeping: .random(seed: seed + UInt64(second)))
                    try run(after, acknowledged: &acknowledged)
                }
                #expect(try Sample.files(after) == files, "crash at \(crash), then at \(second)")
            }
        }
    }

    @Test func everyCutOfTheOpenSegmentIsATornTail() throws {
        let blocks = Self.blocks.prefix { !$0.endsSegment }
        let whole = try Sample.fileSystem(Array(blocks))
        let path = Sample.directory.appending(SegmentName(firstSlot: .first).description)
        let bytes = try #require(whole.contents(of: path))
        let ends = try Reading(whole).blocks.map { Int($0.offset) + BlockHeader.length + $0.header.storedLength }
        for size in 0..<bytes.count {
            let fileSystem = MemoryFileSystem()
            fileSystem.install(Array(bytes[..<size]), at: path)
            var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
            let held = ends.filter { $0 <= size }.count
            #expect(log.through == (held == 0 ? .zero : blocks[held - 1].lastSlot))
            #expect((log.recovery.tornTail == nil) == ends.contains(size))
            #expect(fileSystem.operations == 0)
            try log.cutTornTail()
            try log.append(Array(blocks[held...]))
            #expect(try Sample.files(fileSystem) == Sample.files(whole))
        }
    }

    @Test func everyCutOfASealLosesNoSlot() throws {
        let count = try #require(Self.blocks.firstIndex { $0.endsSegment }) + 1
        let whole = try Sample.fileSystem(Array(Self.blocks[..<count]))
        let path = Sample.directory.appending(SegmentName(firstSlot: .first).description)
        let bytes = try #require(whole.contents(of: path))
        let sealLength = SegmentIndex.length(blocks: count) + SegmentTrailer.length
        for size in (bytes.count - sealLength)..<bytes.count {
            for lengthIsKept in [false, true] {
                let fileSystem = MemoryFileSystem()
                // What was lost shows as zeros in whole sectors, or from the end of what was synced before.
                if lengthIsKept && size % 512 != 0 && size != bytes.count - sealLength { continue }
                let lost = lengthIsKept ? [UInt8](repeating: 0, count: bytes.count - size) : []
                fileSystem.install(Array(bytes[..<size]) + lost, at: path)
                var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
                #expect(log.through == Self.blocks[count - 1].lastSlot)
                #expect(log.recovery.segmentBytes == 0)
                #expect(log.recovery.tornTail?.slots == nil)
                try log.cutTornTail()
                try log.append([Self.blocks[count]])
                #expect(
                    try Sample.files(fileSystem)
                        == Sample.files(try Sample.fileSystem(Array(Self.blocks[...count]))), "cut at \(size)")
            }
        }
    }

    @Test func aSegmentSealedByAnEntryIsSealedAfterACrash() throws {
        let entries = Sample.entries(4) + [Sample.entry(Slot(5), .seal), Sample.entry(Slot(6), .seal)]
        let blocks = Sample.blocks(entries)
        let whole = try Sample.fileSystem(blocks)
        let sealed = try Sample.fileSystem(blocks.dropLast())
        let path = Sample.directory.appending(SegmentName(firstSlot: .first).description)
        let end = try #require(try Reading(sealed).blocks.last.map { $0.offset + 80 + UInt64($0.header.storedLength) })
        sealed.truncate(path, to: Int(end))
        var log = try ChosenLog.open(sealed, directory: Sample.directory)
        #expect(log.recovery.tornTail == nil)
        #expect(log.recovery.segmentBytes == 0)
        try log.append(Array(blocks.suffix(1)))
        #expect(try Sample.files(sealed) == Sample.files(whole))
    }
}

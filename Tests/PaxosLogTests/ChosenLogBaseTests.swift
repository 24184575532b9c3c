// Logs that no longer begin with slot 1: dropped behind a snapshot, archived, read and written on.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct ChosenLogBaseTests {
    private static let blocks = Sample.blocks(Sample.entries(150))
    /// The last blocks of segments.
    private static let ends = blocks.filter(\.endsSegment)

    /// What a snapshot at the end of segment `number`, counted from 0, says.
    private static func base(_ number: Int) throws -> LogBase {
        let reading = try Reading(try Sample.fileSystem(blocks))
        let end = ends[number].lastSlot
        let block = try #require(reading.blocks.first { $0.header.lastSlot == end })
        return LogBase(through: end, chainDigest: block.header.chainDigest, genesis: SnapshotSample.genesis)
    }

    /// The log without its first `count` segments.
    private static func dropped(_ count: Int, _ blocks: [RawBlock] = blocks) throws -> MemoryFileSystem {
        let fileSystem = try Sample.fileSystem(blocks)
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        #expect(try log.drop(through: ends[count - 1].lastSlot, to: nil).count == count)
        return fileSystem
    }

    private static func findings(_ fileSystem: MemoryFileSystem, _ base: LogBase?) throws -> [Damage] {
        var cursor = try ChosenLogReader(fileSystem, directory: Sample.directory, base: base).cursor(depth: .payloads)
        var damages: [Damage] = []
        while let finding = try cursor.next() {
            if case .damage(let damage) = finding { damages.append(damage) }
        }
        return damages
    }

    @Test func droppingLeavesTheRestAsItWas() throws {
        let whole = try Sample.files(try Sample.fileSystem(Self.blocks))
        for count in 1..<Self.ends.count {
            let fileSystem = try Self.dropped(count)
            let files = try Sample.files(fileSystem)
            #expect(files.count == whole.count - count)
            #expect(files.allSatisfy { whole[$0.key] == $0.value })
            #expect(try Self.findings(fileSystem, Self.base(count - 1)).isEmpty)
        }
    }

    @Test func nothingAboveTheSlotIsDroppedNorTheLastSegment() throws {
        let fileSystem = try Sample.fileSystem(Self.blocks)
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        #expect(try log.drop(through: Self.ends[0].lastSlot.previous, to: nil).isEmpty)
        #expect(try log.drop(through: Self.ends[2].lastSlot.previous, to: nil).count == 2)
        #expect(try log.drop(through: Slot(1 << 40), to: nil).count == Self.ends.count - 2)
        #expect(try Sample.files(fileSystem).count == log.extent.segments)
        #expect(log.extent.segments == 1)
    }

    @Test func aLogGoesOnBehindWhatWasDroppedByteForByte() throws {
        let whole = try Sample.files(try Sample.fileSystem(Self.blocks))
        for count in 1..<Self.ends.count {
            for held in 0..<Self.blocks.count where Self.blocks[held].lastSlot > Self.ends[count - 1].lastSlot {
                let fileSystem = try Self.dropped(count, Array(Self.blocks[...held]))
                for number in (count - 1)..<Self.ends.count
                where Self.ends[number].lastSlot <= Self.blocks[held].lastSlot {
                    let log = try ChosenLog.open(fileSystem, directory: Sample.directory, base: Self.base(number))
                    #expect(log.through == Self.blocks[held].lastSlot && log.recovery.history.isEmpty)
                    #expect(log.recovery.genesis?.limits == Sample.limits)
                    let files = try Sample.files(fileSystem)
                    #expect(log.extent.segments == files.count)
                    #expect(log.extent.bytes == UInt64(files.values.reduce(0) { $0 + $1.count }))
                }
                var log = try ChosenLog.open(fileSystem, directory: Sample.directory, base: Self.base(count - 1))
                try log.append(Array(Self.blocks[(held + 1)...]))
                #expect(try Sample.files(fileSystem).allSatisfy { whole[$0.key] == $0.value })
            }
        }
    }

    @Test func segmentsTellWhenTheyEnded() throws {
        for dropped in 1...2 {
            let fileSystem = try Self.dropped(dropped)
            let expected = Self.ends.dropFirst(dropped).map { block in
                SegmentEnd(slot: block.lastSlot, time: Sample.entry(block.lastSlot, .noOp).time)
            }
            #expect(try ChosenLogReader(fileSystem, directory: Sample.directory).segmentEnds() == expected)
            let name = try fileSystem.list(Sample.directory)[1]
            let size = try #require(fileSystem.contents(of: Sample.directory.appending(name))?.count)
            if dropped == 1 {
                fileSystem.truncate(Sample.directory.appending(name), to: size / 2)
            } else {
                fileSystem.makeUnreadable(Sample.directory.appending(name), 0..<size)
            }
            let ends = try ChosenLogReader(fileSystem, directory: Sample.directory).segmentEnds()
            #expect(ends == Array(expected.prefix(1)), "nothing is said behind a segment that can't be read")
        }
    }

    @Test func slotsThatNobodyHasAreMissing() throws {
        let fileSystem = try Self.dropped(3)
        for base in [nil, try Self.base(0), try Self.base(1)] {
            let error = #expect(throws: StorageError.self) {
                _ = try ChosenLog.open(fileSystem, directory: Sample.directory, base: base)
            }
            guard case .missing? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(try Self.findings(fileSystem, nil).map(\.kind) == [.gap])
        #expect(try Self.findings(fileSystem, Self.base(1)).map(\.kind) == [.gap])
        #expect(throws: Never.self) {
            _ = try ChosenLog.open(fileSystem, directory: Sample.directory, base: Self.base(2))
        }
    }

    @Test func anotherSnapshotThanThisLogsIsRefused() throws {
        for fileSystem in [try Sample.fileSystem(Self.blocks), try Self.dropped(3)] {
            var base = try Self.base(2)
            base.chainDigest = .start
            #expect(throws: StorageError.self) {
                _ = try ChosenLog.open(fileSystem, directory: Sample.directory, base: base)
            }
            #expect(try Self.findings(fileSystem, base).map(\.kind) == [.corrupt])
            base = try Self.base(3)
            base.through = base.through.previous
            #expect(throws: StorageError.self) {
                _ = try ChosenLog.open(fileSystem, directory: Sample.directory, base: base)
            }
        }
    }

    /// No segment follows whose header could tell.
    @Test func anotherSnapshotThanThisLogsIsRefusedAtItsEndToo() throws {
        let fileSystem = try Sample.fileSystem(Self.blocks.filter { $0.lastSlot <= Self.ends[2].lastSlot })
        var base = try Self.base(2)
        #expect(try ChosenLog.open(fileSystem, directory: Sample.directory, base: base).through == base.through)
        base.chainDigest = .start
        #expect(throws: StorageError.self) {
            _ = try ChosenLog.open(fileSystem, directory: Sample.directory, base: base)
        }
    }

    @Test func aLogBeginsAnewBehindANewerSnapshot() throws {
        let whole = try Sample.files(try Sample.fileSystem(Self.blocks))
        let base = try Self.base(3)
        for held in [0, 3, 5] {
            let fileSystem = try Sample.fileSystem(Array(Self.blocks[...held]))
            #expect(Self.blocks[held].lastSlot < base.through)
            #expect(try ChosenLog.open(fileSystem, directory: Sample.directory, base: base).recovery.isBehindBase)
            let quarantine = Quarantine(fileSystem, in: "/n0")
            let kept = try ChosenLogMending.setAsideHistory(
                fileSystem, directory: Sample.directory, quarantine: quarantine)
            #expect(
                try kept.map { try #require($0.lastComponent?.string) }.sorted() == fileSystem.list("/n0/quarantine"))
            var log = try ChosenLog.open(fileSystem, directory: Sample.directory, base: base)
            #expect(log.through == base.through && log.chainDigest == base.chainDigest)
            try log.append(Self.blocks.filter { $0.firstSlot > base.through })
            let files = try Sample.files(fileSystem)
            #expect(files.count > 1 && files.allSatisfy { whole[$0.key] == $0.value })
        }
    }

    /// Whatever byte of the history is damaged, the state and the next block need none of it.
    @Test func damageBelowTheBaseIsSaidAndStopsNothing() throws {
        let base = try Self.base(2)
        let names = try Sample.fileSystem(Self.blocks).list(Sample.directory)
        for (name, places) in [(names[0], [3, -5]), (names[1], [40, -90]), (names[2], [0, -1])] {
            for place in places {
                let fileSystem = try Sample.fileSystem(Self.blocks)
                let path = Sample.directory.appending(name)
                let size = try #require(fileSystem.contents(of: path)?.count)
                fileSystem.flipByte(of: path, at: place < 0 ? size + place : place)
                #expect(throws: StorageError.self) { _ = try ChosenLog.open(fileSystem, directory: Sample.directory) }
                let log = try ChosenLog.open(fileSystem, directory: Sample.directory, base: base)
                #expect(log.through == Self.blocks.last?.lastSlot)
                #expect(log.recovery.history.map(\.file).contains(path))
            }
        }
        let fileSystem = try Sample.fileSystem(Self.blocks)
        try fileSystem.remove(Sample.directory.appending(names[1]))
        #expect(
            try ChosenLog.open(fileSystem, directory: Sample.directory, base: base).recovery.history.map(\.kind) == [
                .gap
            ])
    }

    // MARK: Crashes, and the archive

    private static let rules: [CrashRule] =
        [
            .nothing, .everything, CrashRule(contents: .none, names: .all), CrashRule(contents: .all, names: .none),
        ] + (0..<8).map { .random(seed: $0) }

    @Test(arguments: rules) func aCrashWhileDroppingLeavesALogThatOpensAndNothingUnarchived(_ rule: CrashRule) throws {
        let whole = try Sample.files(try Sample.fileSystem(Self.blocks))
        let base = try Self.base(2)
        func drop(_ fileSystem: MemoryFileSystem) throws {
            var log = try ChosenLog.open(fileSystem, directory: Sample.directory, base: base)
            try log.drop(through: base.through, to: Archive(fileSystem, directory: "/archive"))
        }
        let once = try Sample.fileSystem(Self.blocks)
        let before = once.operations
        try drop(once)
        #expect(once.operations - before > 10)
        for crash in (before + 1)...once.operations {
            let fileSystem = try Sample.fileSystem(Self.blocks)
            fileSystem.crashAtOperation = crash
            #expect(throws: StorageError.self) { try drop(fileSystem) }
            let after = fileSystem.afterCrash(keeping: rule)
            let log = try ChosenLog.open(after, directory: Sample.directory, base: base)
            #expect(log.through == Self.blocks.last?.lastSlot && log.recovery.history.isEmpty)
            let archived = try Sample.files(after, in: "/archive").filter { !$0.key.hasSuffix(".partial") }
            #expect(try Sample.files(after).merging(archived) { first, _ in first } == whole)
            try drop(after)
            #expect(try Sample.files(after) == Sample.files(once))
            #expect(try Sample.files(after, in: "/archive").count == 3)
        }
    }

    @Test func anArchiveOfAnotherLogIsNotWrittenOver() throws {
        let fileSystem = try Sample.fileSystem(Self.blocks)
        let name = try fileSystem.list(Sample.directory)[1]
        fileSystem.install([1, 2, 3], at: FilePath("/archive").appending(name))
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        #expect(throws: StorageError.self) {
            try log.drop(through: Self.ends[2].lastSlot, to: Archive(fileSystem, directory: "/archive"))
        }
        #expect(fileSystem.contents(of: FilePath("/archive").appending(name)) == [1, 2, 3])
        #expect(try fileSystem.list(Sample.directory).contains(name))
    }

    @Test func whereThereAreNoLinksAnArchiveCopies() throws {
        let fileSystem = try Sample.fileSystem(Self.blocks)
        fileSystem.fault = { operation, _ in operation == .link ? .improperLink : nil }
        let whole = try Sample.files(fileSystem)
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        try log.drop(through: Self.ends[1].lastSlot, to: Archive(fileSystem, directory: "/archive"))
        let archived = try Sample.files(fileSystem, in: "/archive")
        #expect(archived.count == 2 && archived.allSatisfy { whole[$0.key] == $0.value })
    }

    @Test func slotsThatWereDroppedAreNoDamageToAPeerThatAsksForThem() throws {
        let fileSystem = try Self.dropped(2)
        let reader = ChosenLogReader(fileSystem, directory: Sample.directory)
        let first = try #require(try reader.segments().first?.firstSlot)
        #expect(try reader.blocks(from: .first, bytes: 1_000).isEmpty)
        #expect(try reader.blocks(from: first.previous, bytes: 1_000).isEmpty)
        #expect(try reader.blocks(from: first, bytes: 1_000).first?.firstSlot == first)
    }
}

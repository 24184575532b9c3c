import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct ChosenLogTests {
    private let blocks = Sample.blocks(Sample.entries(150))

    @Test func emptyFolderIsAnEmptyLogAndStaysUntouched() throws {
        let fileSystem = MemoryFileSystem()
        let log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        #expect(log.through == .zero)
        #expect(
            log.recovery
                == ChosenLogRecovery(
                    through: .zero, chainDigest: .start, genesis: nil, segmentBytes: 0, blocks: [], tornTail: nil))
        #expect(fileSystem.operations == 0)
        #expect(try !fileSystem.exists(Sample.directory))
    }

    @Test func whatIsAppendedIsReadBack() throws {
        let reading = try Reading(try Sample.fileSystem(blocks))
        #expect(reading.damages.isEmpty)
        #expect(reading.raw == blocks)
    }

    @Test func segmentsAreNamedByTheirFirstSlot() throws {
        let fileSystem = try Sample.fileSystem(blocks)
        var expected = [Slot.first]
        for block in blocks.dropLast() where block.endsSegment { expected.append(block.lastSlot.next) }
        #expect(try fileSystem.list(Sample.directory) == expected.map { SegmentName(firstSlot: $0).description })
        #expect(expected.count > 4)
    }

    @Test(arguments: [1, 2, 3, 7, 1000]) func anyBatchingWritesTheSameBytes(_ batch: Int) throws {
        let fileSystem = MemoryFileSystem()
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        for start in stride(from: 0, to: blocks.count, by: batch) {
            try log.append(Array(blocks[start..<min(start + batch, blocks.count)]))
        }
        #expect(try Sample.files(fileSystem) == Sample.files(try Sample.fileSystem(blocks)))
    }

    @Test func reopeningBetweenAnyTwoBlocksWritesTheSameBytes() throws {
        let fileSystem = MemoryFileSystem()
        var digest = ChainDigest.start
        var segmentBytes = 0
        for block in blocks {
            var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
            #expect(log.through == block.firstSlot.previous)
            #expect(log.chainDigest == digest)
            #expect(log.recovery.segmentBytes == segmentBytes)
            #expect(log.recovery.tornTail == nil)
            #expect((log.recovery.genesis?.limits == Sample.limits) == (block.firstSlot > .first))
            try log.append([block])
            digest = digest.followed(by: block.bytes)
            #expect(log.through == block.lastSlot)
            #expect(log.chainDigest == digest)
            segmentBytes = block.endsSegment ? 0 : segmentBytes + block.bytes.count
        }
        #expect(try Sample.files(fileSystem) == Sample.files(try Sample.fileSystem(blocks)))
    }

    @Test func extentIsWhatTheFilesHoldAlsoAfterReopening() throws {
        let fileSystem = MemoryFileSystem()
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        #expect(log.extent == .empty)
        var digest = ChainDigest.start
        for block in blocks {
            digest = digest.followed(by: block.bytes)
            let expected = [BlockDigest(slots: block.firstSlot...block.lastSlot, chainDigest: digest)]
            #expect(try log.append([block]) == expected)
            let files = try Sample.files(fileSystem)
            let extent = LogExtent(
                through: block.lastSlot, segments: files.count, bytes: UInt64(files.values.reduce(0) { $0 + $1.count }))
            #expect(log.extent == extent)
            let reopened = try ChosenLog.open(fileSystem, directory: Sample.directory)
            #expect(reopened.extent == extent)
            #expect(reopened.recovery.blocks.last == expected[0])
        }
    }

    @Test func recoveryLetsTheCutterGoOnAsBefore() throws {
        let entries = Sample.entries(150)
        for stop in [1, 20, 60, 61, 99] {
            var first = BlockCutter(limits: Sample.limits, next: .first, segmentBytes: 0)
            let written = first.append(body: Sample.body(entries[..<stop]), firstSlot: .first, count: stop)
            let fileSystem = try Sample.fileSystem(written)
            let recovery = try ChosenLog.open(fileSystem, directory: Sample.directory).recovery
            var second = BlockCutter(
                limits: Sample.limits, next: recovery.through.next, segmentBytes: recovery.segmentBytes)
            let rest = entries[Int(recovery.through.rawValue)...]
            let blocks = second.append(
                body: Sample.body(rest), firstSlot: recovery.through.next, count: rest.count)
            #expect(written + blocks == self.blocks)
        }
    }

    @Test func everyAppendIsSynced() throws {
        let fileSystem = MemoryFileSystem()
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        for block in blocks {
            try log.append([block])
            let kept = fileSystem.afterCrash(keeping: .nothing)
            #expect(try Sample.files(kept) == Sample.files(fileSystem))
        }
    }

    @Test func aBatchIsOneWriteAndOneSyncWithinASegment() throws {
        let fileSystem = MemoryFileSystem()
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        try log.append([blocks[0]])
        let before = fileSystem.operations
        try log.append(Array(blocks[1...2]))
        #expect(fileSystem.operations == before + 2)
    }

    @Test func longAppendsAreSyncedInWindows() throws {
        var generator = SplitMix64(seed: 7)
        let noise = (2...40).map { number in
            let value = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
            return Sample.set(Slot(UInt64(number)), [1], value)
        }
        let limits = LogLimits(blockBytes: 64 << 10, segmentBytes: 64 << 20)
        let blocks = Sample.blocks([Sample.genesis(limits)] + noise, limits: limits)
        let fileSystem = MemoryFileSystem()
        var syncs = 0
        fileSystem.fault = { operation, _ in
            if operation == .sync { syncs += 1 }
            return nil
        }
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        try log.append(blocks)
        #expect(syncs == 4)
        #expect(try Reading(fileSystem).raw == blocks)
    }

    @Test func aLogBeginsWithGenesis() throws {
        let fileSystem = MemoryFileSystem()
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        let body = Sample.body([Sample.entry(.first, .noOp)])
        #expect(throws: StorageError.self) {
            try log.append([RawBlock(firstSlot: .first, count: 1, bytes: body, endsSegment: false)])
        }
        #expect(try fileSystem.list(Sample.directory).isEmpty)
    }

    @Test func aFailedWriteOrSyncIsFinal() throws {
        let failures: [(MemoryFileSystem.Operation, Errno)] = [
            (.write, .ioError), (.create, .ioError), (.sync, .ioError), (.sync, .noSpace), (.syncDirectory, .noSpace),
        ]
        for (failing, error) in failures {
            let fileSystem = MemoryFileSystem()
            var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
            fileSystem.fault = { operation, _ in operation == failing ? error : nil }
            #expect(throws: StorageError.self) { try log.append([blocks[0]]) }
            #expect(log.through == .zero)
            fileSystem.fault = nil
            let before = fileSystem.operations
            #expect(throws: StorageError.self) { try log.append([blocks[0]]) }
            #expect(fileSystem.operations == before)
        }
    }

    /// Blocks that find no room are kept; more may come, and all get their place when there is room again.
    @Test(arguments: [MemoryFileSystem.Operation.write, .create]) func aFullDiskLosesNoBlock(
        _ full: MemoryFileSystem.Operation
    ) throws {
        let fileSystem = MemoryFileSystem()
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        var digests: [BlockDigest] = []
        for (index, block) in blocks.enumerated() {
            fileSystem.fault = { operation, _ in operation == full ? .noSpace : nil }
            let through = log.through
            do throws(StorageError) {
                digests += try log.append([block])
            } catch {
                #expect(error.isLackOfRoom && log.through == through)
                #expect(throws: error) { try log.append([]) }
            }
            // Now and then a block finds room after one that did not.
            fileSystem.fault = nil
            if index % 3 == 2 { digests += try log.append([]) }
        }
        digests += try log.append([])
        #expect(log.through == blocks.last?.lastSlot)
        #expect(digests.map(\.slots) == blocks.map { $0.firstSlot...$0.lastSlot })
        let reading = try Reading(fileSystem)
        #expect(reading.damages.isEmpty && reading.raw == blocks)
        #expect(reading.blocks.map(\.header.chainDigest) == digests.map(\.chainDigest))
        let extent = log.extent
        #expect(try ChosenLog.open(fileSystem, directory: Sample.directory).extent == extent)
    }

    @Test func aGapBetweenBlocksIsABrokenInvariant() async {
        await #expect(processExitsWith: .failure) {
            let blocks = Sample.blocks(Sample.entries(40))
            var log = try ChosenLog.open(MemoryFileSystem(), directory: Sample.directory)
            try log.append([blocks[0], blocks[2]])
        }
    }

    @Test func appendingBehindATornTailIsABrokenInvariant() async {
        await #expect(processExitsWith: .failure) {
            let blocks = Sample.blocks(Sample.entries(40))
            let fileSystem = try Sample.fileSystem([blocks[0], blocks[1]])
            let path = Sample.directory.appending(SegmentName(firstSlot: .first).description)
            fileSystem.truncate(path, to: (fileSystem.contents(of: path)?.count ?? 0) - 1)
            var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
            try log.append([blocks[1]])
        }
    }
}

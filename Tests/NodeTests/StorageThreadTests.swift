// The threads that write: what they tell when, and what they do when there is no room.

import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import Replication
import Synchronization
import SystemPackage
import Testing

@testable import Node

@Suite struct StorageThreadTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func open(_ fileSystem: MemoryFileSystem) throws -> (journal: Journal, recovery: JournalRecovery) {
        try Journal.open(
            fileSystem, directory: "journal",
            identity: JournalIdentity(node: NodeID(0), journal: UniqueID(high: 1, low: 1)),
            fileBytes: 1 << 20, seed: 1, logThrough: .zero)
    }

    @Test(.timeLimit(.minutes(1))) func batchesThatGatheredAreDurableTogetherAndAfterARestart() async throws {
        let fileSystem = MemoryFileSystem()
        let told = NIOLockedValueBox<[BatchID]>([])
        let thread = JournalThread(
            try Self.open(fileSystem).journal,
            disk: DiskSpace(logger: Self.logger),
            loop: MultiThreadedEventLoopGroup.singleton.next()
        ) { batch in told.withLockedValue { $0.append(batch) } }
        func ballot(_ round: UInt64) -> Ballot { Ballot(round: round, node: NodeID(0), incarnation: .first) }
        // Before the thread starts, so that all have gathered when it first looks.
        for round in 1...50 { thread.append(BatchID(UInt64(round)), [.promise(ballot(UInt64(round)))]) }
        thread.start()
        try await waitFor { told.withLockedValue { $0 } == [BatchID(50)] }
        for round in 51...60 { thread.append(BatchID(UInt64(round)), [.promise(ballot(UInt64(round)))]) }
        try await thread.stop()
        let batches = told.withLockedValue { $0 }
        #expect(batches == batches.sorted() && batches.last == BatchID(60))
        #expect(try Self.open(fileSystem).recovery.promised == ballot(60))
    }

    @Test(.timeLimit(.minutes(1))) func fullDiskIsWaitedFor() async throws {
        let fileSystem = MemoryFileSystem()
        let journal = try Self.open(fileSystem).journal
        fileSystem.capacity = fileSystem.usedBytes
        let disk = DiskSpace(logger: Self.logger)
        let thread = JournalThread(journal, disk: disk, loop: MultiThreadedEventLoopGroup.singleton.next()) { _ in }
        thread.start()
        try await waitFor { disk.isFull }
        // What fits the file in use is still written.
        thread.append(BatchID(1), [.promise(Ballot(round: 1, node: NodeID(0), incarnation: .first))])
        try await thread.stop()
        #expect(journal.promised.round == 1)
    }

    /// What the disk did with the batch is not known then, whatever reason it gives.
    @Test(.timeLimit(.minutes(1))) func aSyncThatFailsForLackOfRoomEndsTheProcess() async {
        await #expect(processExitsWith: .exitCode(74)) {
            let fileSystem = MemoryFileSystem()
            let journal = try Self.open(fileSystem).journal
            try journal.prepareSpare()
            fileSystem.fault = { operation, _ in operation == .sync ? .noSpace : nil }
            let disk = DiskSpace(logger: Self.logger)
            let thread = JournalThread(journal, disk: disk, loop: MultiThreadedEventLoopGroup.singleton.next()) { _ in }
            thread.start()
            thread.append(BatchID(1), [.promise(Ballot(round: 1, node: NodeID(0), incarnation: .first))])
            try await thread.stop()
        }
    }

    @Test(.timeLimit(.minutes(1))) func roomIsToldOfWhenItEndsAndWhenItIsBack() async throws {
        let isFull = Atomic(false)
        let fileSystem = MemoryFileSystem()
        let journal = try Self.open(fileSystem).journal
        let told = NIOLockedValueBox<[Bool]>([])
        let disk = DiskSpace(logger: Self.logger) { hasRoom in
            told.withLockedValue { $0.append(hasRoom) }
        }
        fileSystem.fault = { operation, _ in
            operation == .create && isFull.load(ordering: .relaxed) ? .noSpace : nil
        }
        isFull.store(true, ordering: .relaxed)
        let thread = JournalThread(journal, disk: disk, loop: MultiThreadedEventLoopGroup.singleton.next()) { _ in }
        thread.start()
        try await waitFor { told.withLockedValue { $0 == [false] } && disk.isFull }
        isFull.store(false, ordering: .relaxed)
        try await waitFor { told.withLockedValue { $0 == [false, true] } && !disk.isFull }
        try await thread.stop()
    }

    /// Whoever is told to stop does not wait for room, and nothing behind what found none is durable.
    @Test(.timeLimit(.minutes(1))) func fullDiskDoesNotHoldUpTheJournalsStop() async throws {
        let fileSystem = MemoryFileSystem()
        let journal = try Self.open(fileSystem).journal
        fileSystem.fault = { operation, _ in operation == .create ? .noSpace : nil }
        let told = NIOLockedValueBox<[BatchID]>([])
        let thread = JournalThread(
            journal, disk: DiskSpace(logger: Self.logger), loop: MultiThreadedEventLoopGroup.singleton.next()
        ) { batch in told.withLockedValue { $0.append(batch) } }
        let ballot = Ballot(round: 1, node: NodeID(0), incarnation: .first)
        func accepted(_ slot: UInt64) -> JournalRecord {
            .accepted(
                Run(
                    ballot: ballot, firstSlot: Slot(slot), count: 1, body: [UInt8](repeating: 0, count: 700_000),
                    checksum: 0))
        }
        thread.start()
        thread.append(BatchID(1), [accepted(1)])
        try await waitFor { told.withLockedValue { $0 } == [BatchID(1)] }
        thread.append(BatchID(2), [accepted(2)])
        thread.append(BatchID(3), [.promise(ballot)])
        try await thread.stop()
        #expect(told.withLockedValue { $0 } == [BatchID(1)])
    }

    @Test(.timeLimit(.minutes(1))) func fullDiskDoesNotHoldUpTheLogsStop() async throws {
        let fileSystem = MemoryFileSystem()
        let thread = try NodeFolder.open(
            fileSystem, directory: "data", node: NodeID(0), now: 1, seed: 1, journalFileBytes: 1 << 20
        ).unpack { _, log, recovered in
            LogThread(
                log, identity: recovered.identity, retention: LogRetention(), fileSystem: fileSystem,
                places: NodeFolder.Places("data")
            ) { extent, _ in #expect(extent.through == .zero) }
        }
        fileSystem.fault = { operation, _ in operation == .create ? .noSpace : nil }
        thread.start()
        thread.append(
            RawBlock(firstSlot: .first, count: 1, bytes: LogSample.genesis([NodeID(0)]), endsSegment: false))
        try await thread.stop()
        #expect(thread.durableLog.through == .zero)
    }

    private func waitFor(_ isTrue: () -> Bool) async throws {
        for _ in 0..<1_000 where !isTrue() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(isTrue())
    }
}

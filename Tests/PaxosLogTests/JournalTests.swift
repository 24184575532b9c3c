// The journal when nothing is damaged: what comes back, how files change, and what an error of the disk leads to.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct JournalTests {
    let fixture = JournalFixture()

    @Test func anEmptyFolderBecomesANewJournal() throws {
        #expect(try !Journal.exists(fixture.fileSystem, JournalFixture.directory))
        let recovery = try fixture.recovered()
        #expect(recovery.promised == .none)
        #expect(recovery.chosen.isEmpty && recovery.accepted.isEmpty && recovery.tornTail == nil)
        #expect(try Journal.exists(fixture.fileSystem, JournalFixture.directory))
        #expect(try fixture.names() == ["0000000001.journal"])
    }

    @Test func whatWasAppendedIsThereAgain() throws {
        let journal = try fixture.open().journal
        let records: [JournalRecord] = [
            .promise(ballot(1)), .accepted(run(1...3, at: ballot(1))), .accepted(run(4...4, at: ballot(1))),
            .chosenThrough(Slot(2), ballot: ballot(1)), .promise(ballot(5, 2)),
        ]
        try journal.append([[records[0]], [records[1], records[2]]])
        try journal.append([Array(records[3...])])
        fixture.fileSystem = fixture.fileSystem.afterCrash(keeping: .nothing)
        #expect(try fixture.records() == records)
        let recovery = try fixture.recovered()
        #expect(recovery.promised == ballot(5, 2))
        #expect(recovery.chosen == [run(1...2, at: ballot(1))])
        #expect(recovery.accepted == [run(3...3, at: ballot(1)), run(4...4, at: ballot(1))])
        #expect(recovery.tornTail == nil)
    }

    /// A process that was killed between its write and its sync leaves the batch in the system's memory.
    @Test func whatIsRecoveredIsDurable() throws {
        let journal = try fixture.open().journal
        let killed = fixture.fileSystem.afterCrash(keeping: .everything)
        try journal.append([[.promise(ballot(3))]])
        let bytes = try #require(fixture.fileSystem.contents(of: fixture.path(1)))
        try killed.open(fixture.path(1), for: .readWrite).write(bytes, at: 0)
        fixture.fileSystem = killed
        #expect(try fixture.recovered().promised == ballot(3))
        fixture.fileSystem = killed.afterCrash(keeping: .nothing)
        #expect(try fixture.recovered().promised == ballot(3))
    }

    @Test func allBatchesCostOneWriteAndOneSync() throws {
        let journal = try fixture.open().journal
        let operations = fixture.fileSystem.operations
        try journal.append((0..<9).map { [.promise(ballot($0 + 1)), .accepted(run(1...5, at: ballot($0 + 1)))] })
        #expect(fixture.fileSystem.operations == operations + 2)
        try journal.append([])
        try journal.append([[], []])
        #expect(fixture.fileSystem.operations == operations + 2)
    }

    @Test func aMarkIsWrittenOnceForWhatItCovers() throws {
        let journal = try fixture.open().journal
        try journal.append([[.promise(ballot(1))]])
        try journal.markDurable()
        let operations = fixture.fileSystem.operations
        try journal.markDurable()
        #expect(fixture.fileSystem.operations == operations)
        try fixture.open().journal.markDurable()
        let marks = try fixture.findings().filter { if case .mark = $0 { true } else { false } }
        #expect(marks.count == 1)
    }

    @Test func batchesStartOnSectors() throws {
        let journal = try fixture.open().journal
        for round in 1...3 { try journal.append([[.promise(ballot(UInt64(round)))]]) }
        #expect(try fixture.offsets(of: 1) == [4096, 8192, 12288, 16384])
    }

    @Test func theLaterRecordWinsAtASlot() throws {
        let journal = try fixture.open().journal
        try journal.append([[.accepted(run(1...9, at: ballot(1), "a")), .accepted(run(4...5, at: ballot(2), "b"))]])
        try journal.append([[.accepted(run(9...12, at: ballot(3), "c"))]])
        #expect(
            try fixture.recovered().accepted == [
                run(1...3, at: ballot(1), "a"), run(4...5, at: ballot(2), "b"), run(6...8, at: ballot(1), "a"),
                run(9...12, at: ballot(3), "c"),
            ])
    }

    @Test func aMarkMakesChosenWhatWasAcceptedAtItsBallot() throws {
        let journal = try fixture.open().journal
        try journal.append([
            [.accepted(run(1...4, at: ballot(1), "a")), .accepted(run(3...4, at: ballot(2), "b"))],
            [.chosen(run(1...2, at: .none, "x")), .chosenThrough(Slot(4), ballot: ballot(2))],
            [.accepted(run(5...6, at: ballot(2), "b"))],
        ])
        let recovery = try fixture.recovered()
        #expect(recovery.chosen == [run(1...2, at: .none, "x"), run(3...4, at: ballot(2), "b")])
        #expect(recovery.accepted == [run(5...6, at: ballot(2), "b")])
    }

    @Test func aLearnedValueOutranksEveryBallot() throws {
        let journal = try fixture.open().journal
        try journal.append([
            [.chosen(run(1...1, at: .none, "x"))], [.accepted(run(1...2, at: ballot(9), "a"))],
        ])
        let recovery = try fixture.recovered()
        #expect(recovery.chosen == [run(1...1, at: .none, "x")])
        #expect(recovery.accepted == [run(2...2, at: ballot(9), "a")])
    }

    @Test func aLearnedValueBehindAGapHidesNoVote() throws {
        let journal = try fixture.open().journal
        try journal.append([[.accepted(run(1...3, at: ballot(1), "a")), .chosen(run(3...3, at: .none, "a"))]])
        let recovery = try fixture.recovered()
        #expect(recovery.chosen.isEmpty)
        #expect(recovery.accepted == [run(1...3, at: ballot(1), "a")])
        #expect(recovery.chosenBehindGap == [run(3...3, at: .none, "a")])
    }

    @Test func slotsOfTheLogAreLeftOut() throws {
        let journal = try fixture.open().journal
        try journal.append([
            [
                .accepted(run(1...6, at: ballot(1))), .chosenThrough(Slot(5), ballot: ballot(1)),
                .accepted(run(7...8, at: ballot(1))),
            ]
        ])
        let recovery = try fixture.recovered(logThrough: 3)
        #expect(recovery.chosen == [run(4...5, at: ballot(1))])
        #expect(recovery.accepted == [run(6...6, at: ballot(1)), run(7...8, at: ballot(1))])
        #expect(try fixture.recovered(logThrough: 7).accepted == [run(8...8, at: ballot(1))])
    }

    @Test func theLogMayBeAheadOfTheJournal() throws {
        let journal = try fixture.open().journal
        try journal.append([[.accepted(run(1...2, at: ballot(1)))]])
        let recovery = try fixture.recovered(logThrough: 100)
        #expect(recovery.chosen.isEmpty && recovery.accepted.isEmpty)
        #expect(recovery.promised == ballot(1))
    }

    // MARK: Files

    @Test func aFullFileHandsOverToTheNext() throws {
        let journal = try fixture.open().journal
        for slot in UInt64(1)...40 { try journal.append([[.accepted(run(slot...slot, at: ballot(1)))]]) }
        #expect(try fixture.names().count == 3)
        #expect(try fixture.damages().isEmpty)
        fixture.fileSystem = fixture.fileSystem.afterCrash(keeping: .nothing)
        #expect(try fixture.recovered().accepted.count == 40)
    }

    @Test func anAppendLargerThanAFileIsSpreadOverSeveral() throws {
        let journal = try fixture.open().journal
        let runs = (UInt64(1)...20).map { run($0, at: ballot(1), values: [[UInt8](repeating: 7, count: 9000)]) }
        try journal.append([runs.map { .accepted($0) }])
        #expect(try fixture.names().count > 3)
        #expect(try fixture.recovered().accepted == runs)
    }

    @Test func theLongestRunFillsAFile() async throws {
        let journal = try fixture.open().journal
        let length = Journal.room(fileBytes: fixture.fileBytes) - JournalFormat.recordHeaderSize - 4
        let longest = run(1, at: ballot(1), values: [[UInt8](repeating: 7, count: length)])
        try journal.append([[.accepted(longest)]])
        try journal.append([[.promise(ballot(2))]])
        #expect(try fixture.recovered().accepted == [longest])
        #expect(try fixture.names() == ["0000000001.journal", "0000000002.journal", "0000000003.journal"])
        await #expect(processExitsWith: .failure) {
            let fixture = JournalFixture()
            let journal = try fixture.open().journal
            let tooLong = [UInt8](repeating: 7, count: fixture.fileBytes)
            try journal.append([[.accepted(run(1, at: ballot(1), values: [tooLong]))]])
        }
    }

    @Test func releasedFilesAreUsedAgain() throws {
        let journal = try fixture.open().journal
        var slot: UInt64 = 0
        for _ in 0..<20 {
            for _ in 0..<20 {
                slot += 1
                try journal.append([[.accepted(run(slot...slot, at: ballot(1)))]])
            }
            try journal.append([[.chosenThrough(Slot(slot), ballot: ballot(1))]])
            try journal.release(through: Slot(slot))
        }
        #expect(try fixture.names().count <= 4)
        #expect(try fixture.damages().isEmpty)
        try journal.append([[.accepted(run(slot + 1...slot + 1, at: ballot(2)))]])
        let recovery = try fixture.recovered(logThrough: slot)
        #expect(recovery.accepted == [run(slot + 1...slot + 1, at: ballot(2))])
        #expect(recovery.promised == ballot(2))
    }

    @Test func aFileStaysUntilTheLogHoldsItsSlots() throws {
        let journal = try fixture.open().journal
        for slot in UInt64(1)...40 { try journal.append([[.accepted(run(slot...slot, at: ballot(1)))]]) }
        try journal.release(through: Slot(2))
        #expect(try fixture.names() == ["0000000001.journal", "0000000002.journal", "0000000003.journal"])
        try journal.release(through: Slot(15))
        #expect(try fixture.names() == ["0000000001.spare", "0000000002.journal", "0000000003.journal"])
        try journal.release(through: Slot(100))
        #expect(try fixture.names() == ["0000000001.spare", "0000000002.spare", "0000000003.journal"])
        #expect(try fixture.recovered(logThrough: 100).promised == ballot(1))
    }

    @Test func aNewFileTakesOverPromisesAndMarks() throws {
        let journal = try fixture.open().journal
        try journal.append([[.accepted(run(1...5, at: ballot(3))), .chosenThrough(Slot(5), ballot: ballot(3))]])
        try journal.append([[.promise(ballot(7, 2))]])
        for _ in 0..<14 { try journal.append([[.promise(ballot(4))]]) }
        try journal.release(through: Slot(5))
        #expect(try fixture.names() == ["0000000001.spare", "0000000002.journal"])
        guard case .inheritance(let inheritance, let place) = try fixture.findings().first else {
            Issue.record("the file begins with no inheritance")
            return
        }
        #expect(place.promised == ballot(7, 2))
        #expect(
            inheritance
                == JournalInheritance(
                    chosenThrough: Slot(5), chosenThroughBallot: ballot(3), logThrough: .zero, highestSlot: Slot(5)))
        #expect(try fixture.recovered(logThrough: 5).promised == ballot(7, 2))
    }

    @Test func aSpareIsMadeOnce() throws {
        let journal = try fixture.open().journal
        try journal.prepareSpare()
        let operations = fixture.fileSystem.operations
        try journal.prepareSpare()
        #expect(fixture.fileSystem.operations == operations)
        #expect(try fixture.names() == ["0000000001.journal", "0000000002.spare"])
        try fixture.open().journal.prepareSpare()
        #expect(try fixture.names() == ["0000000001.journal", "0000000002.spare"])
    }

    @Test func aMarkInAFullFileHandsOver() throws {
        let journal = try fixture.open().journal
        for round in UInt64(1)...13 { try journal.append([[.promise(ballot(round))]]) }
        #expect(try fixture.names().count == 1)
        try journal.append([[.promise(ballot(14))]])
        try journal.markDurable()
        #expect(try fixture.names().count == 2)
        #expect(try fixture.recovered().promised == ballot(14))
        #expect(try fixture.damages().isEmpty)
    }

    // MARK: Errors of the disk

    @Test(arguments: [MemoryFileSystem.Operation.write, .sync], [Errno.ioError, .noSpace])
    func aFailedWriteOrSyncIsFinal(_ operation: MemoryFileSystem.Operation, _ reason: Errno) throws {
        let journal = try fixture.open().journal
        fixture.fileSystem.fault = { failing, _ in failing == operation ? reason : nil }
        let error = StorageError.io(reason, operation: operation.rawValue, path: fixture.path(1))
        #expect(throws: error) { try journal.append([[.promise(ballot(1))]]) }
        #expect(journal.failure == error)
        fixture.fileSystem.fault = nil
        #expect(throws: error) { try journal.append([[.promise(ballot(1))]]) }
        #expect(throws: error) { try journal.markDurable() }
        #expect(throws: error) { try journal.prepareSpare() }
        #expect(throws: error) { try journal.release(through: Slot(1)) }
    }

    @Test func aFullDiskLeavesTheJournalUsable() throws {
        let journal = try fixture.open().journal
        fixture.fileSystem.capacity = fixture.fileSystem.usedBytes + fixture.fileBytes / 2
        for round in UInt64(1)...12 { try journal.append([[.promise(ballot(round))]]) }
        func isFull(_ error: any Error) -> Bool {
            if case .io(.noSpace, _, _)? = error as? StorageError { true } else { false }
        }
        let values = [[UInt8](repeating: 1, count: 20_000)]
        let long = JournalRecord.accepted(run(1, at: ballot(20), values: values))
        #expect(performing: { try journal.append([[long]]) }, throws: isFull)
        #expect(performing: { try journal.prepareSpare() }, throws: isFull)
        #expect(journal.failure == nil)
        try journal.append([[.promise(ballot(13))]])
        #expect(try fixture.names() == ["0000000001.journal"])
        fixture.fileSystem.capacity = nil
        try journal.append([[long]])
        let recovery = try fixture.recovered()
        #expect(recovery.promised == ballot(20))
        #expect(recovery.accepted == [run(1, at: ballot(20), values: values)])
    }

    @Test func aJournalOfAnotherNodeOrLifeIsForeign() throws {
        _ = try fixture.open()
        var other = JournalFixture.identity
        other.node = NodeID(2)
        #expect(
            throws: StorageError.foreign(file: fixture.path(1), reason: "it belongs to node n1, and this is n2")
        ) { try fixture.open(as: other) }
        other = JournalFixture.identity
        other.journal = UniqueID(high: 5, low: 6)
        #expect {
            try fixture.open(as: other)
        } throws: { error in
            if case .foreign? = error as? StorageError { true } else { false }
        }
    }

    @Test func aRoundTripOnTheMachinesFileSystem() throws {
        let folder = TemporaryFolder()
        let directory = folder.path.appending("journal")
        func open(_ logThrough: UInt64) throws -> (journal: Journal, recovery: JournalRecovery) {
            try Journal.open(
                PosixFileSystem(), directory: directory, identity: JournalFixture.identity, fileBytes: 32 << 10,
                seed: 1 + logThrough, logThrough: Slot(logThrough))
        }
        var journal = try open(0).journal
        try journal.prepareSpare()
        for slot in UInt64(1)...30 {
            try journal.append([[.accepted(run(slot...slot, at: ballot(1)))]])
            if slot % 5 == 0 {
                try journal.append([[.chosenThrough(Slot(slot), ballot: ballot(1))]])
                try journal.release(through: Slot(slot - 2))
                try journal.markDurable()
            }
        }
        var (again, recovery) = try open(28)
        #expect(recovery.chosen.map(\.slots) == [Slot(29)...Slot(29), Slot(30)...Slot(30)])
        journal = again
        try journal.append([[.promise(ballot(9))]])
        (again, recovery) = try open(28)
        #expect(recovery.promised == ballot(9))
    }
}

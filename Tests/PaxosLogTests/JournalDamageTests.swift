// What is damaged is named: a torn tail is cut, and everything else is refused before anything is written.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct JournalDamageTests {
    let fixture = JournalFixture()
    let sector = JournalFormat.sectorSize

    /// One batch each, from the file's second batch on: an accepted run of one slot.
    func append(_ slots: ClosedRange<UInt64>, to journal: Journal) throws {
        for slot in slots { try journal.append([[.accepted(run(slot...slot, at: ballot(1)))]]) }
    }

    // MARK: Torn or corrupt

    @Test func tornTailIsCut() throws {
        let journal = try fixture.open().journal
        try append(1...3, to: journal)
        let last = try #require(try fixture.offsets(of: 1).last)
        fixture.fileSystem.flipByte(of: fixture.path(1), at: last + 100)
        let recovery = try fixture.recovered()
        #expect(recovery.accepted == [run(1...1, at: ballot(1)), run(2...2, at: ballot(1))])
        #expect(
            recovery.tornTail
                == Damage(
                    kind: .tornTail, file: fixture.path(1), offset: UInt64(last), slots: Slot(3)...Slot(3),
                    reason: "the checksum of a record's payload is not that of the payload"))
        #expect(try fixture.damages().isEmpty)
        #expect(try fixture.recovered().tornTail == nil)
    }

    @Test func damageBelowALaterBatchIsCorruption() throws {
        let journal = try fixture.open().journal
        try append(1...3, to: journal)
        let offsets = try fixture.offsets(of: 1)
        fixture.fileSystem.flipByte(of: fixture.path(1), at: offsets[2] + 100)
        #expect(
            try fixture.expectCorrupt()
                == Damage(
                    kind: .corrupt, file: fixture.path(1), offset: UInt64(offsets[2]), slots: Slot(2)...Slot(2),
                    reason: "the checksum of a record's payload is not that of the payload"))
    }

    @Test func damageBelowAMarkIsCorruption() throws {
        let journal = try fixture.open().journal
        try append(1...2, to: journal)
        try journal.markDurable()
        let offsets = try fixture.offsets(of: 1)
        fixture.fileSystem.flipByte(of: fixture.path(1), at: offsets[2] + 9)
        #expect(try fixture.expectCorrupt()?.offset == UInt64(offsets[2]))
    }

    @Test func aDamagedMarkIsATornTail() throws {
        let journal = try fixture.open().journal
        try append(1...2, to: journal)
        try journal.markDurable()
        let mark = try #require(try fixture.offsets(of: 1).last)
        fixture.fileSystem.flipByte(of: fixture.path(1), at: mark + 40)
        #expect(try fixture.recovered().accepted.count == 2)
    }

    @Test func wholeRecordsBehindATearInTheSameBatchAreDropped() throws {
        let journal = try fixture.open().journal
        let long = [UInt8](repeating: 5, count: sector - JournalFormat.recordHeaderSize - 4)
        try journal.append([(UInt64(1)...4).map { .accepted(run($0, at: ballot(1), values: [long])) }])
        let offsets = try fixture.offsets(of: 1)
        #expect(offsets.suffix(4).allSatisfy { $0 % sector == 0 })
        fixture.fileSystem.flipByte(of: fixture.path(1), at: offsets[2] + 200)
        let recovery = try fixture.recovered()
        #expect(recovery.accepted == [run(1, at: ballot(1), values: [long])])
        #expect(recovery.tornTail?.slots == Slot(2)...Slot(2))
    }

    @Test func whatStoodBehindACutIsNeverReadBehindAShorterBatch() throws {
        let journal = try fixture.open().journal
        let long = [UInt8](repeating: 5, count: sector - JournalFormat.recordHeaderSize - 4)
        let torn = (UInt64(1)...4).map { run($0, at: ballot(1), values: [long]) }
        try journal.append([torn.map { .accepted($0) }])
        // The whole first record is lost, and the next batch takes exactly its place.
        fixture.fileSystem.overwrite(fixture.path(1), at: 2 * sector, with: [UInt8](repeating: 0, count: sector))
        let again = try fixture.open().journal
        let shorter = run(1, at: ballot(2), values: [long])
        try again.append([[.accepted(shorter)]])
        let recovery = try fixture.recovered()
        #expect(recovery.accepted == [shorter])
        #expect(recovery.tornTail == nil)
        #expect(try fixture.damages().isEmpty)
    }

    @Test func aCrashInsideTheCutIsSurvived() throws {
        let long = [UInt8](repeating: 5, count: sector - JournalFormat.recordHeaderSize - 4)
        for operation in 1...8 {
            for seed in UInt64(0)..<12 {
                let fixture = JournalFixture()
                let journal = try fixture.open().journal
                try journal.append([[.accepted(run(1, at: ballot(1), values: [[9]]))]])
                try journal.append([(UInt64(2)...6).map { .accepted(run($0, at: ballot(1), values: [long])) }])
                fixture.fileSystem.flipByte(of: fixture.path(1), at: 4 * sector + 7)
                fixture.fileSystem.crashAtOperation = fixture.fileSystem.operations + operation
                let isOpened = (try? fixture.open()) != nil
                fixture.fileSystem = fixture.fileSystem.afterCrash(keeping: .random(seed: seed))
                // One record of the torn batch is whole, and may stay.
                #expect(try fixture.recovered().accepted.count == 2)
                let shorter = run(2, at: ballot(2), values: [long])
                try fixture.open().journal.append([[.accepted(shorter)]])
                #expect(try fixture.recovered().accepted.last == shorter)
                #expect(try fixture.damages().isEmpty)
                if isOpened { break }
            }
        }
    }

    @Test func everyDamagedByteOfTheJournalIsNamedOrTorn() throws {
        let journal = try fixture.open().journal
        try journal.append([
            [.promise(ballot(1)), .accepted(run(1...2, at: ballot(1)))], [.chosenThrough(Slot(1), ballot: ballot(1))],
        ])
        try journal.append([[.chosen(run(2...2, at: .none))], [.accepted(run(3...3, at: ballot(1)))]])
        let marked = try #require(try fixture.offsets(of: 1).last)
        try journal.markDurable()
        let whole = try #require(fixture.fileSystem.contents(of: fixture.path(1)))
        let used = whole.indices.filter { whole[$0] != 0 || $0 % 97 == 0 }.filter { $0 < 5 * sector }
        for offset in used {
            fixture.fileSystem = MemoryFileSystem()
            fixture.fileSystem.install(whole, at: fixture.path(1))
            fixture.fileSystem.flipByte(of: fixture.path(1), at: offset, mask: 1 << (offset % 8))
            let result = Result { () throws(StorageError) in try fixture.recovered() }
            switch result {
            case .success(let recovery):
                #expect(offset > marked, "damage at \(offset) was not found")
                #expect(recovery.chosen.count == 2 && recovery.accepted.count == 1)
            case .failure(.corrupt(let damage)):
                #expect(damage.file == fixture.path(1))
                #expect(damage.offset <= UInt64(offset))
                #expect(fixture.fileSystem.operations == 0, "something was written")
            case .failure(let error):
                #expect((8..<12).contains(offset), "\(error)")
            }
        }
    }

    @Test func readingGoesOnBehindCorruption() throws {
        let journal = try fixture.open().journal
        try append(1...5, to: journal)
        let offsets = try fixture.offsets(of: 1)
        fixture.fileSystem.flipByte(of: fixture.path(1), at: offsets[2] + 20)
        fixture.fileSystem.flipByte(of: fixture.path(1), at: offsets[4] + 100)
        #expect(try fixture.damages().map(\.offset) == [offsets[2], offsets[4]].map(UInt64.init))
        #expect(try fixture.damages().map(\.slots) == [nil, Slot(4)...Slot(4)])
        let kept: [JournalRecord] = [1, 3, 5].map { .accepted(run($0...$0, at: ballot(1))) }
        #expect(try fixture.records() == kept)
    }

    @Test func onlyTheDamagedRecordOfABatchIsLostToAReader() throws {
        let journal = try fixture.open().journal
        try journal.append([(UInt64(1)...3).map { .accepted(run($0...$0, at: ballot(1))) }])
        try journal.markDurable()
        let offsets = try fixture.offsets(of: 1)
        fixture.fileSystem.flipByte(of: fixture.path(1), at: offsets[2] + 100)
        #expect(try fixture.records() == [1, 3].map { .accepted(run($0...$0, at: ballot(1))) })
        #expect(try fixture.damages().map(\.slots) == [Slot(2)...Slot(2)])
    }

    @Test func paddingThatIsNotZeroIsDamage() throws {
        let journal = try fixture.open().journal
        try append(1...2, to: journal)
        let offsets = try fixture.offsets(of: 1)
        fixture.fileSystem.flipByte(of: fixture.path(1), at: offsets[1] + sector - 1)
        #expect(try fixture.expectCorrupt()?.reason == "the padding behind a batch is not zero")
    }

    // MARK: What may not pass for a record

    @Test func aClientsValueIsNoRecord() throws {
        let journal = try fixture.open().journal
        try append(1...3, to: journal)
        let bytes = try #require(fixture.fileSystem.contents(of: fixture.path(1)))
        let batches = [UInt8](bytes[sector..<(5 * sector)])
        // A value that holds whole batches of this very file, on sector boundaries.
        let padding = [UInt8](repeating: 0, count: sector - JournalFormat.recordHeaderSize - 4)
        let hostile = run(4, at: ballot(1), values: [padding + batches])
        try journal.append([[.accepted(hostile)]])
        let start = try #require(try fixture.offsets(of: 1).last)
        let written = try #require(fixture.fileSystem.contents(of: fixture.path(1)))
        #expect([UInt8](written[(start + sector)..<(start + 5 * sector)]) == batches)
        #expect(try fixture.recovered().accepted.last == hostile)
        // With its header gone, what it holds is neither a record nor a sign that it was durable.
        fixture.fileSystem.flipByte(of: fixture.path(1), at: start + 3)
        #expect(try fixture.records().count == 3)
        #expect(try fixture.recovered().accepted.count == 3)
    }

    @Test func recordsOfTheFilesEarlierUseAreNotRead() throws {
        let journal = try fixture.open().journal
        try append(1...20, to: journal)
        try journal.release(through: Slot(20))
        try append(21...30, to: journal)
        #expect(try fixture.names() == ["0000000002.journal", "0000000003.journal"])
        let recycled = try #require(fixture.fileSystem.contents(of: fixture.path(3)))
        #expect(!recycled[(10 * sector)...].allSatisfy { $0 == 0 })
        #expect(try fixture.damages().isEmpty)
        #expect(try fixture.records().last == .accepted(run(30...30, at: ballot(1))))
        #expect(try fixture.recovered(logThrough: 20).accepted.count == 10)
    }

    @Test(arguments: [
        JournalRecordHeader(
            kind: .mark, offset: 3 * 4096, sequence: 1, durableMark: 3 * 4096, previousEnd: 3 * 4096, promised: .none,
            count: 7),
        JournalRecordHeader(
            kind: .accepted, payloadLength: 1 << 30, offset: 3 * 4096, sequence: 1, durableMark: 3 * 4096,
            previousEnd: 3 * 4096,
            promised: ballot(1), ballot: ballot(1), firstSlot: .first, count: 1),
        JournalRecordHeader(
            kind: .accepted, payloadLength: 8, offset: 3 * 4096, sequence: 1, durableMark: 3 * 4096,
            previousEnd: 3 * 4096,
            promised: ballot(1), ballot: ballot(1), firstSlot: .first, count: 3),
        JournalRecordHeader(
            kind: .promise, offset: 3 * 4096, sequence: 1, durableMark: 3 * 4096, previousEnd: 3 * 4096,
            promised: ballot(1),
            ballot: ballot(2)),
        // Rounds and slots that nothing can come behind.
        JournalRecordHeader(
            kind: .promise, offset: 3 * 4096, sequence: 1, durableMark: 3 * 4096, previousEnd: 3 * 4096,
            promised: ballot(.max),
            ballot: ballot(.max)),
        JournalRecordHeader(
            kind: .mark, offset: 3 * 4096, sequence: 1, durableMark: 3 * 4096, previousEnd: 3 * 4096,
            promised: ballot(1 << 62)),
        JournalRecordHeader(
            kind: .chosenThrough, offset: 3 * 4096, sequence: 1, durableMark: 3 * 4096, previousEnd: 3 * 4096,
            promised: ballot(1),
            ballot: ballot(1), firstSlot: Slot(.max)),
    ])
    func aSealedRecordThatMakesNoSenseIsNotTorn(_ header: JournalRecordHeader) throws {
        try append(1...1, to: try fixture.open().journal)
        let salt = try JournalFileReader(fixture.fileSystem, fixture.path(1)).header.salt
        var bytes = [UInt8](repeating: 0, count: JournalFormat.recordHeaderSize)
        bytes.withUnsafeMutableBytes { header.encode(to: $0.baseAddress!, salt: salt) }
        fixture.fileSystem.overwrite(fixture.path(1), at: 3 * sector, with: bytes)
        #expect(try fixture.expectCorrupt()?.offset == UInt64(3 * sector))
    }

    @Test(arguments: [0, 8]) func aFileThatTakesOverASlotThatCanNotBeIsCorrupt(_ field: Int) throws {
        _ = try fixture.open()
        let salt = try JournalFileReader(fixture.fileSystem, fixture.path(1)).header.salt
        var payload = [UInt8](repeating: 0, count: JournalFormat.inheritancePayloadSize)
        for offset in field..<(field + 8) { payload[offset] = 0xFF }
        let header = JournalRecordHeader(
            kind: .inheritance, payloadLength: payload.count, offset: sector, sequence: 1, durableMark: sector,
            previousEnd: sector,
            promised: .none, payloadChecksum: JournalFormat.checksum(payload.span.bytes, seed: salt))
        var bytes = [UInt8](repeating: 0, count: JournalFormat.recordHeaderSize)
        bytes.withUnsafeMutableBytes { header.encode(to: $0.baseAddress!, salt: salt) }
        fixture.fileSystem.overwrite(fixture.path(1), at: sector, with: bytes + payload)
        #expect(try fixture.expectCorrupt()?.reason == "a slot is beyond all that there can be")
    }

    @Test func aRunThatIsNotWellFormedIsNotTorn() throws {
        let journal = try fixture.open().journal
        let body: [UInt8] = [200, 0, 0, 0, 1, 2, 3, 4]
        try journal.append([
            [.accepted(Run(ballot: ballot(1), firstSlot: .first, count: 1, body: body, sealedBy: Run.xxh3))]
        ])
        #expect(try fixture.expectCorrupt()?.reason == "a run does not hold the values that it says")
    }

    // MARK: Beside a running node

    @Test func aReaderSeesBatchesThatAreWrittenMeanwhile() throws {
        let journal = try fixture.open().journal
        try append(1...2, to: journal)
        let reader = try JournalReader(
            fixture.fileSystem, JournalFixture.directory, identity: nil, logThrough: nil)
        var slot: UInt64 = 2
        var read: [JournalRecord] = []
        while true {
            switch try reader.next() {
            case .record(let record, _): read.append(record)
            case .end:
                #expect(slot == 30)
                #expect(read == (1...30).map { .accepted(run($0...$0, at: ballot(1))) })
                return
            case .corrupt(let damage), .tornTail(let damage), .lostValues(_, _, let damage),
                .damagedPadding(let damage):
                Issue.record("a running journal is called damaged: \(damage)")
                return
            case .mark, .inheritance, .continued: break
            }
            if slot < 30 {
                slot += 1
                try append(slot...slot, to: journal)
            }
        }
    }

    @Test func aFileTakenForLaterRecordsEndsTheReading() throws {
        let fixture = JournalFixture(fileBytes: 1 << 20)
        let journal = try fixture.open().journal
        func append(_ slots: ClosedRange<UInt64>) throws {
            for slot in slots {
                let values = [[UInt8](repeating: UInt8(slot), count: 100_000)]
                try journal.append([[.accepted(run(slot, at: ballot(1), values: values))]])
            }
        }
        try append(1...15)
        let reader = try JournalFileReader(fixture.fileSystem, fixture.path(1))
        for _ in 0..<3 { _ = try reader.next() }
        try journal.release(through: Slot(15))
        try append(16...28)
        #expect(try fixture.names() == ["0000000002.journal", "0000000003.journal"])
        #expect(try reader.next() == .end)
        #expect(reader.wasRecycled)
    }
}

// What is missing is named: files, headers, slots. None of it is ever taken for an end, and nothing is written.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct JournalMissingTests {
    let fixture = JournalFixture()
    let sector = JournalFormat.sectorSize

    /// One batch each: an accepted run of one slot.
    func append(_ slots: ClosedRange<UInt64>, to journal: Journal) throws {
        for slot in slots { try journal.append([[.accepted(run(slot...slot, at: ballot(1)))]]) }
    }

    @Test func anUnknownVersionIsRefusedByName() throws {
        _ = try fixture.open()
        var header = try #require(fixture.fileSystem.contents(of: fixture.path(1))?.prefix(64)).map { $0 }
        header[8] = 9
        header.appendLittleEndian(JournalFormat.checksum(header.span.bytes, seed: 0))
        fixture.fileSystem.overwrite(fixture.path(1), at: 0, with: header)
        #expect(throws: StorageError.unsupportedVersion(file: fixture.path(1), found: 9, supported: 1)) {
            try fixture.open()
        }
        #expect(try fixture.damages().map(\.kind) == [.unknownVersion])
    }

    @Test func aDamagedHeaderIsCorruption() throws {
        _ = try fixture.open()
        for offset in [0, 8, 13, 20, 30, 40, 57, 60, 70, 100, 4095] {
            fixture.fileSystem.flipByte(of: fixture.path(1), at: offset)
            #expect(try fixture.expectCorrupt()?.file == fixture.path(1))
            #expect(try fixture.damages().map(\.kind) == [.corrupt])
            fixture.fileSystem.flipByte(of: fixture.path(1), at: offset)
        }
    }

    @Test(arguments: [0, 100, 4096, 5000, 12_288, 65_535])
    func aCutFileIsCorruption(_ size: Int) throws {
        try append(1...4, to: try fixture.open().journal)
        fixture.fileSystem.truncate(fixture.path(1), to: size)
        #expect(try fixture.expectCorrupt()?.file == fixture.path(1))
    }

    /// Three files of 13 slots or so each.
    func threeFiles() throws -> Journal {
        let journal = try fixture.open().journal
        try append(1...30, to: journal)
        #expect(try fixture.names().count == 3)
        return journal
    }

    @Test func aMissingMiddleFileIsNamed() throws {
        _ = try threeFiles()
        try fixture.fileSystem.remove(fixture.path(2))
        let damage = try #require(try fixture.expectCorrupt())
        #expect(damage.kind == .gap && damage.file == fixture.path(2))
    }

    @Test func aMissingLastFileIsNamed() throws {
        _ = try threeFiles()
        try fixture.fileSystem.remove(fixture.path(3))
        let damage = try #require(try fixture.expectCorrupt())
        #expect(damage.kind == .gap && damage.file == fixture.path(3))
    }

    @Test func aMissingFirstFileIsNamedUnlessTheLogHoldsItsSlots() throws {
        _ = try threeFiles()
        guard
            case .inheritance(let inheritance, _)? = try fixture.findings().dropFirst(13).first(where: { finding in
                if case .inheritance = finding { true } else { false }
            })
        else {
            Issue.record("the second file begins with no inheritance")
            return
        }
        let highest = inheritance.highestSlot
        try fixture.fileSystem.remove(fixture.path(1))
        let damage = try #require(try fixture.expectCorrupt(logThrough: highest.rawValue - 1))
        #expect(damage.kind == .gap && damage.file == fixture.path(1) && damage.slots == highest...highest)
        #expect(try fixture.recovered(logThrough: highest.rawValue).accepted.first?.firstSlot == highest.next)
    }

    @Test func aFileUnderAnothersNameIsNamed() throws {
        _ = try fixture.open()
        try fixture.fileSystem.rename(fixture.path(1), to: fixture.path(2))
        #expect(try fixture.expectCorrupt()?.kind == .foreign)
    }

    @Test func aTornTailBeforeAFileWithRecordsIsCorruption() throws {
        _ = try threeFiles()
        let last = try #require(try fixture.offsets(of: 2).dropLast().last)
        // The last batch and the record that hands over, so that the file's own marks show nothing.
        fixture.fileSystem.flipByte(of: fixture.path(2), at: last + 100)
        fixture.fileSystem.overwrite(
            fixture.path(2), at: last + sector, with: [UInt8](repeating: 0, count: sector))
        let damage = try #require(try fixture.expectCorrupt())
        #expect(damage.file == fixture.path(2) && damage.offset == UInt64(last))
        #expect(damage.slots != nil)
    }

    @Test func aFileThatDoesNotHandOverBeforeOneWithRecordsIsCorruption() throws {
        _ = try threeFiles()
        let last = try #require(try fixture.offsets(of: 2).last)
        fixture.fileSystem.overwrite(fixture.path(2), at: last, with: [UInt8](repeating: 0, count: sector))
        let damage = try #require(try fixture.expectCorrupt())
        #expect(damage.file == fixture.path(2) && damage.offset == UInt64(last))
    }

    @Test func anEmptyFileBehindOneThatDidNotHandOverIsGoneOnWith() throws {
        _ = try threeFiles()
        for offset in try fixture.offsets(of: 3) {
            fixture.fileSystem.overwrite(fixture.path(3), at: offset, with: [UInt8](repeating: 0, count: sector))
        }
        let last = try #require(try fixture.offsets(of: 2).last)
        fixture.fileSystem.overwrite(fixture.path(2), at: last, with: [UInt8](repeating: 0, count: sector))
        let (journal, recovery) = try fixture.open()
        let count = recovery.accepted.count
        #expect(count > 13 && count < 30)
        try journal.append([[.promise(ballot(7))]])
        #expect(try fixture.recovered().promised == ballot(7))
        #expect(try fixture.recovered().accepted.count == count)
        #expect(try fixture.damages().isEmpty)
    }

    @Test func aMarkCoversNoVoteAtAnotherBallot() throws {
        let journal = try fixture.open().journal
        try journal.append([[.accepted(run(1...2, at: ballot(1))), .chosenThrough(Slot(2), ballot: ballot(2))]])
        let damage = try #require(try fixture.expectCorrupt())
        #expect(damage.kind == .gap && damage.slots == Slot(1)...Slot(2))
    }

    @Test func slotsThatWereChosenAndAreNowhereAreAGap() throws {
        let journal = try fixture.open().journal
        try journal.append([
            [.accepted(run(1...3, at: ballot(1))), .accepted(run(5...6, at: ballot(1)))],
            [.chosenThrough(Slot(6), ballot: ballot(1))],
        ])
        let damage = try #require(try fixture.expectCorrupt())
        #expect(damage.kind == .gap && damage.slots == Slot(4)...Slot(4))
        #expect(try fixture.recovered(logThrough: 4).chosen == [run(5...6, at: ballot(1))])
    }

    @Test func aChosenLogThatHasLostSlotsIsAGap() throws {
        let journal = try threeFiles()
        try journal.append([[.chosenThrough(Slot(30), ballot: ballot(1))]])
        try journal.release(through: Slot(20))
        try append(31...50, to: journal)
        let damage = try #require(try fixture.expectCorrupt(logThrough: 5))
        #expect(damage.kind == .gap && damage.slots?.lowerBound == Slot(6))
        #expect(try fixture.recovered(logThrough: 20).chosen.first?.firstSlot == Slot(21))
    }
}

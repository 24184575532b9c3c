// Damage that takes values alone: what stood there is known from the record's header, and the journal goes on without it.
// Whatever else is damaged is refused, unless it is shown to be no loss.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct JournalLossTests {
    let fixture = JournalFixture()
    let sector = JournalFormat.sectorSize

    func unknown(_ slots: ClosedRange<UInt64>, at ballot: Ballot = ballot(1)) -> UnknownRun {
        UnknownRun(ballot: ballot, slots: Slot(slots.lowerBound)...Slot(slots.upperBound))
    }

    /// Appends each record in a batch of its own.
    /// - Returns: where they stand, the inheritance not among them.
    func append(_ records: JournalRecord...) throws -> [Int] {
        let journal = try fixture.open().journal
        for record in records { try journal.append([[record]]) }
        try journal.markDurable()
        return Array(try fixture.offsets(of: 1).dropFirst())
    }

    func flip(_ offset: Int) { fixture.fileSystem.flipByte(of: fixture.path(1), at: offset) }

    // MARK: What is lost, and what is kept

    @Test func lostValuesAreUnknownAndReadingGoesOn() throws {
        let offsets = try append(
            .accepted(run(1...1, at: ballot(1))), .accepted(run(2...4, at: ballot(1))), .promise(ballot(3)),
            .accepted(run(5...5, at: ballot(3))))
        flip(offsets[1] + 100)
        let recovery = try fixture.recovered(mends: true)
        #expect(recovery.unknown == [unknown(2...4)])
        #expect(recovery.accepted == [run(1...1, at: ballot(1)), run(5...5, at: ballot(3))])
        #expect(recovery.promised == ballot(3))
        #expect(recovery.damage.map(\.offset) == [UInt64(offsets[1])])
        #expect(recovery.damage.map(\.slots) == [Slot(2)...Slot(4)])
        #expect(recovery == (try fixture.recovered(mends: true)), "the same bytes give the same again")
    }

    /// Which byte of a record is hit decides what is made of it.
    @Test func everyByteOfARecordHasItsVerdict() throws {
        let offsets = try append(
            .accepted(run(1...1, at: ballot(1))), .accepted(run(2...3, at: ballot(2))),
            .accepted(run(4...4, at: ballot(2))))
        let whole = try #require(fixture.fileSystem.contents(of: fixture.path(1)))
        let payload = offsets[1] + JournalFormat.recordHeaderSize
        let padding = payload + run(2...3, at: ballot(2)).body.count
        for offset in offsets[1]..<offsets[2] where offset < padding + 40 || offset % 61 == 0 {
            fixture.fileSystem = MemoryFileSystem()
            fixture.fileSystem.install(whole, at: fixture.path(1))
            flip(offset)
            if offset < payload {
                #expect(try fixture.expectCorrupt(mends: true) != nil, "byte \(offset) of a header")
                continue
            }
            let recovery = try fixture.recovered(mends: true)
            #expect(recovery.promised == ballot(2))
            #expect(recovery.unknown == (offset < padding ? [unknown(2...3, at: ballot(2))] : []), "byte \(offset)")
            #expect(recovery.accepted.count == (offset < padding ? 2 : 3), "byte \(offset)")
            // Bytes that only fill a record up are not looked at.
            #expect(recovery.damage.count == 1 || (padding..<(padding + 8)).contains(offset), "byte \(offset)")
        }
    }

    @Test func withoutOtherNodesLostValuesAreRefused() throws {
        let offsets = try append(.accepted(run(1...1, at: ballot(1))), .accepted(run(2...2, at: ballot(1))))
        flip(offsets[0] + 100)
        #expect(try fixture.expectCorrupt()?.slots == Slot(1)...Slot(1))
    }

    @Test func whatIsChosenAndLostIsVouchedFor() throws {
        let offsets = try append(
            .accepted(run(1...1, at: ballot(1))), .accepted(run(2...2, at: ballot(1))),
            .accepted(run(3...4, at: ballot(1))), .chosenThrough(Slot(3), ballot: ballot(1)))
        flip(offsets[1] + 100)
        let recovery = try fixture.recovered(mends: true)
        #expect(recovery.chosen == [run(1...1, at: ballot(1))])
        #expect(recovery.vouchedThrough == Slot(3) && recovery.unknown.isEmpty)
        #expect(recovery.accepted == [run(4...4, at: ballot(1))])
    }

    @Test func whatWasLearnedAndLostIsVouchedFor() throws {
        let offsets = try append(
            .chosen(run(1...2, at: .none)), .accepted(run(4...4, at: ballot(1))), .chosen(run(3...4, at: .none)),
            .promise(ballot(1)))
        for record in 1...2 { flip(offsets[record] + 100) }
        let recovery = try fixture.recovered(mends: true)
        #expect(recovery.chosen == [run(1...2, at: .none)] && recovery.vouchedThrough == Slot(4))
        #expect(recovery.unknown.isEmpty)
    }

    @Test func laterRecordSettlesWhatIsLost() throws {
        let offsets = try append(
            .accepted(run(1...3, at: ballot(1))), .accepted(run(2...2, at: ballot(2), "again")),
            .chosen(run(1...1, at: .none, "learned")))
        flip(offsets[0] + 100)
        let recovery = try fixture.recovered(mends: true)
        #expect(recovery.chosen == [run(1...1, at: .none, "learned")])
        #expect(recovery.accepted == [run(2...2, at: ballot(2), "again")])
        #expect(recovery.unknown == [unknown(3...3)])
    }

    /// A value that was accepted before at a lower ballot is not what the acceptor accepted last.
    @Test func lostValueHidesAnEarlierOne() throws {
        let offsets = try append(
            .accepted(run(1...3, at: ballot(1))), .accepted(run(2...2, at: ballot(2))), .promise(ballot(3)))
        flip(offsets[1] + 100)
        let recovery = try fixture.recovered(mends: true)
        #expect(recovery.accepted.map(\.slots) == [Slot(1)...Slot(1), Slot(3)...Slot(3)])
        #expect(recovery.unknown == [unknown(2...2, at: ballot(2))])
    }

    @Test func valueLearnedAgainTakesThePlaceOfALostOne() throws {
        let offsets = try append(
            .chosen(run(1...3, at: .none)), .chosen(run(1...2, at: .none)), .chosen(run(3...3, at: .none)))
        flip(offsets[0] + 100)
        let recovery = try fixture.recovered(mends: true)
        #expect(recovery.chosen == [run(1...2, at: .none), run(3...3, at: .none)])
    }

    @Test func slotsInTheLogAreNoLoss() throws {
        let offsets = try append(.accepted(run(1...2, at: ballot(1))), .accepted(run(3...3, at: ballot(1))))
        flip(offsets[0] + 100)
        let recovery = try fixture.recovered(logThrough: 2, mends: true)
        #expect(recovery.unknown.isEmpty && recovery.accepted == [run(3...3, at: ballot(1))])
        #expect(recovery.damage.count == 1, "it is told all the same")
        #expect(try fixture.recovered(logThrough: 1, mends: true).unknown == [unknown(2...2)])
    }

    @Test func fileWithLostValuesStaysUntilTheLogHasTheirSlots() throws {
        let journal = try fixture.open().journal
        for slot in UInt64(1)...20 { try journal.append([[.accepted(run(slot...slot, at: ballot(1)))]]) }
        #expect(try fixture.names().count == 2)
        let last = try #require(try fixture.offsets(of: 1).dropLast().last)
        flip(last + 100)
        let (again, recovery) = try fixture.open(mends: true)
        let lost = try #require(recovery.unknown.first?.slots.lowerBound)
        try again.release(through: lost.previous)
        #expect(try fixture.names().contains("0000000001.journal"))
        try again.release(through: lost)
        #expect(try !fixture.names().contains("0000000001.journal"))
    }

    // MARK: Records that are gone

    /// Zeros in the place of a batch's last records look like its padding.
    @Test(arguments: [1, 2]) func recordsGoneFromABatchsEndAreMissed(_ kept: Int) throws {
        let journal = try fixture.open().journal
        try journal.append([(UInt64(1)...3).map { .accepted(run($0...$0, at: ballot(1))) }])
        try journal.markDurable()
        let offsets = try fixture.offsets(of: 1)
        let zeros = [UInt8](repeating: 0, count: offsets[4] - offsets[1 + kept])
        fixture.fileSystem.overwrite(fixture.path(1), at: offsets[1 + kept], with: zeros)
        let damage = try #require(try fixture.expectCorrupt(mends: true))
        #expect(damage.offset == UInt64(offsets[1 + kept]) && damage.slots == nil)
        #expect(try fixture.records().count == kept, "a reader goes on behind it")
    }

    @Test func damagedHeaderBehindAnotherRecordIsNoPadding() throws {
        let journal = try fixture.open().journal
        try journal.append([(UInt64(1)...3).map { .accepted(run($0...$0, at: ballot(1))) }])
        try journal.markDurable()
        let header = try fixture.offsets(of: 1)[2]
        flip(header + 20)
        #expect(try fixture.damages().map(\.reason) == ["no record stands here"])
        #expect(try fixture.expectCorrupt(mends: true)?.offset == UInt64(header))
    }

    /// One stretch of zeros takes a record's values and the record behind it: what that said can't be told.
    @Test func damageThatReachesIntoTheNextRecordIsRefused() throws {
        let journal = try fixture.open().journal
        try journal.append([(UInt64(1)...2).map { .accepted(run($0...$0, at: ballot(1))) }])
        try journal.markDurable()
        let offsets = try fixture.offsets(of: 1)
        let start = offsets[1] + JournalFormat.recordHeaderSize
        let zeros = [UInt8](repeating: 0, count: offsets[3] - start)
        fixture.fileSystem.overwrite(fixture.path(1), at: start, with: zeros)
        #expect(try fixture.damages().count == 2)
        #expect(try fixture.expectCorrupt(mends: true)?.offset == UInt64(offsets[2]))
    }

    @Test func batchesGoOnBehindACutTail() throws {
        let journal = try fixture.open().journal
        try journal.append([(UInt64(1)...3).map { .accepted(run($0...$0, at: ballot(1))) }])
        flip(try #require(try fixture.offsets(of: 1).last) + 3)
        let again = try fixture.open().journal
        try again.append([[.accepted(run(3...3, at: ballot(2)))]])
        #expect(try fixture.damages().isEmpty)
        #expect(try fixture.recovered().accepted.count == 3)
    }

    // MARK: Files whose slots are all in the log

    /// Two files, the first of which has slots 1 to `last` alone, and a header in it is damaged.
    private func damagedFirstFile() throws -> UInt64 {
        let journal = try fixture.open().journal
        var slot: UInt64 = 0
        while try fixture.names().count < 2 {
            slot += 1
            try journal.append([[.accepted(run(slot...slot, at: ballot(slot)))]])
        }
        flip(try fixture.offsets(of: 1)[5] + 20)
        return slot - 1
    }

    @Test func damageBeforeAFileThatSaysAllIsInTheLogIsNoLoss() throws {
        let last = try damagedFirstFile()
        let recovery = try fixture.recovered(logThrough: last, mends: true)
        #expect(recovery.damage.count == 1)
        #expect(recovery.promised == ballot(last + 1) && recovery.accepted.map(\.lastSlot) == [Slot(last + 1)])
    }

    @Test func damageBeforeAFileThatSaysMoreIsRefused() throws {
        let last = try damagedFirstFile()
        #expect(try fixture.expectCorrupt(logThrough: last - 1, mends: true) != nil)
        #expect(try fixture.expectCorrupt(logThrough: last, mends: false) != nil)
    }
}

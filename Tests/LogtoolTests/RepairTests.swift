// Damage is mended from a copy that the log proves, byte for byte, and from no other; what is replaced is kept.

import ArgumentParser
import Console
import Paxos
import PaxosLog
import SystemPackage
import Testing

@testable import logtool

@Suite struct RepairTests {
    let fixture = FolderFixture()

    init() throws {
        for node: UInt16 in 0...1 { try fixture.write(node, try FolderFixture.entries(90)) }
    }

    private var names: [SegmentName] { get throws { try fixture.log(1).reader.segments() } }

    private func file(_ place: Int, of node: UInt16 = 0) throws -> FilePath {
        fixture.segment(node, from: Int(try names[place].firstSlot.rawValue))
    }

    private func contents(of node: UInt16) throws -> [String: [UInt8]?] {
        let directory = FilePath("/logs/n\(node)/log")
        let names = try fixture.fileSystem.list(directory)
        return Dictionary(
            uniqueKeysWithValues: names.map { ($0, fixture.fileSystem.contents(of: directory.appending($0))) })
    }

    private func plan(from copy: UInt16 = 1) throws -> LogRepair {
        try LogRepair(of: fixture.log(0), from: fixture.log(copy))
    }

    @discardableResult
    private func mend(from copy: UInt16 = 1) throws -> LogRepair {
        var repair = try plan(from: copy)
        try repair.mend(fixture.fileSystem, quarantine: Quarantine(fixture.fileSystem, in: "/logs/n0"))
        return repair
    }

    private func expectMended() throws {
        #expect(try fixture.verify(0).verdict == .clean)
        #expect(try contents(of: 0) == contents(of: 1))
    }

    @Test func fixtureHasSegmentsOfAllKinds() throws {
        #expect(try names.count > 3)
        #expect(try fixture.log(1).reader.claims(of: try #require(try names.last)).isSealed == false)
    }

    @Test func wholeLogNeedsNothing() throws {
        #expect(try plan().isWhole)
    }

    @Test func everyFlippedByteIsMended() throws {
        for place in try names.indices {
            let file = try file(place)
            let size = try #require(fixture.fileSystem.contents(of: file)).count
            for offset in stride(from: 13, to: size, by: 97) {
                fixture.fileSystem.flipByte(of: file, at: offset)
                let damaged = fixture.fileSystem.contents(of: file)
                let before = try contents(of: 0)
                let repair = try mend()
                if repair.isComplete {
                    try expectMended()
                    let kept = try #require(repair.pieces.first?.kept)
                    #expect(fixture.fileSystem.contents(of: kept) == damaged, "byte \(offset) of segment \(place)")
                } else {
                    // The header of the log's last block, and a version, are proven by nothing.
                    #expect(try contents(of: 0) == before)
                    let isVersion = repair.left.contains { $0.kind == .unknownVersion }
                    let isLast = try place == names.count - 1
                    #expect(isVersion || isLast, "byte \(offset) of segment \(place)")
                    fixture.fileSystem.flipByte(of: file, at: offset)
                }
            }
        }
        try expectMended()
    }

    @Test func missingSegmentsAreMadeAnew() throws {
        for place in [1, 2] { try fixture.fileSystem.remove(try file(place)) }
        let repair = try plan()
        #expect(repair.pieces.map { $0.source?.proof } == [.nextCopy, .nextHeader])
        #expect(try mend().pieces.map(\.kept) == [nil, nil])
        try expectMended()
    }

    @Test func firstSegmentIsMadeAnew() throws {
        try fixture.fileSystem.remove(try file(0))
        try mend()
        try expectMended()
    }

    @Test func lastSegmentIsMendedToWhereItEnded() throws {
        try fixture.write(2, try FolderFixture.entries(160))
        let last = try #require(try fixture.log(0).reader.lastBlock())
        fixture.fileSystem.flipByte(of: last.file, at: Int(last.offset) + BlockHeader.length + 1)
        let repair = try mend(from: 2)
        #expect(repair.pieces.map { $0.source?.proof } == [.ownEnd])
        try expectMended()
    }

    @Test func lostEndIsNoCleanLog() throws {
        let fixture = FolderFixture()
        var entries = try FolderFixture.entries(60)
        entries[59].kind = .seal
        entries[59].payload = []
        for node: UInt16 in 0...1 { try fixture.write(node, entries) }
        try fixture.releaseJournal(of: 0)
        #expect(try LogRepair(of: fixture.log(0), from: fixture.log(1)).isWhole)
        let last = try #require(try fixture.log(0).reader.lastBlock())
        try fixture.fileSystem.remove(last.file)
        let repair = try LogRepair(of: fixture.log(0), from: fixture.log(1))
        #expect(repair.pieces.isEmpty && repair.left.map(\.kind) == [.gap])
        #expect(repair.left.first?.slots?.upperBound == Slot(60))
    }

    @Test func copyOfAnotherHistoryIsRefused() throws {
        try fixture.write(2, try FolderFixture.entries(90, altered: 3))
        try fixture.fileSystem.remove(try file(1))
        let before = try contents(of: 0)
        let repair = try mend(from: 2)
        #expect(!repair.isComplete)
        #expect(try contents(of: 0) == before)
        guard case .none(let reason) = try #require(repair.pieces.first).remedy else {
            Issue.record("the copy is not proven")
            return
        }
        #expect(reason.hasPrefix("the copy is of another history") || reason.hasPrefix("the copy has no such segment"))
    }

    @Test func damagedCopyIsRefused() throws {
        _ = try fixture.damage(blockHolding: 20, of: 0)
        let own = try contents(of: 0)
        _ = try fixture.damage(blockHolding: 20, of: 1)
        let repair = try mend()
        #expect(!repair.isComplete && repair.pieces.allSatisfy { $0.source == nil })
        #expect(try contents(of: 0) == own)
    }

    @Test func copyThatIsDamagedElsewhereServes() throws {
        let here = try fixture.damage(blockHolding: 20, of: 0)
        let whole = try contents(of: 1)
        let other = try #require(try names.last { $0.firstSlot > here.slots.upperBound }).firstSlot.rawValue
        _ = try fixture.damage(blockHolding: other, of: 1)
        #expect(try mend().isComplete)
        #expect(try contents(of: 0) == whole)
    }

    @Test func everythingButTheProvenIsLeft() throws {
        // Two segments are damaged; the copy holds the first of them alone.
        let (first, third, copy) = try (file(0), file(2), file(2, of: 1))
        for file in [first, third] { fixture.fileSystem.flipByte(of: file, at: 200) }
        try fixture.fileSystem.remove(copy)
        let repair = try mend()
        #expect(!repair.isComplete)
        #expect(repair.pieces.map { $0.source == nil } == [false, true])
        #expect(try fixture.verify(0).damage.map(\.file) == [third])
    }

    @Test func crashLeavesALogThatCanBeMended() throws {
        let block = try fixture.damage(blockHolding: 20, of: 0)
        let counter = fixture.fileSystem.afterCrash(keeping: .everything)
        func mend(_ fileSystem: MemoryFileSystem) throws {
            let log = try NodeLog("/logs/n0", fileSystem: fileSystem)
            var repair = try LogRepair(of: log, from: NodeLog("/logs/n1", fileSystem: fileSystem))
            try repair.mend(fileSystem, quarantine: Quarantine(fileSystem, in: log.directory))
        }
        try mend(counter)
        for operation in 1...counter.operations {
            let fileSystem = fixture.fileSystem.afterCrash(keeping: .everything)
            fileSystem.crashAtOperation = operation
            #expect(throws: StorageError.self) { try mend(fileSystem) }
            let left = fileSystem.afterCrash(keeping: .random(seed: UInt64(operation)))
            let log = try NodeLog("/logs/n0", fileSystem: left)
            let found = try Verification(log).damage.filter { $0.kind != .foreign }
            #expect(found.isEmpty || found.map(\.slots) == [block.slots], "operation \(operation)")
            try mend(left)
            #expect(try Verification(log).damage.isEmpty, "operation \(operation)")
        }
    }

    @Test func receiptSaysWhatWasDone() throws {
        _ = try fixture.damage(blockHolding: 20, of: 0)
        let repair = try mend()
        let receipt = RepairReceipt(repair, of: "n0", from: "n1", isDone: true)
        let segment = try #require(receipt.segments.first)
        #expect(segment.proof == "the header of the next segment")
        #expect(segment.kept?.hasPrefix("/logs/n0/quarantine/1-") == true)
        #expect(receipt.lines(.plain)[0] == "n0: segments mended from n1: 1 of 1")
        for _ in 0..<2 { try receipt.write(fixture.fileSystem, "/logs/n0") }
        #expect(
            try fixture.fileSystem.list("/logs/n0").filter { $0.hasPrefix("repair") } == [
                "repair-1.json", "repair-2.json",
            ])
    }

    @Test(arguments: [["x"], ["--from", "x"]]) func folderAndCopyAreNeeded(arguments: [String]) {
        #expect(throws: (any Error).self) { try Repair.parse(arguments) }
    }
}

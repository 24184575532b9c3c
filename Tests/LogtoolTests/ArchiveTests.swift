// A folder and what was put aside of it are read as one log.

import ArgumentParser
import Paxos
import PaxosLog
import StateMachine
import SystemPackage
import Testing

@testable import logtool

@Suite struct ArchiveTests {
    let fixture = FolderFixture()

    init() throws {
        for node: UInt16 in 0...1 { try fixture.write(node, try FolderFixture.entries(60)) }
        try fixture.archive(2, of: 0, in: "/archive")
    }

    private func lines(_ direction: Direction) throws -> [String] {
        var lines: [String] = []
        try fixture.log(0, archive: "/archive").read(.first...SlotArgument.last, direction) { lines.take($0) }
        return lines
    }

    @Test func folderAndArchiveAreOneLog() throws {
        #expect(try fixture.verify(0).verdict == .finding)
        let log = try fixture.log(0, archive: "/archive")
        let report = try Verification(log)
        #expect(report.damage.isEmpty)
        #expect(report.summary.segments == (try fixture.verify(1).summary.segments))
        #expect(try log.storedBytes() == fixture.log(1).storedBytes())
    }

    @Test func bothDirectionsReadTheArchive() throws {
        let whole = try fixture.lines(1)
        #expect(try lines(.forwards) == whole)
        #expect(try lines(.backwards) == whole.reversed())
    }

    @Test func logsWithAndWithoutArchiveAreEqual() throws {
        let comparison = try Comparison([fixture.log(0, archive: "/archive"), fixture.log(1)], readsPayloads: true)
        #expect(comparison.verdict == .clean)
        #expect(comparison.agreedThrough == Slot(60))
    }

    @Test func stateIsToldFromTheArchiveOn() throws {
        let log = try fixture.log(0, archive: "/archive")
        let expected = try PastState(of: fixture.log(1), at: .slot(Slot(40)))
        #expect(try PastState(of: log, at: .slot(Slot(40))).store.digest == expected.store.digest)
    }

    @Test func damageInTheArchiveIsFoundThere() throws {
        let name = try #require(try fixture.fileSystem.list("/archive").last)
        fixture.fileSystem.flipByte(of: FilePath("/archive").appending(name), at: SegmentHeader.length + 100)
        let report = try Verification(fixture.log(0, archive: "/archive"))
        #expect(report.damage.map(\.file) == [FilePath("/archive").appending(name)])
    }

    @Test func archiveOfAnotherHistoryIsFound() throws {
        let fixture = FolderFixture()
        try fixture.write(0, try FolderFixture.entries(60))
        try fixture.write(1, try FolderFixture.entries(60, altered: 3))
        try fixture.archive(1, of: 0, in: "/own")
        try fixture.archive(1, of: 1, in: "/other")
        #expect(try Verification(fixture.log(0, archive: "/own")).verdict == .clean)
        #expect(try Verification(fixture.log(0, archive: "/other")).verdict == .finding)
    }

    @Test func segmentOfTheFolderGoesFirst() throws {
        let name = try #require(try fixture.log(0).reader.segments().first)
        fixture.fileSystem.install([1, 2, 3], at: FilePath("/archive").appending(name.description))
        #expect(try Verification(fixture.log(0, archive: "/archive")).verdict == .clean)
    }

    @Test func archiveThatIsNotThereIsNoInput() {
        #expect {
            try fixture.log(0, archive: "/nowhere")
        } throws: {
            ($0 as? Failure)?.status == 66
        }
        #expect(throws: (any Error).self) {
            try Print.parse(["00000000000000000001.segment", "--archive", "x"])
        }
    }
}

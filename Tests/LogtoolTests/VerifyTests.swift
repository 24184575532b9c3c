// Every kind of damage is found, named and placed, and what is not damage is not called so.

import Console
import Paxos
import PaxosLog
import SystemPackage
import Testing

@testable import logtool

@Suite struct VerifyTests {
    let fixture = FolderFixture()

    init() throws {
        try fixture.write(0, try FolderFixture.entries(60))
    }

    private func segments() throws -> [FilePath] {
        try fixture.fileSystem.list("/logs/n0/log").map { FilePath("/logs/n0/log").appending($0) }
    }

    @Test func healthyFolderIsClean() throws {
        let report = try fixture.verify(0)
        #expect(report.verdict == .clean)
        #expect(report.damage.isEmpty)
        #expect(report.summary.chosenThrough == 60)
        #expect(report.summary.segments > 1)
    }

    @Test func everyFlippedByteOfASegmentIsFound() throws {
        let file = try segments()[0]
        let size = fixture.fileSystem.contents(of: file)?.count ?? 0
        for offset in stride(from: 0, to: size, by: 7) {
            fixture.fileSystem.flipByte(of: file, at: offset)
            let report = try fixture.verify(0)
            #expect(report.verdict == .finding, "byte \(offset) of \(size)")
            fixture.fileSystem.flipByte(of: file, at: offset)
        }
        #expect(try fixture.verify(0).verdict == .clean)
    }

    @Test func damagedPayloadNamesItsSlots() throws {
        var cursor = try fixture.log(0).reader.cursor(depth: .headers)
        _ = try cursor.next()
        guard case .block(let second)? = try cursor.next() else {
            Issue.record("the log has a second block")
            return
        }
        fixture.fileSystem.flipByte(of: second.file, at: Int(second.offset) + BlockHeader.length + 3)
        let report = try fixture.verify(0)
        #expect(report.damage.map(\.slots) == [second.slots])
        #expect(report.damage.map(\.kind) == [.corrupt])
        let lines = try fixture.lines(0)
        #expect(lines.count == 60 - second.header.count + 1, "printing goes on behind the damage")
    }

    @Test func missingSegmentIsAGap() throws {
        let files = try segments()
        try fixture.fileSystem.remove(files[1])
        let report = try fixture.verify(0)
        #expect(report.verdict == .finding)
        #expect(report.damage.contains { $0.kind == .gap })
    }

    @Test func strangeFileIsForeign() throws {
        fixture.fileSystem.install([1, 2, 3], at: "/logs/n0/log/notes.txt")
        let report = try fixture.verify(0)
        #expect(report.damage.map(\.kind) == [.foreign])
    }

    @Test func unknownVersionIsNamed() throws {
        let segment = try segments()[0]
        var bytes = try #require(fixture.fileSystem.contents(of: segment))
        bytes[8] = 9
        let checksum = bytes[..<72].withUnsafeBytes { SegmentChecksum.segmentHeader($0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(72..<80, with: $0) }
        fixture.fileSystem.install(bytes, at: segment)
        let report = try fixture.verify(0)
        #expect(report.damage.contains { $0.kind == .unknownVersion && $0.file == segment })
        #expect(report.verdict == .finding)
    }

    @Test func damagedJournalRecordIsCorrupt() throws {
        let journal = FilePath("/logs/n0/journal/0000000001.journal")
        fixture.fileSystem.flipByte(of: journal, at: 4096 * 2 + 200)
        let report = try fixture.verify(0)
        #expect(report.damage.contains { $0.kind == .corrupt && $0.file == journal })
        #expect(report.verdict == .finding)
    }

    @Test func missingIdentityIsAFinding() throws {
        try fixture.fileSystem.remove("/logs/n0/identity.json")
        #expect(try fixture.verify(0).verdict == .finding)
    }

    @Test func reportIsTextThatLinesUp() throws {
        fixture.fileSystem.install([1], at: "/logs/n0/log/notes.txt")
        let lines = try fixture.verify(0).lines(.plain)
        #expect(lines[0].hasPrefix("n0: damaged: chosen through slot 60"))
        #expect(lines[1].hasPrefix("  verdict"))
        #expect(lines[2].hasPrefix("  foreign file  -"))
    }
}

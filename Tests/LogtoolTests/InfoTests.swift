// What info says of a folder, word for word, and what it says of damage.

import Console
import Paxos
import PaxosLog
import SystemPackage
import Testing

@testable import logtool

@Suite struct InfoTests {
    let fixture = FolderFixture()

    @Test func folderIsDescribed() throws {
        let all = try FolderFixture.entries(70)
        try fixture.write(0, Array(all[..<67]), accepted: Array(all[67...]))
        let summary = try FolderSummary(fixture.log(0))
        #expect(summary.verdict == .clean)
        let expected = """
            n0:
              node          n0, incarnation 1
              cluster       00000000000000070000000000000008
              versions      identity 1, journal 1, segment 1, block 1
              slots         1 to 67: log 1 to 67; accepted through 70
              segments      4
              blocks        17
              raw bytes     5623
              stored bytes  2351
              ratio         2.39
              first entry   2023-11-14T22:13:20.000001Z
              last entry    2023-11-14T22:13:20.000067Z
              chain digest  406f31ec590238baf050e3bc53fce20b3edccf9b052021b7b2e3471c7c9efe54 at slot 67
              journal       whole, files: 1, spare: 0, promised 3.n0.1
            """
        #expect(summary.lines(.plain) == expected.split(separator: "\n").map(String.init))
    }

    @Test func damagedHeaderIsAFinding() throws {
        try fixture.write(0, try FolderFixture.entries(70))
        guard case .block(let block)? = try fixture.log(0).reader.block(holding: Slot(20)) else {
            Issue.record("slot 20 stands in a block")
            return
        }
        fixture.fileSystem.flipByte(of: block.file, at: Int(block.offset) + 20)
        let summary = try FolderSummary(fixture.log(0))
        #expect(summary.verdict == .finding)
        #expect(summary.damage.map(\.slots) == [block.slots])
        #expect(summary.lines(.plain).contains { $0.contains("corrupt") })
    }

    @Test func emptyFolderTellsNothing() throws {
        try fixture.fileSystem.createDirectory("/logs/n0/log")
        let summary = try FolderSummary(fixture.log(0))
        #expect(summary.verdict == .finding, "it has no identity")
        #expect(summary.lines(.plain).contains("  slots         none"))
    }
}

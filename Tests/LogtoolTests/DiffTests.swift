// Logs that agree, that are shorter, that differ, and who is alone with what.

import Console
import Paxos
import PaxosLog
import SystemPackage
import Testing

@testable import logtool

@Suite struct DiffTests {
    let fixture = FolderFixture()

    @Test func equalLogsAgree() throws {
        for node in 0..<3 { try fixture.write(UInt16(node), try FolderFixture.entries(70)) }
        let comparison = try fixture.compare(0, 1, 2, readsPayloads: true)
        #expect(comparison.verdict == .clean)
        #expect(comparison.agreedThrough == Slot(70))
        #expect(comparison.firstDifference == nil)
    }

    @Test(arguments: [3, 20, 50, 69])
    func shorterLogAgreesAsFarAsItGoes(length: Int) throws {
        try fixture.write(0, try FolderFixture.entries(70))
        try fixture.write(1, try FolderFixture.entries(length))
        let comparison = try fixture.compare(0, 1)
        #expect(comparison.verdict == .clean)
        #expect(comparison.agreedThrough == Slot(UInt64(length)))
    }

    @Test(arguments: [2, 3, 20, 41, 66, 68, 70])
    func firstDifferenceIsNamedWithItsMinority(slot: Int) throws {
        try fixture.write(0, try FolderFixture.entries(70))
        try fixture.write(1, try FolderFixture.entries(70, altered: slot))
        try fixture.write(2, try FolderFixture.entries(70))
        let comparison = try fixture.compare(0, 1, 2)
        #expect(comparison.verdict == .finding)
        #expect(comparison.firstDifference == Slot(UInt64(slot)))
        #expect(comparison.agreedThrough == Slot(UInt64(slot - 1)))
        #expect(comparison.summary.nodes.map(\.isInMinority) == [false, true, false])
        #expect(
            comparison.lines(.plain).contains { $0.contains("n1") && $0.contains("minority") && $0.contains("other") })
    }

    @Test func fiveNodesWithTwoInTheMinority() throws {
        for node in 0..<5 {
            try fixture.write(UInt16(node), try FolderFixture.entries(50, altered: node == 0 || node == 3 ? 30 : nil))
        }
        let comparison = try fixture.compare(0, 1, 2, 3, 4)
        #expect(comparison.firstDifference == Slot(30))
        #expect(comparison.summary.nodes.map(\.isInMinority) == [true, false, false, true, false])
    }

    @Test func twoNodesAgainstEachOtherHaveNoMinority() throws {
        try fixture.write(0, try FolderFixture.entries(50))
        try fixture.write(1, try FolderFixture.entries(50, altered: 30))
        let comparison = try fixture.compare(0, 1)
        #expect(comparison.summary.nodes.map(\.isInMinority) == [false, false])
        #expect(comparison.lines(.plain).last == "no side has a majority")
    }

    @Test func damagedPayloadIsFoundWhenPayloadsAreRead() throws {
        try fixture.write(0, try FolderFixture.entries(70))
        try fixture.write(1, try FolderFixture.entries(70))
        guard case .block(let block)? = try fixture.log(1).reader.block(holding: Slot(20)) else {
            Issue.record("slot 20 stands in a block")
            return
        }
        fixture.fileSystem.flipByte(of: block.file, at: Int(block.offset) + BlockHeader.length + 1)
        #expect(try fixture.compare(0, 1).verdict == .clean, "digests alone do not show what the disk lost")
        let comparison = try fixture.compare(0, 1, readsPayloads: true)
        #expect(comparison.verdict == .finding)
        #expect(comparison.nodes[1].damage.map(\.slots) == [block.slots])
        #expect(comparison.firstDifference == nil)
    }

    @Test func damageDoesNotHideADifferenceBehindIt() throws {
        try fixture.write(0, try FolderFixture.entries(70))
        try fixture.write(1, try FolderFixture.entries(70, altered: 40))
        guard case .block(let block)? = try fixture.log(1).reader.block(holding: Slot(10)) else {
            Issue.record("slot 10 stands in a block")
            return
        }
        fixture.fileSystem.flipByte(of: block.file, at: Int(block.offset) + 20)
        let comparison = try fixture.compare(0, 1)
        #expect(comparison.verdict == .finding)
        #expect(comparison.firstDifference == Slot(40))
    }

    @Test func emptyFolderCanNotBeCompared() throws {
        try fixture.write(0, try FolderFixture.entries(10))
        try fixture.fileSystem.createDirectory("/logs/n1/log")
        #expect(try fixture.compare(0, 1).verdict == .cannotTell)
    }
}

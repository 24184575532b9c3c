// What print shows: every slot once, the state it is in, and awkward bytes so that a line can be cut at its spaces.

import ArgumentParser
import Paxos
import PaxosLog
import StateMachine
import Testing

@testable import logtool

@Suite struct PrintTests {
    @Test func logAndJournalAreOneLog() throws {
        let fixture = FolderFixture()
        let all = try FolderFixture.entries(44)
        try fixture.write(0, Array(all[..<40]), accepted: Array(all[40...]))
        let lines = try fixture.lines(0)
        #expect(lines.count == 44)
        #expect(lines.enumerated().allSatisfy { $1.hasPrefix("\($0 + 1) ") })
        #expect(lines.filter { $0.contains(" accepted ") }.count == 4)
        #expect(lines[0] == "1 chosen genesis cluster=\(FolderFixture.cluster) members=n0,n1,n2")
        #expect(lines[1] == "2 chosen set \\x00 value\\x202")
        #expect(lines[2] == "3 chosen set \\xff;: value\\x203")
        #expect(lines[3] == "4 chosen set ключ value\\x204")
        #expect(lines[8] == "9 chosen noop")
        #expect(lines[43] == "44 accepted set ключ value\\x2044")
    }

    @Test(arguments: [2, 17, 30, 40, 41])
    func printingBeginsAtAnySlot(first: Int) throws {
        let fixture = FolderFixture()
        try fixture.write(0, try FolderFixture.entries(41))
        let lines = try fixture.lines(0, Slot(UInt64(first))...SlotArgument.last)
        #expect(lines.count == 42 - first)
        #expect(lines.first?.hasPrefix("\(first) chosen ") == true)
    }

    @Test func jsonHoldsBytesThatAreNotTextInBase64() throws {
        let fixture = FolderFixture()
        try fixture.write(0, try FolderFixture.entries(4))
        var objects: [String] = []
        try fixture.log(0).read(Slot(3)...SlotArgument.last, .forwards) { event in
            if case .entry(let entry) = event { objects.append(JSONText.line(EntryObject(entry))) }
            return true
        }
        #expect(objects[0].contains(#""key_base64":"/zs6""#))
        #expect(objects[1].contains(#""key":"ключ""#))
        #expect(objects[1].contains(#""value":"value 4""#))
    }

    @Test(arguments: [
        ["x", "--limit", "0"], ["x", "--from", "0"], ["x", "--from", "9", "--to", "8"], [], ["x", "--key", "a b"],
    ])
    func senselessOptionsAreRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try Print.parse(arguments) }
    }

    @Test func folderThatIsNotThereIsNoInput() {
        #expect { try NodeLog("/nowhere", fileSystem: MemoryFileSystem()) } throws: { ($0 as? Failure)?.status == 66 }
    }
}

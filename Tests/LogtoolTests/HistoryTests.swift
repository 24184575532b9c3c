// What a key went through, and where nothing can be told of it.

import ArgumentParser
import Paxos
import PaxosLog
import StateMachine
import Testing

@testable import logtool

@Suite struct HistoryTests {
    let fixture = FolderFixture()

    private func history(_ key: String) throws -> (lines: [String], replay: Replay) {
        var lines: [String] = []
        let replay = try KeyHistory(of: Array(key.utf8)).read(fixture.log(0)) { lines.append($0.line) }
        return (lines, replay)
    }

    @Test func everyChangeIsShownOnce() throws {
        var commands: [Command] = []
        commands.append(.set(key: [107], value: Array("one".utf8)))
        commands.append(.set(key: [108], value: [1]))
        commands.append(.set(key: [107], value: Array("two words".utf8)))
        commands.append(.set(key: [107], value: Array("two words".utf8)))
        commands.append(.delete(key: [107]))
        commands.append(.delete(key: [107]))
        commands.append(Command(conditions: [.keyIsAbsent(key: [108])], operations: [.set(key: [107], value: [])]))
        commands.append(Command(conditions: [.keyIsAbsent(key: [107])], operations: [.set(key: [107], value: [])]))
        try fixture.write(0, try FolderFixture.entries(of: commands))
        let (lines, replay) = try history("k")
        #expect(replay.shortfall(of: .end) == nil)
        let origin = "n1.1.1700000000000"
        #expect(
            lines == [
                "2 2023-11-14T22:13:20.000002Z \(origin).2 created one",
                "4 2023-11-14T22:13:20.000004Z \(origin).4 changed one two\\x20words",
                "5 2023-11-14T22:13:20.000005Z \(origin).5 changed two\\x20words two\\x20words",
                "6 2023-11-14T22:13:20.000006Z \(origin).6 deleted two\\x20words",
                "9 2023-11-14T22:13:20.000009Z \(origin).9 created \"\"",
            ])
    }

    @Test func commandThatWasSentTwiceChangesAKeyOnce() throws {
        var entries = try FolderFixture.entries(of: [.set(key: [107], value: [1]), .delete(key: [107])])
        var again = entries[1]
        again.slot = Slot(4)
        entries.append(again)
        try fixture.write(0, entries)
        #expect(try history("k").lines.count == 2)
    }

    @Test func timeNeverStepsBack() throws {
        var entries = try FolderFixture.entries(of: [.set(key: [107], value: [1]), .delete(key: [107])])
        entries[2].time -= 1_000_000
        try fixture.write(0, entries)
        #expect(try history("k").lines.map { $0.split(separator: " ")[1] }.last == "2023-11-14T22:13:20.000002Z")
    }

    @Test func acceptedIsNoChange() throws {
        let entries = try FolderFixture.entries(of: [.set(key: [107], value: [1]), .delete(key: [107])])
        try fixture.write(0, Array(entries[..<2]), accepted: [entries[2]])
        #expect(try history("k").lines.count == 1)
    }

    @Test func bytesThatAreNoTextAreInBase64() throws {
        try fixture.write(0, try FolderFixture.entries(of: [.set(key: [0xFF], value: [0xFE])]))
        var objects: [String] = []
        _ = try KeyHistory(of: [0xFF]).read(fixture.log(0)) { objects.append(JSONText.line($0)) }
        #expect(
            objects == [
                #"{"boot":1700000000000,"change":"created","effectiveTime":1700000000000002,"incarnation":1,"#
                    + #""key_base64":"/w==","new_base64":"/g==","node":"n1","sequence":2,"slot":2}"#
            ])
    }

    @Test func nothingIsToldBehindDamage() throws {
        try fixture.write(0, try FolderFixture.entries(60))
        let whole = try history("k").lines
        let block = try fixture.damage(blockHolding: 20, of: 0)
        let (lines, replay) = try history("k")
        #expect(lines == whole.filter { Slot(UInt64($0.split(separator: " ")[0])!) < block.slots.lowerBound })
        #expect(replay.shortfall(of: .end)?.status == 1)
    }

    @Test func withoutTheBeginningNothingCanBeTold() throws {
        try fixture.write(0, try FolderFixture.entries(60))
        try fixture.fileSystem.remove(fixture.segment(0, from: 1))
        let (lines, replay) = try history("k")
        #expect(lines.isEmpty)
        let failure = try #require(replay.shortfall(of: .end))
        #expect(failure.status == 2)
        let second = try #require(try fixture.log(0).reader.segments().first)
        #expect(failure.message.hasPrefix("no slot can be told: the log begins with slot \(second.firstSlot),"))
    }

    @Test func tornBlockIsReadFromTheJournal() throws {
        try fixture.write(0, try FolderFixture.entries(60))
        let last = try #require(try fixture.log(0).reader.lastBlock())
        let bytes = try #require(fixture.fileSystem.contents(of: last.file))
        try fixture.fileSystem.open(last.file, for: .readWrite).truncate(to: UInt64(bytes.count - 5))
        let (lines, replay) = try history("k")
        #expect(replay.store.appliedThrough == Slot(60))
        #expect(lines.count == 11)
    }

    @Test(arguments: [["x"], ["x", "--key", "a b"], ["--key", "k"]])
    func keyAndFolderAreNeeded(arguments: [String]) {
        #expect(throws: (any Error).self) { try History.parse(arguments) }
    }
}

// A node that runs is read as its folder is: entry for entry, damage for damage, and no more of it than is needed.

import Paxos
import PaxosLog
import SystemPackage
import Testing

@testable import logtool

@Suite struct LiveLogTests {
    let fixture = FolderFixture()

    init() throws {
        for node: UInt16 in 0...2 { try fixture.write(node, try FolderFixture.entries(160)) }
    }

    private func log(_ node: FakeNode) throws -> NodeLog {
        try NodeLog(LiveNode(node), fileSystem: fixture.fileSystem)
    }

    private func compare(_ nodes: [FakeNode]) throws -> Comparison {
        try Comparison(nodes.map { try log($0) }, readsPayloads: false)
    }

    private func lines(
        _ log: NodeLog, _ slots: ClosedRange<Slot> = .first...SlotArgument.last, _ direction: Direction = .forwards
    ) throws -> [String] {
        var lines: [String] = []
        try log.read(slots, direction) { lines.take($0) }
        return lines
    }

    @Test func fixtureHasATail() throws {
        let node = try LiveNode(FakeNode(fixture, 0))
        #expect(node.listing.segments.count > 3)
        #expect(node.listing.logThrough < Slot(160) && node.listing.appliedThrough == Slot(160))
    }

    @Test(arguments: [Direction.forwards, .backwards]) func everyEntryIsRead(direction: Direction) throws {
        let live = try log(FakeNode(fixture, 0))
        let all = Slot.first...SlotArgument.last
        #expect(try lines(live, all, direction) == fixture.lines(0, all, direction))
        for slots in [Slot(1)...Slot(1), Slot(40)...Slot(60), Slot(150)...Slot(160), Slot(159)...Slot(900)] {
            #expect(try lines(live, slots, direction) == fixture.lines(0, slots, direction), "\(slots)")
        }
    }

    @Test func sameIsFoundAsInItsFolder() throws {
        let live = try log(FakeNode(fixture, 0))
        let (sent, own) = (try Verification(live), try fixture.verify(0))
        #expect(sent.verdict == .clean && sent.summary.chosenThrough == 160)
        #expect(sent.summary.chainDigest == own.summary.chainDigest && sent.summary.blocks == own.summary.blocks)
        let (there, here) = (try FolderSummary(live).object, try FolderSummary(fixture.log(0)).object)
        #expect(there.rawBytes == here.rawBytes && there.storedBytes == here.storedBytes)
        #expect(there.firstTime == here.firstTime && there.lastTime == here.lastTime && there.boot == here.boot)
        _ = try fixture.damage(blockHolding: 20, of: 0)
        let found = try Verification(log(FakeNode(fixture, 0))).damage
        #expect(try found.map(\.slots) == fixture.verify(0).damage.map(\.slots) && found.count == 1)
        #expect(found.first?.file.string.hasPrefix("node0:8000/log/") == true)
    }

    @Test func equalLogsAreToldByTheirDigests() throws {
        let nodes = (0...2).map { FakeNode(fixture, $0) }
        let comparison = try compare(nodes)
        #expect(comparison.verdict == .clean && comparison.agreedThrough == Slot(160))
        #expect(nodes.allSatisfy { node in !node.questions.contains { $0.contains("segment") } })
        #expect(nodes.allSatisfy { node in !node.questions.contains { $0.contains("encoded") } })
        #expect(comparison.summary.receivedBytes == nodes.reduce(0) { $0 + $1.receivedBytes })
    }

    @Test(arguments: [2, 77, 158]) func differenceIsFoundAsInFolders(slot: Int) throws {
        try fixture.write(3, try FolderFixture.entries(160, altered: slot))
        let live = try compare([FakeNode(fixture, 0), FakeNode(fixture, 1), FakeNode(fixture, 3)])
        let folders = try fixture.compare(0, 1, 3)
        #expect(live.firstDifference == Slot(UInt64(slot)) && folders.firstDifference == live.firstDifference)
        #expect(live.summary.nodes.map(\.text) == folders.summary.nodes.map(\.text))
        #expect(live.summary.nodes.map(\.isInMinority) == [false, false, true])
    }

    @Test func nodeAndFolderAreCompared() throws {
        try fixture.write(3, try FolderFixture.entries(100))
        let comparison = try Comparison(
            [log(FakeNode(fixture, 0)), fixture.log(3), log(FakeNode(fixture, 1))], readsPayloads: false)
        #expect(comparison.verdict == .clean && comparison.agreedThrough == Slot(100))
    }

    @Test func whatIsCompactedMeanwhileCannotBeTold() throws {
        let node = FakeNode(fixture, 0)
        let live = try log(node)
        let name = try #require(try fixture.log(0).reader.segments().dropFirst().first)
        try fixture.fileSystem.remove(fixture.log(0).reader.path(of: name))
        let error = #expect(throws: StorageError.self) { try lines(live) }
        let failure = try Failure(#require(error))
        #expect(failure.status == 2 && failure.message.contains("410"), "\(failure.message)")
    }

    // MARK: Following

    private func poll(_ follower: inout NodeFollower) throws -> [UInt64] {
        var slots: [UInt64] = []
        try follower.poll { event in
            if case .entry(let entry) = event { slots.append(entry.view.slot.rawValue) }
            return true
        }
        return slots
    }

    @Test func eachEntryComesOnceAndInOrder() throws {
        let node = FakeNode(fixture, 0)
        var follower = try NodeFollower(node, from: Slot(3))
        // It is away, stops, and comes back.
        for question in [3, 4] { node.before(question) { () throws(NodeFailure) in throw .unreachable("no") } }
        node.before(6) { () throws(NodeFailure) in throw .refused(status: 503, reason: "stopping") }
        var slots: [UInt64] = []
        for _ in 0..<5 { slots += try poll(&follower) }
        #expect(slots == Array(3...160))
        try fixture.learn(Array(FolderFixture.entries(165)[160...]), of: 0)
        #expect(try poll(&follower) == Array(161...165))
        var late = try NodeFollower(node, from: nil)
        #expect(try poll(&late).isEmpty)
        try fixture.archive(2, of: 0, in: "/archive")
        var early = try NodeFollower(node, from: .first)
        let failure = #expect(throws: Failure.self) { try poll(&early) }
        #expect(failure?.status == 2 && failure?.message.hasPrefix("compacted past: slot 1 is gone") == true)
    }

    // MARK: Copying

    private func backUp(_ node: FakeNode) throws -> BackupReceipt {
        let backup = NodeBackup(to: "/backup", fixture.fileSystem)
        let receipt = try backup.write(from: node)
        try backup.finish(receipt)
        return receipt
    }

    private var backup: NodeLog { get throws { try NodeLog("/backup", fileSystem: fixture.fileSystem) } }

    @Test func backupHoldsEveryEntry() throws {
        let receipt = try backUp(FakeNode(fixture, 0))
        #expect(receipt.through == 160)
        #expect(try lines(backup) == fixture.lines(0))
        #expect(try Verification(backup).verdict == .clean)
        #expect(try backup.identity == nil && backup.cluster == FolderFixture.cluster)
        #expect(throws: Failure.self) { try backUp(FakeNode(fixture, 0)) }
    }

    @Test func otherFolderIsLeftAlone() throws {
        fixture.fileSystem.install([1], at: "/backup/mine")
        let failure = #expect(throws: Failure.self) { try backUp(FakeNode(fixture, 0)) }
        #expect(failure?.status == 64)
        #expect(try fixture.fileSystem.list("/backup") == ["mine"])
    }

    @Test func brokenBackupIsGoneOnWith() throws {
        var trials = 0
        while trials < 100 {
            let node = FakeNode(fixture, 0)
            // Behind the listing, the identity and the first file that is copied.
            node.before(3) { () throws(NodeFailure) in throw .unreachable("no") }
            do {
                _ = try NodeBackup(to: "/backup", fixture.fileSystem).write(from: node)
                break
            } catch {
                trials += 1
                #expect(try Verification(backup).damage.contains { $0.file == "/backup/backup.json" })
            }
        }
        #expect(trials > 2 && trials < 100)
        // Of another node it is not gone on with.
        #expect(throws: Failure.self) { try backUp(FakeNode(fixture, 1)) }
        let last = FakeNode(fixture, 0)
        _ = try backUp(last)
        #expect(last.questions.count { $0.contains("segment") } <= 1, "what was copied is not copied again")
        #expect(try lines(backup) == fixture.lines(0))
        #expect(try Verification(backup).verdict == .clean)
    }

    @Test func whatWasWrittenSinceIsTaken() throws {
        try fixture.write(4, try FolderFixture.entries(90))
        _ = try NodeBackup(to: "/backup", fixture.fileSystem).write(from: FakeNode(fixture, 4))
        let open = try #require(try fixture.log(4).reader.segments().last)
        for name in ["log", "journal"] {
            let directory = FilePath("/logs/n4").appending(name)
            for file in try fixture.fileSystem.list(directory) {
                try fixture.fileSystem.remove(directory.appending(file))
            }
        }
        try fixture.write(4, try FolderFixture.entries(160))
        let size = try #require(fixture.fileSystem.contents(of: FilePath("/backup/log/\(open)"))).count
        #expect(try fixture.log(4).reader.size(of: open) > size, "the segment was open, and has grown")
        _ = try backUp(FakeNode(fixture, 4))
        #expect(try lines(backup) == fixture.lines(4))
        #expect(try Verification(backup).verdict == .clean)
    }

    @Test func crashLeavesABackupThatCanBeGoneOnWith() throws {
        let counter = fixture.fileSystem.afterCrash(keeping: .everything)
        _ = try NodeBackup(to: "/backup", counter).write(from: FakeNode(fixture, 0))
        for operation in 1...counter.operations {
            let fileSystem = fixture.fileSystem.afterCrash(keeping: .everything)
            fileSystem.crashAtOperation = operation
            #expect(throws: (any Error).self) {
                try NodeBackup(to: "/backup", fileSystem).write(from: FakeNode(fixture, 0))
            }
            let left = fileSystem.afterCrash(keeping: .random(seed: UInt64(operation)))
            let backup = NodeBackup(to: "/backup", left)
            try backup.finish(backup.write(from: FakeNode(fixture, 0)))
            let log = try NodeLog("/backup", fileSystem: left)
            #expect(try Verification(log).verdict == .clean && lines(log) == fixture.lines(0), "operation \(operation)")
        }
    }
}

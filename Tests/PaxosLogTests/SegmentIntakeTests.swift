// A segment that a peer has ended, taken in as a file: behind the last one, or in the place of the open one; only when it
// goes on from what stands here, at once or not at all.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct SegmentIntakeTests {
    private static let data = FilePath("/n0")
    private static let blocks = Sample.blocks(Sample.entries(120))

    private final class Box {
        var log: ChosenLog
        init(_ log: consuming ChosenLog) { self.log = log }
    }

    /// The log of the first `count` blocks, open, on a disk of its own.
    private static func log(of count: Int) throws -> (MemoryFileSystem, Box) {
        let fileSystem = MemoryFileSystem()
        let box = Box(try ChosenLog.open(fileSystem, directory: Sample.directory))
        try box.log.append(Array(blocks.prefix(count)))
        return (fileSystem, box)
    }

    /// A peer that holds everything.
    private static func peer() throws -> MemoryFileSystem { try log(of: blocks.count).0 }

    private static func path(_ name: SegmentName) -> FilePath { Sample.directory.appending(name.description) }

    /// What the peer holds of the segment that the next block of the log goes to, if it has ended it.
    private static func next(_ box: Box, of peer: MemoryFileSystem) throws -> (name: SegmentName, bytes: [UInt8])? {
        let reader = ChosenLogReader(peer, directory: Sample.directory)
        guard let ended = try reader.endedSegment(holding: box.log.through.next) else { return nil }
        return (ended.name, try #require(peer.contents(of: path(ended.name))))
    }

    private static func takeIn(
        _ name: SegmentName, _ copy: [UInt8], _ fileSystem: MemoryFileSystem, _ box: Box,
        cluster: UniqueID = Sample.cluster
    ) throws -> SegmentIntake {
        let incoming = IncomingFolder(fileSystem, in: data)
        try incoming.clear()
        _ = try incoming.append(copy, at: 0, to: .segment(name))
        return try box.log.takeIn(
            name, from: incoming, cluster: cluster, quarantine: Quarantine(fileSystem, in: data))
    }

    @Test(arguments: 0..<blocks.count) func aLogThatEndsAnywhereGoesOnWithFilesToTheSameBytes(_ count: Int) throws {
        let peer = try Self.peer()
        let (fileSystem, box) = try Self.log(of: count)
        while let (name, copy) = try Self.next(box, of: peer) {
            let before = box.log.through
            guard case .takenIn(let extent, let blocks, nil) = try Self.takeIn(name, copy, fileSystem, box) else {
                Issue.record("\(name) was not taken in")
                return
            }
            #expect(extent == box.log.extent)
            #expect(blocks.first?.slots.lowerBound == before.next && blocks.last?.slots.upperBound == extent.through)
            #expect(blocks.last?.chainDigest == box.log.chainDigest)
        }
        let rest = Self.blocks.filter { $0.firstSlot > box.log.through }
        try box.log.append(rest)
        #expect(try Sample.files(fileSystem) == Sample.files(peer))
        let opened = try ChosenLog.open(fileSystem, directory: Sample.directory)
        #expect(opened.extent == box.log.extent && opened.chainDigest == box.log.chainDigest)
    }

    /// Three blocks into a segment.
    private static let open = (0..<blocks.count).first { count in
        guard let (_, box) = try? log(of: count) else { return false }
        return box.log.nextSegment.firstSlot > .first && box.log.segment?.blocks.count == 3
    }

    @Test func aCopyWithAnyByteChangedOrCutIsNotTaken() throws {
        let count = try #require(Self.open)
        let peer = try Self.peer()
        let (name, copy) = try #require(try Self.next(try Self.log(of: count).1, of: peer))
        func expectRefused(_ changed: [UInt8], _ what: String) throws {
            let (fileSystem, box) = try Self.log(of: count)
            let before = try Sample.files(fileSystem)
            if case .takenIn = try Self.takeIn(name, changed, fileSystem, box) { Issue.record("taken: \(what)") }
            #expect(try Sample.files(fileSystem) == before)
            try box.log.append([Self.blocks[count]])
        }
        for offset in stride(from: 0, to: copy.count, by: 7) {
            var changed = copy
            changed[offset] ^= 0x10
            try expectRefused(changed, "changed at \(offset)")
        }
        for length in stride(from: 1, to: copy.count, by: 23) {
            try expectRefused(Array(copy[..<length]), "cut to \(length)")
        }
        try expectRefused(copy + [0], "a byte longer")
    }

    @Test func anotherHistoryOrClusterIsNotTaken() throws {
        let count = try #require(Self.open)
        let (_, box) = try Self.log(of: count)
        var entries = Sample.entries(120)
        // In the segment, before the end of the log here.
        entries[Int(box.log.nextSegment.firstSlot.rawValue)] = Sample.set(
            box.log.nextSegment.firstSlot.next, Array("x".utf8), Array("y".utf8))
        let strangers = [
            try Sample.fileSystem(Sample.blocks(entries)),
            try Sample.fileSystem(
                Sample.blocks(Sample.entries(120, cluster: UniqueID(high: 1, low: 2)))),
        ]
        for stranger in strangers {
            for name in try ChosenLogReader(stranger, directory: Sample.directory).segments() {
                let (fileSystem, box) = try Self.log(of: count)
                let before = try Sample.files(fileSystem)
                let copy = try #require(stranger.contents(of: Self.path(name)))
                if case .takenIn = try Self.takeIn(name, copy, fileSystem, box) { Issue.record("\(name) was taken") }
                #expect(try Sample.files(fileSystem) == before)
            }
        }
        let (fileSystem, empty) = try Self.log(of: 0)
        let first = try #require(try Self.next(empty, of: try Self.peer()))
        let intake = try Self.takeIn(first.name, first.bytes, fileSystem, empty, cluster: UniqueID(high: 5, low: 5))
        guard case .unproven = intake else {
            Issue.record("an empty log took a segment of another cluster: \(intake)")
            return
        }
    }

    @Test func whatTheLogPassedMeanwhileIsStale() throws {
        let count = try #require(Self.open)
        let peer = try Self.peer()
        let (name, copy) = try #require(try Self.next(try Self.log(of: count).1, of: peer))
        for later in (count + 1)..<Self.blocks.count {
            let (fileSystem, box) = try Self.log(of: later)
            let isPast = box.log.nextSegment != name
            let intake = try Self.takeIn(name, copy, fileSystem, box)
            if isPast { #expect(intake == .stale) }
        }
        let (fileSystem, early) = try Self.log(of: 1)
        #expect(try Self.takeIn(name, copy, fileSystem, early) == .stale)
    }

    @Test func anOpenSegmentOfOtherBytesIsKeptApart() throws {
        let count = try #require(Self.open)
        let (name, copy) = try #require(try Self.next(try Self.log(of: count).1, of: try Self.peer()))
        let (fileSystem, box) = try Self.log(of: count)
        fileSystem.flipByte(of: Self.path(name), at: 150)
        let damaged = fileSystem.contents(of: Self.path(name))
        guard case .takenIn(_, _, let kept?) = try Self.takeIn(name, copy, fileSystem, box) else {
            Issue.record("nothing was kept")
            return
        }
        #expect(fileSystem.contents(of: kept) == damaged && fileSystem.contents(of: Self.path(name)) == copy)
    }

    @Test func aCrashAtAnyOperationLeavesTheLogAsItWasOrWithTheSegment() throws {
        let peer = try Self.peer()
        for count in [0, try #require(Self.open)] {
            let (name, copy) = try #require(try Self.next(try Self.log(of: count).1, of: peer))
            let before = try Sample.files(try Self.log(of: count).0)
            let after = before.merging([name.description: copy]) { $1 }
            for seed in 0..<6 as Range<UInt64> {
                var crash = 1
                while true {
                    let (fileSystem, box) = try Self.log(of: count)
                    fileSystem.crashAtOperation = fileSystem.operations + crash
                    let isDone = (try? Self.takeIn(name, copy, fileSystem, box)) != nil
                    let disk = fileSystem.afterCrash(keeping: .random(seed: seed))
                    let files = try Sample.files(disk)
                    #expect(files == before || files == after, "crash at \(crash)")
                    if isDone {
                        #expect(files == after)
                        break
                    }
                    crash += 1
                }
                #expect(crash > 4, "there were operations to crash at")
            }
        }
    }

    // MARK: What is left of files on their way

    @Test func aStartKeepsWhatTheLogMayGoOnWithAlone() throws {
        let incoming = IncomingFolder(MemoryFileSystem(), in: Self.data)
        let names: [ShippedFile] = [
            .segment(SegmentName(firstSlot: Slot(50))), .segment(SegmentName(firstSlot: Slot(80))),
            .snapshot(SnapshotName(slot: Slot(40))), .snapshot(SnapshotName(slot: Slot(90))),
            .snapshot(SnapshotName(slot: Slot(99))),
        ]
        for name in names { _ = try incoming.append([1], at: 0, to: name) }
        try incoming.clear(goingOnWith: SegmentName(firstSlot: Slot(80)))
        func kept() throws -> [ShippedFile] { try names.filter { try incoming.append([], at: 0, to: $0) > 0 } }
        #expect(try kept() == [names[1], names[4]])
        try incoming.clear(besides: names[4])
        #expect(try kept() == [names[4]])
        try incoming.clear()
        #expect(try kept() == [])
    }

    @Test func aFullDiskKeepsNothing() throws {
        let fileSystem = MemoryFileSystem()
        let incoming = IncomingFolder(fileSystem, in: Self.data)
        let name = ShippedFile.segment(SegmentName(firstSlot: .first))
        let piece = [UInt8](repeating: 1, count: 100)
        #expect(try incoming.keep(piece, at: 0, of: name) == 100)
        fileSystem.capacity = fileSystem.usedBytes + 50
        #expect(try incoming.keep(piece, at: 100, of: name) == nil)
        #expect(try fileSystem.list(incoming.directory).isEmpty)
        #expect(try incoming.keep(piece, at: 0, of: name) == 100, "there is room again")
    }

    @Test func anEndedSegmentIsNamedAndAnOpenOneIsNot() throws {
        let peer = try Self.peer()
        let reader = ChosenLogReader(peer, directory: Sample.directory)
        let names = try reader.segments()
        for (name, next) in zip(names, names.dropFirst()) {
            for slot in [name.firstSlot, next.firstSlot.previous] {
                let ended = try #require(try reader.endedSegment(holding: slot))
                #expect(ended.name == name && ended.lastSlot == next.firstSlot.previous)
                #expect(ended.fileSize == UInt64(peer.contents(of: Self.path(name))?.count ?? 0))
            }
        }
        let (open, box) = try Self.log(of: try #require(Self.open))
        let own = ChosenLogReader(open, directory: Sample.directory)
        #expect(try own.endedSegment(holding: box.log.through) == nil)
        #expect(try own.endedSegment(holding: box.log.through + 500) == nil)
    }
}

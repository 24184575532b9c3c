// A peer's copy in the place of a damaged segment: taken only when it proves to be what was here, at once or not at all.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct SegmentReplacementTests {
    private static let data = FilePath("/n0")
    private static let blocks = Sample.blocks(Sample.entries(120))
    /// As many blocks as leave the last segment open, with some of them in it.
    private static let written = blocks.count - 1

    /// The log of some blocks, open, on a disk of its own.
    private static func log(of count: Int = written) throws -> (MemoryFileSystem, Box) {
        let fileSystem = MemoryFileSystem()
        let box = Box(try ChosenLog.open(fileSystem, directory: Sample.directory))
        try box.log.append(Array(blocks.prefix(count)))
        return (fileSystem, box)
    }

    private final class Box {
        var log: ChosenLog
        init(_ log: consuming ChosenLog) { self.log = log }
    }

    private static func names(_ fileSystem: MemoryFileSystem) throws -> [SegmentName] {
        try ChosenLogReader(fileSystem, directory: Sample.directory).segments()
    }

    private static func replace(
        _ name: SegmentName, by copy: [UInt8], _ fileSystem: MemoryFileSystem, _ box: Box
    ) throws -> SegmentReplacement {
        let incoming = IncomingFolder(fileSystem, in: data)
        try incoming.clear()
        _ = try incoming.append(copy, at: 0, to: .segment(name))
        return try box.log.replaceSegment(name, from: incoming, quarantine: Quarantine(fileSystem, in: data))
    }

    private static func path(_ name: SegmentName) -> FilePath { Sample.directory.appending(name.description) }

    @Test func anyDamagedByteOfAnySegmentIsMendedByACopyWhichIsKeptApart() throws {
        let (sound, _) = try Self.log()
        let files = try Sample.files(sound)
        let names = try Self.names(sound)
        try #require(names.count > 2)
        for name in [names[0], names[1], names[names.count - 1]] {
            let copy = try #require(files[name.description])
            for offset in stride(from: 0, to: copy.count, by: 31) {
                let (fileSystem, box) = try Self.log()
                fileSystem.flipByte(of: Self.path(name), at: offset)
                let outcome = try Self.replace(name, by: copy, fileSystem, box)
                guard case .replaced(let kept?) = outcome else {
                    Issue.record("\(name) at \(offset): \(outcome)")
                    continue
                }
                #expect(try Sample.files(fileSystem) == files)
                #expect(fileSystem.contents(of: kept) != copy, "what was damaged is still there")
                #expect(try !Quarantine(fileSystem, in: Self.data).holdsSegments(), "the log was not cut")
            }
        }
    }

    @Test func theLogGoesOnBehindAnOpenSegmentThatWasReplaced() throws {
        let (whole, _) = try Self.log(of: Self.blocks.count)
        let (sound, _) = try Self.log()
        let name = try #require(try Self.names(sound).last)
        // The peer is further, and may have sealed the segment.
        for peer in [sound, whole] {
            let (fileSystem, box) = try Self.log()
            fileSystem.flipByte(of: Self.path(name), at: 200)
            let copy = try #require(peer.contents(of: Self.path(name)))
            guard case .replaced = try Self.replace(name, by: copy, fileSystem, box) else {
                Issue.record("it was not replaced")
                return
            }
            try box.log.append(Array(Self.blocks.suffix(from: Self.written)))
            #expect(try Sample.files(fileSystem) == Sample.files(whole))
            #expect(box.log.extent.bytes == UInt64(try Sample.files(whole).values.reduce(0) { $0 + $1.count }))
        }
    }

    @Test func aSegmentThatIsGoneIsPutBack() throws {
        let (sound, _) = try Self.log()
        let files = try Sample.files(sound)
        let name = try Self.names(sound)[1]
        let (fileSystem, box) = try Self.log()
        try fileSystem.remove(Self.path(name))
        #expect(try Self.replace(name, by: files[name.description]!, fileSystem, box) == .replaced(kept: nil))
        #expect(try Sample.files(fileSystem) == files)
    }

    @Test func aCopyThatIsCutShortIsNotTaken() throws {
        let (sound, _) = try Self.log()
        for name in [try Self.names(sound)[1], try #require(try Self.names(sound).last)] {
            let copy = try #require(sound.contents(of: Self.path(name)))
            for length in stride(from: 1, to: copy.count, by: 23) {
                let (fileSystem, box) = try Self.log()
                let before = try Sample.files(fileSystem)
                switch try Self.replace(name, by: Array(copy[..<length]), fileSystem, box) {
                case .replaced: Issue.record("\(length) bytes of \(name) were taken for all \(copy.count)")
                case .short, .unproven: #expect(try Sample.files(fileSystem) == before)
                }
            }
        }
    }

    @Test func aCopyWithAnyByteChangedIsNotTaken() throws {
        let (sound, _) = try Self.log()
        let name = try Self.names(sound)[1]
        let copy = try #require(sound.contents(of: Self.path(name)))
        for offset in stride(from: 0, to: copy.count, by: 5) {
            let (fileSystem, box) = try Self.log()
            let before = try Sample.files(fileSystem)
            var changed = copy
            changed[offset] ^= 0x10
            if case .replaced = try Self.replace(name, by: changed, fileSystem, box) {
                Issue.record("a copy that differs at \(offset) was taken")
            }
            #expect(try Sample.files(fileSystem) == before)
        }
    }

    @Test func anotherHistoryIsNotTakenHoweverSound() throws {
        var entries = Sample.entries(120)
        entries[20] = Sample.set(Slot(21), Array("other".utf8), Array("value".utf8))
        let other = try Sample.fileSystem(Sample.blocks(entries))
        for name in try Self.names(other).prefix(3) {
            let (fileSystem, box) = try Self.log()
            guard fileSystem.contents(of: Self.path(name)) != nil else { continue }
            let copy = try #require(other.contents(of: Self.path(name)))
            if case .replaced = try Self.replace(name, by: copy, fileSystem, box) {
                #expect(copy == fileSystem.contents(of: Self.path(name)))
                #expect(name.firstSlot.rawValue + 5 < 21, "\(name) is what stood here before")
            }
        }
    }

    @Test func aCrashAtAnyOperationLeavesTheOldSegmentOrTheNew() throws {
        let (sound, _) = try Self.log()
        let files = try Sample.files(sound)
        let name = try Self.names(sound)[1]
        let copy = try #require(files[name.description])
        var damagedFiles = files
        damagedFiles[name.description]?[200] ^= 0x01
        for seed in 0..<6 as Range<UInt64> {
            var crash = 1
            while true {
                let (fileSystem, box) = try Self.log()
                fileSystem.flipByte(of: Self.path(name), at: 200)
                fileSystem.crashAtOperation = fileSystem.operations + crash
                let isDone = (try? Self.replace(name, by: copy, fileSystem, box)) != nil
                let after = try Sample.files(fileSystem.afterCrash(keeping: .random(seed: seed)))
                #expect(after == files || after == damagedFiles, "crash at \(crash)")
                if isDone { break }
                crash += 1
            }
            #expect(crash > 5, "there were operations to crash at")
        }
    }

    @Test func piecesAreKeptInOrderAndOnce() throws {
        let incoming = IncomingFolder(MemoryFileSystem(), in: Self.data)
        let name = ShippedFile.segment(SegmentName(firstSlot: .first))
        #expect(try incoming.append([], at: 0, to: name) == 0)
        #expect(try incoming.append([1, 2, 3], at: 0, to: name) == 3)
        #expect(try incoming.append([9], at: 2, to: name) == 3, "it belongs elsewhere")
        #expect(try incoming.append([4], at: 3, to: name) == 4)
        #expect(try incoming.append([4], at: 3, to: name) == 4, "it is there")
        try incoming.clear()
        #expect(try incoming.append([], at: 0, to: name) == 0)
    }

    @Test func damageIsFoundInTheSegmentThatHoldsIt() throws {
        let (fileSystem, box) = try Self.log()
        let reader = ChosenLogReader(fileSystem, directory: Sample.directory)
        let names = try Self.names(fileSystem)
        func damages() throws -> [SegmentName?] {
            try names.compactMap { try reader.damage(in: $0, durableThrough: box.log.through) }.map(\.segment)
        }
        #expect(try damages() == [])
        fileSystem.flipByte(of: Self.path(names[1]), at: 300)
        #expect(try damages() == [names[1]])
        let last = try #require(names.last)
        let size = try #require(fileSystem.contents(of: Self.path(last))?.count)
        fileSystem.truncate(Self.path(last), to: size - 10)
        #expect(try damages() == [names[1], last], "what was durable is no torn tail")
    }
}

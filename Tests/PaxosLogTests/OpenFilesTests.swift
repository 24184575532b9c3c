// A log holds the file that it writes to, and no other: one that was dropped takes room until it is closed.

import FoundationEssentials
import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct OpenFilesTests {
    private static let limits = LogLimits(blockBytes: 256, segmentBytes: 1500)
    /// Three segments, the last one open.
    private static let blocks = Sample.threeSegments(ofEntries: 70, openBlocks: 3, limits: limits)

    /// The files in `folder` that this process has open.
    private static func open(in folder: FilePath) throws -> [String] {
        let descriptors = "/proc/self/fd"
        return try FileManager.default.contentsOfDirectory(atPath: descriptors)
            .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(descriptors)/\($0)") }
            .filter { $0.hasPrefix(folder.string) }
    }

    @Test func filesOfEndedSegmentsAreClosed() throws {
        let folder = TemporaryFolder()
        var log = try ChosenLog.open(PosixFileSystem(), directory: folder.path)
        var last = SegmentName(firstSlot: .first)
        for block in Self.blocks {
            try log.append([block])
            let open = try Self.open(in: folder.path)
            #expect(open == (block.endsSegment ? [] : [folder.path.appending(last.description).string]))
            if block.endsSegment { last = SegmentName(firstSlot: block.lastSlot.next) }
        }
    }

    @Test func logThatIsGoneHoldsNoFile() throws {
        weak var disk: MemoryFileSystem?
        do {
            let fileSystem = MemoryFileSystem()
            disk = fileSystem
            var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
            for block in Self.blocks { try log.append([block]) }
        }
        #expect(disk == nil, "each open file knows its disk")
    }
}

// Segment files named one by one, each read as the part of its log that it is. Only the names beside a file are looked at:
// they tell whether it is the log's last, whose end alone a crash may have torn.

import Paxos
import PaxosLog
import SystemPackage

struct SegmentFiles {
    private let files: [(reader: ChosenLogReader, name: SegmentName)]

    /// - Throws: `Failure` for what is no segment.
    init(_ paths: [String], fileSystem: any FileSystem = PosixFileSystem()) throws {
        files = try paths.map { path in
            let file = FilePath(path)
            guard try fileSystem.exists(file) else { throw Failure.noInput("\(path): there is no such file") }
            guard let name = SegmentFiles.name(of: file) else {
                throw Failure.noInput("\(path): it is no segment's name: 20 digits, for the first slot, and .segment")
            }
            let folder = file.removingLastComponent()
            return (ChosenLogReader(fileSystem, directory: folder.isEmpty ? "." : folder), name)
        }
    }

    /// The segment that a path names; nil for another file, or a folder.
    static func name(of path: FilePath) -> SegmentName? { path.lastComponent.flatMap { SegmentName($0.string) } }

    var storedBytes: UInt64 {
        get throws { try files.reduce(0) { try $0 + $1.reader.size(of: $1.name) } }
    }

    /// The slots of each file in turn, the last file first where the direction is backwards.
    func read(
        _ slots: ClosedRange<Slot>, _ direction: Direction, progress: ProgressLine? = nil, _ visit: LogVisitor
    ) throws {
        var isWanted = true
        func pass(_ event: LogEvent) throws -> Bool {
            isWanted = try visit(event)
            return isWanted
        }
        for (reader, name) in direction == .forwards ? files : files.reversed() where isWanted {
            switch direction {
            case .forwards:
                var cursor = try reader.cursor(from: name.firstSlot, depth: .payloads, through: name)
                _ = try cursor.read(slots, progress, pass)
            case .backwards:
                var cursor = try reader.backwards(from: slots.upperBound, in: name)
                try cursor.read(slots, progress, pass)
            }
        }
    }
}

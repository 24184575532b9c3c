// The node's files as others may read them: the durable part of the log, the snapshots and the identity. Reading happens on
// the reading thread, a piece at a time; nothing is written.

import NIOCore
import Paxos
import PaxosLog
import SystemPackage

struct NodeFiles: Sendable {
    private static let pieceBytes = 256 << 10

    let reading: LogReading
    let fileSystem: any FileSystem
    /// The data folder.
    let directory: FilePath
    let durable: @Sendable () -> DurableLog

    func segments(
        from slot: Slot, most: Int
    ) async throws -> (log: DurableLog, segments: [SegmentSummary], next: Slot?) {
        let log = durable()
        let found = try await reading.perform { reader in try reader.summaries(of: log, from: slot, most: most + 1) }
        return (log, Array(found.prefix(most)), found.dropFirst(most).first?.name.firstSlot)
    }

    func snapshots() async throws -> [FileListing.Snapshot] {
        let snapshots = reading.snapshots
        return try await reading.perform { [fileSystem] _ in
            try snapshots.names().compactMap { name in
                let path = snapshots.path(of: name)
                guard try fileSystem.exists(path) else { return nil }
                return FileListing.Snapshot(name: name, bytes: try fileSystem.open(path, for: .read).size())
            }
        }
    }

    /// - Returns: nil when there is no such file.
    /// - Parameter pass: held as long as somebody reads it.
    func open(_ wanted: NodeFile, pass: Turnstile.Pass) async throws -> FileContents? {
        let log = durable()
        let (snapshots, fileSystem, directory) = (reading.snapshots, fileSystem, directory)
        let opened: (file: any File, size: Int)? = try await reading.perform { reader in
            let path: FilePath
            var size: UInt64?
            switch wanted {
            case .identity: path = directory.appending(Identity.fileName)
            case .shipped(.snapshot(let name)): path = snapshots.path(of: name)
            case .shipped(.segment(let name)):
                guard let summary = try reader.summary(of: name, in: log) else { return nil }
                path = reader.path(of: name)
                size = summary.bytes
            }
            guard try fileSystem.exists(path) else { return nil }
            let file = try fileSystem.open(path, for: .read)
            return (file, Int(clamping: try size ?? file.size()))
        }
        guard let opened else { return nil }
        return FileContents(size: opened.size) { [reading] part in
            try await reading.perform { _ in
                // The pass goes with whoever holds this closure.
                withExtendedLifetime(pass) {}
                return try opened.file.buffer(part.lowerBound..<min(part.upperBound, part.lowerBound + Self.pieceBytes))
            }
        }
    }

    func block(holding slot: Slot) async throws -> BlockDigest? {
        guard slot <= durable().through else { return nil }
        return try await reading.perform { reader in
            switch try reader.block(holding: slot) {
            case .block(let block)?: BlockDigest(slots: block.slots, chainDigest: block.header.chainDigest)
            case .damage(let damage)?: throw StorageError.corrupt(damage)
            case nil: nil
            }
        }
    }
}

extension File {
    fileprivate func buffer(_ part: Range<Int>) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: part.count) { room in
            try read(at: UInt64(part.lowerBound), into: UnsafeMutableRawBufferPointer(rebasing: room[..<part.count]))
        }
        return buffer
    }
}

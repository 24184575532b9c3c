// Writes one snapshot, a block at a time, so that its caller can rest in between. It has another name until it is whole
// and durable. The same state gives the same bytes on every node with the same build of zstd.

import Crypto
package import Paxos
package import SystemPackage

package struct SnapshotWriter: ~Copyable, Sendable {
    private let fileSystem: any FileSystem
    private let directory: FilePath
    private let header: SnapshotHeader
    private let file: any File
    private var hash = SHA256()
    private var size: UInt64 = 0
    private var syncedSize: UInt64 = 0

    private var index = SnapshotIndex()
    private var keys: UInt64 = 0
    private var rawBytes: UInt64 = 0
    /// The block of keys that is still open.
    private var open: [UInt8] = []
    private var openCount = 0
    private var lastKey: [UInt8] = []
    private var firstKey: [UInt8] = []

    private var buffer = SegmentBuffer(capacity: 2 * SnapshotBlockHeader.rawBytes)
    private var compressor = BlockCompressor()

    /// What is written is synced whenever so much has gathered, so that no sync of others waits for all of it at once.
    private static let syncWindow: UInt64 = 1 << 20

    /// Begins the snapshot that `header` describes, in the place of one that was not finished.
    /// - Parameters:
    ///   - directory: the node's folder of snapshots; it is made if need be.
    ///   - sessions: as the state machine encodes them.
    package static func begin(
        _ fileSystem: any FileSystem, directory: FilePath, header: SnapshotHeader, sessions: [UInt8]
    ) throws(StorageError) -> SnapshotWriter {
        precondition(header.sessionBytes == UInt64(sessions.count), "the header says how long the sessions are")
        try fileSystem.createDirectory(directory)
        let path = directory.file(SnapshotName(slot: header.slot).unfinished)
        var writer = SnapshotWriter(
            fileSystem: fileSystem, directory: directory, header: header, file: try fileSystem.createAnew(path))
        try writer.write(header.encoded())
        for start in stride(from: 0, to: sessions.count, by: SnapshotBlockHeader.rawBytes) {
            let end = min(start + SnapshotBlockHeader.rawBytes, sessions.count)
            try writer.writeBlock(.sessions, Array(sessions[start..<end]), count: 0)
        }
        return writer
    }

    private init(fileSystem: any FileSystem, directory: FilePath, header: SnapshotHeader, file: any File) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.header = header
        self.file = file
    }

    /// Takes the next key, in the order of the keys' bytes.
    /// - Returns: whether a block was written, behind which a caller that goes gently rests.
    package mutating func append(
        key: [UInt8], value: [UInt8], created: Slot, modified: Slot
    ) throws(StorageError) -> Bool {
        precondition(
            keys == 0 || lastKey.span.bytes.sorts(before: key.span.bytes), "keys come in their order, each once")
        if openCount == 0 { firstKey = key }
        SnapshotKey.encode(key: key, value: value, created: created, modified: modified, into: &open)
        openCount += 1
        keys += 1
        lastKey = key
        guard open.count >= SnapshotBlockHeader.rawBytes else { return false }
        try writeKeys()
        return true
    }

    /// Ends the file and gives it its name. Durable on return.
    package consuming func finish() throws(StorageError) -> WrittenSnapshot {
        if openCount > 0 { try writeKeys() }
        precondition(keys == header.keys, "the header says how many keys there are")
        let trailer = SnapshotTrailer(slot: header.slot, indexOffset: size, keys: keys, rawBytes: rawBytes)
        try write(index.encoded(of: header.slot))
        try write(trailer.encoded())
        try file.sync()
        let name = SnapshotName(slot: header.slot)
        try fileSystem.rename(file.path, to: directory.file(name.description))
        try fileSystem.syncDirectory(directory)
        return WrittenSnapshot(name: name, bytes: size, digest: FileDigest(Array(hash.finalize())))
    }

    private mutating func writeKeys() throws(StorageError) {
        index.blocks.append(SnapshotIndex.Block(offset: size, count: openCount, firstKey: firstKey))
        try writeBlock(.keys, open, count: openCount)
        open.removeAll(keepingCapacity: true)
        openCount = 0
    }

    private mutating func writeBlock(
        _ kind: SnapshotBlockHeader.Kind, _ raw: [UInt8], count: Int
    ) throws(StorageError) {
        buffer.removeAll()
        raw.span.bytes.withUnsafeBytes { raw in
            buffer.append(capacity: SnapshotBlockHeader.length + BlockCompressor.bound(raw.count)) { bytes in
                let frame = UnsafeMutableRawBufferPointer(rebasing: bytes[SnapshotBlockHeader.length...])
                let length = compressor.compress(raw, into: frame)
                let stored = UnsafeRawBufferPointer(rebasing: frame[..<length])
                SnapshotBlockHeader(
                    kind: kind, count: count, rawLength: raw.count, storedLength: length,
                    storedChecksum: SnapshotChecksum.stored(stored)
                ).encode(to: bytes, of: header.slot, offset: size)
                return SnapshotBlockHeader.length + length
            }
        }
        rawBytes += UInt64(raw.count)
        try write(buffer.bytes)
        guard size - syncedSize >= SnapshotWriter.syncWindow else { return }
        try file.sync()
        syncedSize = size
    }

    private mutating func write(_ bytes: [UInt8]) throws(StorageError) {
        try bytes.span.bytes.withUnsafeBytes { bytes throws(StorageError) in try write(bytes) }
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        try file.write(at: size, bytes)
        hash.update(bufferPointer: bytes)
        size += UInt64(bytes.count)
    }
}

/// A snapshot that is whole and durable.
package struct WrittenSnapshot: Equatable, Sendable {
    package let name: SnapshotName
    /// How long the file is.
    package let bytes: UInt64
    package let digest: FileDigest

    package init(name: SnapshotName, bytes: UInt64, digest: FileDigest) {
        self.name = name
        self.bytes = bytes
        self.digest = digest
    }
}

extension WrittenSnapshot {
    /// Reads the file back, every byte of it.
    /// - Throws: `.corrupt` when it is not what was written.
    package func verify(_ folder: SnapshotFolder) throws(StorageError) {
        guard try folder.reader(name).verify() == digest else {
            throw .corrupt(
                Damage(
                    kind: .corrupt, file: folder.path(of: name), offset: 0, slots: nil,
                    reason: "it is not what was written: its SHA-256 is another"))
        }
    }
}

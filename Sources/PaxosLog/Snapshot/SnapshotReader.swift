// One snapshot opened for reading. Opening it reads and checks its header alone; all else is read when it is asked for. It
// never writes.

import Crypto
package import Paxos
package import SystemPackage

package struct SnapshotReader: Sendable {
    package let header: SnapshotHeader
    let file: any File

    /// - Throws: `.corrupt`, also when it is another slot's than its name says, or `.unsupportedVersion`.
    package init(_ fileSystem: any FileSystem, _ path: FilePath) throws(StorageError) {
        file = try fileSystem.open(path, for: .read)
        var bytes = try file.bytes(at: 0, count: SnapshotHeader.fixedLength)
        let founding = try file.decode("the header", at: 0) { () throws(SegmentFault) in
            try SnapshotHeader.foundingLength(leading: bytes.span.bytes)
        }
        bytes = try file.bytes(at: 0, count: SnapshotHeader.fixedLength + founding)
        header = try file.decode("the header", at: 0) { () throws(SegmentFault) in
            try SnapshotHeader(decoding: bytes.span.bytes)
        }
        guard path.lastComponent?.string == SnapshotName(slot: header.slot).description else {
            throw file.corrupt("its header says that it is the snapshot of slot \(header.slot)", at: 0)
        }
    }

    package var path: FilePath { file.path }

    /// How long the file is, in bytes.
    package func size() throws(StorageError) -> UInt64 { try file.size() }

    /// Reads everything, in order; what it gives out is verified.
    package func cursor() throws(StorageError) -> SnapshotCursor { SnapshotCursor(self, try end()) }

    /// Verifies every byte of the file.
    /// - Returns: its digest, which the writer gave out too.
    /// - Throws: `.corrupt` with the first damage.
    package func verify() throws(StorageError) -> FileDigest {
        var cursor = try cursor()
        while try cursor.next() != nil {}
        return try digest()
    }

    private func digest() throws(StorageError) -> FileDigest {
        var hash = SHA256()
        var offset: UInt64 = 0
        while true {
            let bytes = try file.bytes(at: offset, count: 1 << 20)
            if bytes.isEmpty { return FileDigest(Array(hash.finalize())) }
            hash.update(data: bytes)
            offset += UInt64(bytes.count)
        }
    }

    /// What `key` held, found by the index; nil when it was not there.
    package func value(
        of key: [UInt8]
    ) throws(StorageError) -> (value: [UInt8], created: Slot, modified: Slot)? {
        let end = try end()
        guard let block = end.index.block(for: key) else { return nil }
        var blocks = SnapshotBlocks(self)
        guard case .keys(let keys) = try blocks.read(at: block.offset, limit: end.trailer.indexOffset).piece else {
            throw file.corrupt("the index points to what is no block of keys", at: end.trailer.indexOffset)
        }
        guard let found = keys.places.first(where: { keys.bytes[$0.key].elementsEqual(key) }) else { return nil }
        return (Array(keys.bytes[found.value]), found.created, found.modified)
    }

    /// Index and trailer.
    private func end() throws(StorageError) -> (index: SnapshotIndex, trailer: SnapshotTrailer) {
        let size = try file.size()
        let least = UInt64(header.encodedLength + SnapshotTrailer.length)
        guard size >= least else { throw file.corrupt("the file is cut short", at: size) }
        let trailerOffset = size - UInt64(SnapshotTrailer.length)
        let bytes = try file.bytes(at: trailerOffset, count: SnapshotTrailer.length)
        let trailer = try file.decode("the trailer", at: trailerOffset) { () throws(SegmentFault) in
            let trailer = try SnapshotTrailer(decoding: bytes.span.bytes)
            guard trailer.slot == header.slot, trailer.keys == header.keys, trailer.indexOffset < trailerOffset else {
                throw .outOfBounds("what it says of the snapshot")
            }
            return trailer
        }
        let indexBytes = try file.bytes(at: trailer.indexOffset, count: Int(trailerOffset - trailer.indexOffset))
        let index = try file.decode("the index", at: trailer.indexOffset) { () throws(SegmentFault) in
            try SnapshotIndex(decoding: indexBytes.span.bytes, of: header.slot)
        }
        return (index, trailer)
    }
}

extension File {
    /// What `body` decodes; a fault becomes damage of `part`, which begins at `offset`.
    func decode<Part>(
        _ part: String, at offset: UInt64, _ body: () throws(SegmentFault) -> Part
    ) throws(StorageError) -> Part {
        do {
            return try body()
        } catch {
            if case .unsupportedVersion(let version) = error {
                throw .unsupportedVersion(file: path, found: version, supported: SnapshotHeader.version)
            }
            throw corrupt("\(part): \(error)", at: offset)
        }
    }
}

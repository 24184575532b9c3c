// The files of a running node as if they lay in a folder of this machine, so that all that reads folders reads nodes too.
// What lies elsewhere is read where it is. It never writes.

import PaxosLog
import Synchronization
import SystemPackage

final class LiveFileSystem: ReadOnlyFileSystem {
    private let node: LiveNode
    private let base: any FileSystem
    private let cache = Mutex(PieceCache())

    init(_ node: LiveNode, base: any FileSystem = PosixFileSystem()) {
        self.node = node
        self.base = base
    }

    /// How long a file of the node is; nil where it has none of that name.
    private func size(_ path: FilePath) -> UInt64? {
        guard let name = path.lastComponent?.string else { return nil }
        switch path.removingLastComponent() {
        case node.directory.appending("log"):
            return node.listing.segments.first { "\($0.name)" == name }?.bytes
        case node.directory.appending("snapshots"):
            return node.listing.snapshots.first { "\($0.name)" == name }?.bytes
        default: return nil
        }
    }

    private func isOwn(_ path: FilePath) -> Bool { path.starts(with: node.directory) }

    func open(_ path: FilePath, for access: FileAccess) throws(StorageError) -> any File {
        guard isOwn(path) else { return try base.open(path, for: access) }
        guard access == .read else { throw refusal("open", path) }
        if let size = size(path) { return LiveFile(path: path, length: size, self) }
        guard path == node.directory.appending(Identity.fileName) else {
            throw .io(.noSuchFileOrDirectory, operation: "open", path: path)
        }
        let identity = try fetch(path, nil)
        cache.withLock { $0.insert(.init(file: Identity.fileName, start: 0, bytes: identity)) }
        return LiveFile(path: path, length: UInt64(identity.count), self)
    }

    func list(_ directory: FilePath) throws(StorageError) -> [String] {
        guard isOwn(directory) else { return try base.list(directory) }
        return switch directory {
        case node.directory.appending("log"): node.listing.segments.map { "\($0.name)" }
        case node.directory.appending("snapshots"): node.listing.snapshots.map { "\($0.name)" }.sorted()
        default: []
        }
    }

    func exists(_ path: FilePath) throws(StorageError) -> Bool {
        guard isOwn(path) else { return try base.exists(path) }
        return size(path) != nil
            || ["", "log", "snapshots", Identity.fileName].contains {
                path == ($0.isEmpty ? node.directory : node.directory.appending($0))
            }
    }

    fileprivate func read(
        _ path: FilePath, _ length: UInt64, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StorageError) -> Int {
        let file = path.lastComponent?.string ?? ""
        var done = 0
        while done < buffer.count, offset + UInt64(done) < length {
            let place = offset + UInt64(done)
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let held = cache.withLock { $0.bytes(of: file, at: place) }
            if !held.isEmpty {
                done += held.withUnsafeBytes { held in
                    let count = min(held.count, rest.count)
                    rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: held[..<count]))
                    return count
                }
                continue
            }
            let wanted = cache.withLock { $0.fetchLength(of: file, at: place, wanted: rest.count) }
            let bytes = try fetch(path, place..<min(place + UInt64(wanted), length))
            guard !bytes.isEmpty else { return done }
            cache.withLock { $0.insert(.init(file: file, start: place, bytes: bytes)) }
        }
        return done
    }

    private func fetch(_ path: FilePath, _ range: Range<UInt64>?) throws(StorageError) -> [UInt8] {
        do throws(NodeFailure) {
            return try node.connection.get("/log/files/\(path.lastComponent?.string ?? "")", range: range).body
        } catch {
            throw error.asStorageError(path)
        }
    }
}

private final class LiveFile: File {
    let path: FilePath
    private let length: UInt64
    private let fileSystem: LiveFileSystem

    init(path: FilePath, length: UInt64, _ fileSystem: LiveFileSystem) {
        self.path = path
        self.length = length
        self.fileSystem = fileSystem
    }

    func size() throws(StorageError) -> UInt64 { length }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        try fileSystem.read(path, length, at: offset, into: buffer)
    }

    func write(at offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        throw fileSystem.refusal("write", path)
    }

    func truncate(to size: UInt64) throws(StorageError) { throw fileSystem.refusal("truncate", path) }
    func sync() throws(StorageError) {}
}

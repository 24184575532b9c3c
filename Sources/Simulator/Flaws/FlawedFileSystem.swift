// A disk that is not asked for what it should be: syncs that a flaw leaves out. Everything else goes to the disk beneath.

import Paxos
import PaxosLog
import Replication
import SystemPackage

/// Sendable only because `FileSystem` is: it belongs to the one thread that its disk belongs to.
final class FlawedFileSystem: FileSystem, @unchecked Sendable {
    private let disk: any FileSystem
    private let flaw: Flaw

    init(_ disk: any FileSystem, _ flaw: Flaw) {
        self.disk = disk
        self.flaw = flaw
    }

    func open(_ path: FilePath, for access: FileAccess) throws(StorageError) -> any File {
        let file = try disk.open(path, for: access)
        return flaw == .skipJournalSync && path.extension == "journal" ? UnsyncedFile(file) : file
    }

    func create(_ path: FilePath) throws(StorageError) -> any File { try disk.create(path) }

    func list(_ directory: FilePath) throws(StorageError) -> [String] { try disk.list(directory) }

    func exists(_ path: FilePath) throws(StorageError) -> Bool { try disk.exists(path) }

    func createDirectory(_ path: FilePath) throws(StorageError) { try disk.createDirectory(path) }

    func rename(_ source: FilePath, to target: FilePath) throws(StorageError) {
        try disk.rename(source, to: target)
    }

    func remove(_ path: FilePath) throws(StorageError) { try disk.remove(path) }

    func link(_ source: FilePath, to target: FilePath) throws(StorageError) {
        try disk.link(source, to: target)
    }

    func syncDirectory(_ directory: FilePath) throws(StorageError) {
        if flaw != .skipFolderSync { try disk.syncDirectory(directory) }
    }

    /// Takes away everything from the damage on.
    /// - Returns: whether it could.
    static func cut(_ disk: MemoryFileSystem, at damage: Damage) throws -> Bool {
        let places = NodeFolder.Places(SimulatedNode.directory)
        guard let folder = [places.journal, places.log].first(where: { damage.file.starts(with: $0) }),
            let name = damage.file.lastComponent?.string, let size = disk.contents(of: damage.file)?.count
        else { return false }
        for later in try disk.list(folder) where later > name { try disk.remove(folder.appending(later)) }
        if damage.offset == 0 {
            try disk.remove(damage.file)
        } else if damage.file.extension == "journal" {
            let zeros = [UInt8](repeating: 0, count: max(0, size - Int(damage.offset)))
            disk.overwrite(damage.file, at: Int(damage.offset), with: zeros)
        } else {
            disk.truncate(damage.file, to: Int(damage.offset))
        }
        return true
    }

    /// Gives an empty disk the name of the journal that `old` had, and an empty journal of that name.
    static func restoreIdentity(of old: MemoryFileSystem, on disk: MemoryFileSystem) throws {
        guard let bytes = old.contents(of: SimulatedNode.directory.appending(Identity.fileName)) else { return }
        var identity = try Identity(decoding: bytes, file: SimulatedNode.directory)
        identity.cluster = nil
        try disk.createDirectory(SimulatedNode.directory)
        try identity.write(disk, SimulatedNode.directory)
        _ = try Journal.open(
            disk, directory: NodeFolder.Places(SimulatedNode.directory).journal,
            identity: JournalIdentity(node: identity.node, journal: identity.journal),
            fileBytes: SimulatedNode.journalFileBytes, seed: identity.boot, logThrough: .zero)
    }

    private final class UnsyncedFile: File {
        private let file: any File

        init(_ file: any File) {
            self.file = file
        }

        var path: FilePath { file.path }

        func size() throws(StorageError) -> UInt64 { try file.size() }

        func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
            try file.read(at: offset, into: buffer)
        }

        func write(at offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
            try file.write(at: offset, bytes)
        }

        func truncate(to size: UInt64) throws(StorageError) { try file.truncate(to: size) }

        func sync() {}
    }
}

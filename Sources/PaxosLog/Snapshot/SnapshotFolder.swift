// A node's snapshots, by slot. What is not whole has another name, and counts as nothing.

package import Paxos
package import SystemPackage

package struct SnapshotFolder: Sendable {
    /// How many verified snapshots are kept: the log is dropped only below the older of them.
    package static let kept = 2

    package let directory: FilePath
    let fileSystem: any FileSystem

    package init(_ fileSystem: any FileSystem, directory: FilePath) {
        self.fileSystem = fileSystem
        self.directory = directory
    }

    /// The snapshots that there are, the newest first.
    package func names() throws(StorageError) -> [SnapshotName] {
        try fileSystem.list(directory).compactMap { SnapshotName($0) }.sorted(by: >)
    }

    package func path(of name: SnapshotName) -> FilePath { directory.file(name.description) }

    package func reader(_ name: SnapshotName) throws(StorageError) -> SnapshotReader {
        try SnapshotReader(fileSystem, path(of: name))
    }

    /// Bytes of a snapshot's file from `offset` on, unverified, and how long the file is; nil when there is no such file.
    package func piece(
        of name: SnapshotName, at offset: UInt64, length: Int
    ) throws(StorageError) -> (bytes: [UInt8], fileSize: UInt64)? {
        guard try fileSystem.exists(path(of: name)) else { return nil }
        return try fileSystem.open(path(of: name), for: .read).piece(at: offset, length: length)
    }

    /// Removes what an earlier process did not finish. Called while nobody writes a snapshot.
    package func removeUnfinished() throws(StorageError) {
        for name in try fileSystem.list(directory) where name.hasSuffix(SnapshotName.unfinishedSuffix) {
            try fileSystem.remove(directory.file(name))
        }
    }

    /// What `load` makes of the newest snapshot that is whole.
    /// - Parameter bad: what is to be done about one that is damaged, before the one before it is looked at.
    /// - Returns: nil when there is none.
    /// - Throws: what is no damage, such as a version that is not known.
    package func newestGood<State>(
        _ load: (SnapshotReader) throws(StorageError) -> State,
        bad: (Damage) throws(StorageError) -> Void
    ) throws(StorageError) -> State? {
        for name in try names() {
            do {
                return try load(try reader(name))
            } catch .corrupt(let damage) {
                try bad(damage)
            }
        }
        return nil
    }

    /// Removes the snapshots that are older than the second newest of those that were read back and `verified`.
    package func dropOld(verified: [Slot]) throws(StorageError) {
        for name in try old(verified: verified) {
            try fileSystem.remove(path(of: name))
            try fileSystem.syncDirectory(directory)
        }
    }

    /// What `dropOld` removes, the oldest first.
    package func old(verified: [Slot]) throws(StorageError) -> [SnapshotName] {
        guard let oldest = SnapshotFolder.oldestKept(verified) else { return [] }
        return try names().reversed().filter { $0.slot < oldest }
    }

    /// The second newest of these; nil when there are fewer than two.
    package static func oldestKept(_ verified: [Slot]) -> Slot? {
        let newest = verified.sorted(by: >)
        return newest.count < kept ? nil : newest[kept - 1]
    }
}

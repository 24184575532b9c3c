// What the log needs of a file system. Everything on disk goes through this: PosixFileSystem is the real one,
// MemoryFileSystem forgets what was not synced. It never buffers: a write that has returned is in the system's hands,
// and only `sync` makes it survive.

package import SystemPackage

package protocol FileSystem: AnyObject, Sendable {
    /// Opens an existing file.
    func open(_ path: FilePath, for access: FileAccess) throws(StorageError) -> any File
    /// Makes an empty file, and fails when there is one. The name is durable only after `syncDirectory`.
    func create(_ path: FilePath) throws(StorageError) -> any File
    /// The names in a folder, sorted; empty when there is no such folder.
    func list(_ directory: FilePath) throws(StorageError) -> [String]
    func exists(_ path: FilePath) throws(StorageError) -> Bool
    /// Makes a folder and those above it; no error when it is there.
    func createDirectory(_ path: FilePath) throws(StorageError)
    /// Takes the place of what stood at `target`.
    func rename(_ source: FilePath, to target: FilePath) throws(StorageError)
    func remove(_ path: FilePath) throws(StorageError)
    /// Gives a file a second name, and fails when there is one. The name is durable only after `syncDirectory`.
    func link(_ source: FilePath, to target: FilePath) throws(StorageError)
    /// Makes the names made, renamed and removed in a folder survive.
    func syncDirectory(_ directory: FilePath) throws(StorageError)
}

package enum FileAccess: Sendable {
    case read
    case readWrite
}

/// An open file. Closed when the last reference goes.
package protocol File: AnyObject, Sendable {
    var path: FilePath { get }
    func size() throws(StorageError) -> UInt64
    /// Fills `buffer` from `offset` on; returns fewer bytes only at the end of the file.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int
    /// Writes all of `bytes`, or throws.
    func write(at offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StorageError)
    func truncate(to size: UInt64) throws(StorageError)
    /// Makes the contents, and the size, survive (fdatasync). An error is final: what was written is in doubt, and
    /// another call that succeeds proves nothing.
    func sync() throws(StorageError)
}

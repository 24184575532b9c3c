// A file system that shows files and changes none.

import PaxosLog
import SystemPackage

protocol ReadOnlyFileSystem: FileSystem {}

extension ReadOnlyFileSystem {
    func create(_ path: FilePath) throws(StorageError) -> any File { throw refusal("create", path) }
    func createDirectory(_ path: FilePath) throws(StorageError) { throw refusal("createDirectory", path) }
    func rename(_ source: FilePath, to target: FilePath) throws(StorageError) { throw refusal("rename", source) }
    func remove(_ path: FilePath) throws(StorageError) { throw refusal("remove", path) }
    func link(_ source: FilePath, to target: FilePath) throws(StorageError) { throw refusal("link", source) }
    func syncDirectory(_ directory: FilePath) throws(StorageError) { throw refusal("syncDirectory", directory) }

    func refusal(_ operation: String, _ path: FilePath) -> StorageError {
        .io(.readOnlyFileSystem, operation: operation, path: path)
    }
}

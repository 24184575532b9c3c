// The file system of the machine, in a temporary folder.

import Glibc
import SystemPackage
import Testing

@testable import PaxosLog

/// A folder of its own that goes with it.
final class TemporaryFolder {
    let path: FilePath

    init() {
        var template = Array("/tmp/paxos-log-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("a temporary folder can be made") }
        path = FilePath(platformString: template)
    }

    deinit {
        remove(path)
    }

    private func remove(_ folder: FilePath) {
        let fileSystem = PosixFileSystem()
        for name in (try? fileSystem.list(folder)) ?? [] {
            let path = folder.appending(name)
            if (try? fileSystem.remove(path)) == nil { remove(path) }
        }
        _ = folder.withPlatformString { rmdir($0) }
    }
}

@Suite struct FilesPosixTests {
    let fileSystem = PosixFileSystem()
    let folder = TemporaryFolder()

    @Test func whatWasWrittenIsReadAgain() throws {
        let path = folder.path.appending("file")
        let file = try fileSystem.create(path)
        try file.write([1, 2, 3], at: 0)
        try file.write([9], at: 5)
        try file.sync()
        try fileSystem.syncDirectory(folder.path)
        #expect(try fileSystem.open(path, for: .read).read(at: 1, count: 10) == [2, 3, 0, 0, 9])
        #expect(try file.size() == 6)
        try file.truncate(to: 2)
        #expect(try file.read(at: 0, count: 10) == [1, 2])
    }

    @Test func aLinkedFileHasBothNames() throws {
        let path = folder.path.appending("file")
        try fileSystem.create(path).write([1, 2, 3], at: 0)
        try fileSystem.createDirectory(folder.path.appending("other"))
        let link = folder.path.appending("other").appending("file")
        try fileSystem.link(path, to: link)
        #expect(throws: StorageError.io(.fileExists, operation: "link", path: path)) {
            try fileSystem.link(path, to: link)
        }
        try fileSystem.remove(path)
        #expect(try fileSystem.open(link, for: .read).read(at: 0, count: 10) == [1, 2, 3])
    }

    @Test func foldersAreMadeListedAndRenamedIn() throws {
        let deep = folder.path.appending("a").appending("b")
        try fileSystem.createDirectory(deep)
        try fileSystem.createDirectory(deep)
        _ = try fileSystem.create(deep.appending("y"))
        _ = try fileSystem.create(deep.appending("x"))
        try fileSystem.rename(deep.appending("y"), to: deep.appending("w"))
        try fileSystem.syncDirectory(deep)
        #expect(try fileSystem.list(deep) == ["w", "x"])
        try fileSystem.remove(deep.appending("w"))
        #expect(try !fileSystem.exists(deep.appending("w")))
        #expect(try fileSystem.exists(deep))
        #expect(try fileSystem.list(folder.path.appending("none")) == [])
    }

    @Test func errorsNameOperationPathAndReason() throws {
        let path = folder.path.appending("none")
        #expect(throws: StorageError.io(.noSuchFileOrDirectory, operation: "open", path: path)) {
            try fileSystem.open(path, for: .read)
        }
        _ = try fileSystem.create(path)
        #expect(throws: StorageError.io(.fileExists, operation: "create", path: path)) { try fileSystem.create(path) }
        #expect(throws: StorageError.io(.badFileDescriptor, operation: "write", path: path)) {
            try fileSystem.open(path, for: .read).write([1], at: 0)
        }
    }

    @Test func aFolderIsLockedOnce() throws {
        let path = folder.path.appending(FolderLock.fileName)
        do {
            let lock = try FolderLock(folder.path)
            #expect(
                throws: StorageError.io(
                    .resourceBusy, operation: "lock a folder that another process is using", path: path)
            ) { _ = try FolderLock(folder.path) }
            withExtendedLifetime(lock) {}
        }
        _ = try FolderLock(folder.path)
    }
}

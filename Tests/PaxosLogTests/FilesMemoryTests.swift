// What the file system in memory keeps and loses in a crash.

import SystemPackage
import Testing

@testable import PaxosLog

extension File {
    /// Writes an array, for tests.
    func write(_ bytes: [UInt8], at offset: Int) throws {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(StorageError) in try write(at: UInt64(offset), buffer) }
        }
        try result.get()
    }

    func read(at offset: Int, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(StorageError) in try read(at: UInt64(offset), into: buffer) }
        }
        return Array(bytes.prefix(try result.get()))
    }
}

@Suite struct FilesMemoryTests {
    let fileSystem = MemoryFileSystem()
    let directory: FilePath = "/data"
    let path: FilePath = "/data/file"

    init() throws {
        try fileSystem.createDirectory(directory)
    }

    func made(_ bytes: [UInt8]) throws -> any File {
        let file = try fileSystem.create(path)
        try file.write(bytes, at: 0)
        try file.sync()
        try fileSystem.syncDirectory(directory)
        return file
    }

    @Test func whatWasWrittenIsRead() throws {
        let file = try made([1, 2, 3])
        try file.write([9, 9], at: 5)
        #expect(try file.read(at: 0, count: 100) == [1, 2, 3, 0, 0, 9, 9])
        #expect(try file.size() == 7)
        #expect(try fileSystem.open(path, for: .read).read(at: 1, count: 2) == [2, 3])
    }

    @Test func namesAreListedSorted() throws {
        for name in ["b", "a", "c"] { _ = try fileSystem.create(directory.appending(name)) }
        try fileSystem.createDirectory("/data/folder")
        #expect(try fileSystem.list(directory) == ["a", "b", "c", "folder"])
        #expect(try fileSystem.list("/none") == [])
    }

    @Test func syncedBytesAndNamesSurvive() throws {
        _ = try made([1, 2, 3])
        #expect(fileSystem.afterCrash(keeping: .nothing).contents(of: path) == [1, 2, 3])
    }

    @Test func unsyncedWritesAreLostOrKept() throws {
        let file = try made([1, 2, 3])
        try file.write([7, 7, 7], at: 1)
        try file.write([8], at: 2)
        #expect(fileSystem.afterCrash(keeping: .nothing).contents(of: path) == [1, 2, 3])
        #expect(fileSystem.afterCrash(keeping: .everything).contents(of: path) == [1, 7, 8, 7])
    }

    @Test func truncationIsTakenBack() throws {
        let file = try made([1, 2, 3, 4])
        try file.truncate(to: 1)
        try file.write([9], at: 2)
        #expect(try file.read(at: 0, count: 9) == [1, 0, 9])
        #expect(fileSystem.afterCrash(keeping: .nothing).contents(of: path) == [1, 2, 3, 4])
    }

    @Test func anySubsetOfSectorsMaySurvive() throws {
        let sectors = 6
        let file = try made([UInt8](repeating: 1, count: sectors * 512))
        try file.write([UInt8](repeating: 2, count: sectors * 512), at: 0)
        var seen: Set<[UInt8]> = []
        for seed in UInt64(0)..<600 {
            let bytes = try #require(fileSystem.afterCrash(keeping: .random(seed: seed)).contents(of: path))
            #expect(bytes.count == sectors * 512)
            let shown = (0..<sectors).map { bytes[$0 * 512] }
            #expect((0..<bytes.count).allSatisfy { bytes[$0] == shown[$0 / 512] })
            seen.insert(shown)
        }
        #expect(seen.count == 1 << sectors)
    }

    @Test func aSectorWrittenTwiceMayShowEitherVersion() throws {
        let file = try made([1])
        try file.write([2], at: 0)
        try file.write([3], at: 0)
        let seen = Set((0..<50).map { fileSystem.afterCrash(keeping: .random(seed: $0)).contents(of: path)?[0] })
        #expect(seen == [1, 2, 3])
    }

    @Test func anAppendedFileMayHaveAnySizeBetween() throws {
        let file = try made([])
        try file.write([UInt8](repeating: 1, count: 1024), at: 0)
        let sizes = Set((0..<100).map { fileSystem.afterCrash(keeping: .random(seed: $0)).contents(of: path)?.count })
        #expect(sizes == [0, 512, 1024])
    }

    @Test func anUnsyncedNameIsLostOrKept() throws {
        _ = try fileSystem.create(path)
        #expect(try !fileSystem.afterCrash(keeping: .nothing).exists(path))
        #expect(try fileSystem.afterCrash(keeping: .everything).exists(path))
    }

    @Test func anUnsyncedRenameShowsOneOfBothNames() throws {
        _ = try made([1])
        try fileSystem.rename(path, to: "/data/other")
        for seed in UInt64(0)..<20 {
            let names = try fileSystem.afterCrash(keeping: .random(seed: seed)).list(directory)
            #expect(names == ["file"] || names == ["other"])
        }
        #expect(try fileSystem.afterCrash(keeping: .nothing).list(directory) == ["file"])
        #expect(try fileSystem.afterCrash(keeping: .everything).list(directory) == ["other"])
    }

    @Test func anUnsyncedRemovalIsTakenBack() throws {
        _ = try made([1, 2])
        try fileSystem.remove(path)
        #expect(try !fileSystem.exists(path))
        #expect(fileSystem.afterCrash(keeping: .nothing).contents(of: path) == [1, 2])
        #expect(fileSystem.afterCrash(keeping: .everything).contents(of: path) == nil)
    }

    @Test func aLinkedFileHasBothNamesAndIsCountedOnce() throws {
        let fileSystem = MemoryFileSystem()
        try fileSystem.createDirectory("/other")
        fileSystem.install([1, 2, 3], at: "/folder/file")
        try fileSystem.link("/folder/file", to: "/other/file")
        #expect(throws: StorageError.self) { try fileSystem.link("/folder/file", to: "/other/file") }
        #expect(fileSystem.afterCrash(keeping: .nothing).contents(of: "/other/file") == nil)
        let kept = fileSystem.afterCrash(keeping: .everything)
        #expect(kept.usedBytes == 3 && kept.contents(of: "/other/file") == [1, 2, 3])
        kept.flipByte(of: "/folder/file", at: 0)
        #expect(kept.contents(of: "/other/file") == [0, 2, 3])
        try kept.remove("/folder/file")
        #expect(kept.usedBytes == 3)
        try kept.remove("/other/file")
        #expect(kept.usedBytes == 0)
    }

    @Test func theNthOperationCrashesAndAllAfterIt() throws {
        let file = try made([1])
        fileSystem.crashAtOperation = fileSystem.operations + 2
        try file.write([2], at: 0)
        #expect(throws: StorageError.self) { try file.sync() }
        #expect(fileSystem.isDown)
        #expect(throws: StorageError.self) { try file.write([3], at: 0) }
        #expect(throws: StorageError.self) { try file.read(at: 0, count: 1) }
        #expect(fileSystem.afterCrash(keeping: .nothing).contents(of: path) == [1])
        let after = fileSystem.afterCrash(keeping: .everything)
        #expect(after.contents(of: path) == [2])
        #expect(!after.isDown)
    }

    @Test func afterAFailedSyncTheWriteStaysInDoubt() throws {
        let file = try made([1])
        try file.write([2], at: 0)
        fileSystem.fault = { operation, _ in operation == .sync ? .ioError : nil }
        #expect(throws: StorageError.io(.ioError, operation: "sync", path: path)) { try file.sync() }
        fileSystem.fault = nil
        try file.sync()
        #expect(fileSystem.afterCrash(keeping: .nothing).contents(of: path) == [1])
    }

    @Test func aFullDiskRefusesToGrow() throws {
        fileSystem.capacity = 4
        let file = try made([1, 2, 3])
        #expect(throws: StorageError.io(.noSpace, operation: "write", path: path)) { try file.write([1, 2], at: 3) }
        try file.write([5, 5], at: 0)
        #expect(fileSystem.usedBytes == 3)
        try fileSystem.remove(path)
        #expect(fileSystem.usedBytes == 0)
    }

    @Test func aFileOpenedForReadingRefusesWrites() throws {
        _ = try made([1])
        let file = try fileSystem.open(path, for: .read)
        #expect(throws: StorageError.io(.badFileDescriptor, operation: "write", path: path)) {
            try file.write([2], at: 0)
        }
    }

    @Test func faultsChangeBytesBehindTheFilesBack() throws {
        _ = try made([1, 2, 3])
        fileSystem.flipByte(of: path, at: 1, mask: 0x80)
        fileSystem.overwrite(path, at: 2, with: [9])
        #expect(fileSystem.contents(of: path) == [1, 0x82, 9])
        fileSystem.truncate(path, to: 1)
        #expect(fileSystem.afterCrash(keeping: .nothing).contents(of: path) == [1])
    }

    @Test func whatCanNotBeReadIsRefusedUntilItIsWritten() throws {
        let refusal = StorageError.io(.ioError, operation: "read", path: path)
        _ = try made([1, 2, 3])
        fileSystem.makeUnreadable(path, 1..<2)
        let after = fileSystem.afterCrash(keeping: .everything)
        let file = try after.open(path, for: .readWrite)
        #expect(throws: refusal) { try file.bytes(at: 0, count: 3) }
        #expect(try file.bytes(at: 2, count: 1) == [3] && !after.isReadable(path))
        try file.write([4], at: 0)
        #expect(throws: refusal) { try file.bytes(at: 0, count: 2) }
        try file.write([5], at: 1)
        #expect(try file.bytes(at: 0, count: 3) == [4, 5, 3] && after.isReadable(path))
    }
}

// A file system in memory for tests and simulation. It can lose power at its nth operation, and then shows what a drive
// might: any part of what was not synced. It never touches the machine it runs on.

import Paxos
package import SystemPackage

/// Sendable only because `FileSystem` is: one thread uses it and all files opened from it, and nothing here locks.
package final class MemoryFileSystem: FileSystem, @unchecked Sendable {
    /// What counts as an operation: all that changes something or makes it survive. A crash at a read would leave
    /// nothing that a crash at the next of these does not.
    package enum Operation: String, Sendable {
        case write, truncate, sync, create, rename, remove, link, syncDirectory
    }

    private final class Folder {
        var names: [String: MemoryContents] = [:]
        /// What each change since the last sync replaced, oldest first.
        var changes: [[(name: String, before: MemoryContents?)]] = []
    }

    /// By path, as text: FilePath's own operations are slow in a debug build. The folder above all is "".
    private var folders: [String: Folder] = ["": Folder()]
    /// How many operations were begun, the one that crashed included.
    package private(set) var operations = 0
    /// The power goes at the operation with this number, counted from 1: it may or may not have had its effect, and it
    /// and all that follow throw.
    package var crashAtOperation: Int?
    package private(set) var isDown = false
    /// Asked before each operation; an error it names is thrown, and the operation has no effect. After a sync that
    /// failed, what the file had not synced stays in doubt for ever.
    package var fault: ((Operation, FilePath) -> Errno?)?
    /// Asked before a file is opened or read; an error it names is thrown.
    package var readFault: ((FilePath) -> Errno?)?
    /// How many bytes all files may hold together; nil is without bound.
    package var capacity: Int?
    package private(set) var usedBytes = 0

    package init() {}

    // MARK: FileSystem

    package func open(_ path: FilePath, for access: FileAccess) throws(StorageError) -> any File {
        try checkReadable("open", path)
        return MemoryFile(path: path, contents: try find(path, "open"), access: access, fileSystem: self)
    }

    package func create(_ path: FilePath) throws(StorageError) -> any File {
        try begin(.create, path)
        let (folder, name) = try place(path, "create")
        guard folder.names[name] == nil else { throw .io(.fileExists, operation: "create", path: path) }
        let contents = MemoryContents()
        change(folder, [(name, contents)])
        try finish(.create, path)
        return MemoryFile(path: path, contents: contents, access: .readWrite, fileSystem: self)
    }

    package func list(_ directory: FilePath) throws(StorageError) -> [String] {
        try checkPower("list", directory)
        let text = MemoryFileSystem.text(directory)
        var names = folders[text].map { Array($0.names.keys) } ?? []
        for folder in folders.keys where folder != "" {
            let (above, name) = MemoryFileSystem.split(folder)
            if above == text { names.append(name) }
        }
        return names.sorted()
    }

    package func exists(_ path: FilePath) throws(StorageError) -> Bool {
        try checkPower("exists", path)
        let text = MemoryFileSystem.text(path)
        if folders[text] != nil { return true }
        let (folder, name) = MemoryFileSystem.split(text)
        return folders[folder]?.names[name] != nil
    }

    /// Folders are durable at once, as PosixFileSystem makes them by syncing the folder above.
    package func createDirectory(_ path: FilePath) throws(StorageError) {
        try checkPower("createDirectory", path)
        makeFolders(MemoryFileSystem.text(path))
    }

    package func rename(_ source: FilePath, to target: FilePath) throws(StorageError) {
        try begin(.rename, source)
        let contents = try find(source, "rename")
        let (oldFolder, oldName) = try place(source, "rename")
        let (folder, name) = try place(target, "rename")
        let gone = folder.names[name]
        if folder === oldFolder {
            change(folder, [(oldName, nil), (name, contents)])
        } else {
            // Each folder keeps its half on its own: a crash may show the file under both names, or none.
            change(oldFolder, [(oldName, nil)])
            change(folder, [(name, contents)])
        }
        if let gone { release(gone) }
        try finish(.rename, source)
    }

    package func remove(_ path: FilePath) throws(StorageError) {
        try begin(.remove, path)
        let contents = try find(path, "remove")
        let (folder, name) = try place(path, "remove")
        change(folder, [(name, nil)])
        release(contents)
        try finish(.remove, path)
    }

    package func link(_ source: FilePath, to target: FilePath) throws(StorageError) {
        try begin(.link, source)
        let contents = try find(source, "link")
        let (folder, name) = try place(target, "link")
        guard folder.names[name] == nil else { throw .io(.fileExists, operation: "link", path: target) }
        change(folder, [(name, contents)])
        try finish(.link, source)
    }

    /// Gives back the room of contents that have no name any more.
    private func release(_ contents: MemoryContents) {
        let isNamed = folders.values.contains { $0.names.values.contains { $0 === contents } }
        if !isNamed { usedBytes -= contents.size }
    }

    package func syncDirectory(_ directory: FilePath) throws(StorageError) {
        try begin(.syncDirectory, directory)
        guard let folder = folders[MemoryFileSystem.text(directory)] else {
            throw .io(.noSuchFileOrDirectory, operation: "syncDirectory", path: directory)
        }
        try finish(.syncDirectory, directory)
        folder.changes.removeAll(keepingCapacity: true)
    }

    // MARK: Crashes

    /// What is there when the power comes back. This one is left as it is, so that many outcomes of one crash can be
    /// looked at.
    package func afterCrash(keeping rule: CrashRule) -> MemoryFileSystem {
        var generator = SplitMix64(seed: rule.seed)
        let result = MemoryFileSystem()
        result.capacity = capacity
        // What a file with two names holds is the same under both.
        var shown: [ObjectIdentifier: MemoryContents] = [:]
        for (path, folder) in folders.sorted(by: { $0.key < $1.key }) {
            let kept =
                switch rule.names {
                case .none: 0
                case .all: folder.changes.count
                case .random: Int.random(in: 0...folder.changes.count, using: &generator)
                }
            var names = folder.names
            for change in folder.changes[kept...].reversed() {
                for (name, before) in change.reversed() { names[name] = before }
            }
            let copy = Folder()
            for (name, contents) in names.sorted(by: { $0.key < $1.key }) {
                let isNew = shown[ObjectIdentifier(contents)] == nil
                let after = shown[ObjectIdentifier(contents)] ?? contents.afterCrash(rule.contents, &generator)
                shown[ObjectIdentifier(contents)] = after
                copy.names[name] = after
                if isNew { result.usedBytes += after.size }
            }
            result.folders[path] = copy
        }
        return result
    }

    // MARK: Faults of the drive, and looking at files, without an operation

    package func contents(of path: FilePath) -> [UInt8]? {
        guard let contents = try? find(path, "contents") else { return nil }
        return [UInt8](contents.storage.bytes)
    }

    /// Puts a file there that is durable, with its name, and makes the folders it needs.
    package func install(_ bytes: [UInt8], at path: FilePath) {
        let (directory, name) = MemoryFileSystem.split(MemoryFileSystem.text(path))
        let folder = makeFolders(directory)
        usedBytes += bytes.count - (folder.names[name]?.size ?? 0)
        folder.names[name] = bytes.withUnsafeBytes { MemoryContents(bytes: $0) }
    }

    package func flipByte(of path: FilePath, at offset: Int, mask: UInt8 = 0x01) {
        guard let bytes = contents(of: path), offset < bytes.count else {
            preconditionFailure("only a byte that is there can be flipped: \(path) at \(offset)")
        }
        overwrite(path, at: offset, with: [bytes[offset] ^ mask])
    }

    package func overwrite(_ path: FilePath, at offset: Int, with bytes: [UInt8]) {
        guard let contents = try? find(path, "overwrite"), offset + bytes.count <= contents.size else {
            preconditionFailure("only bytes that are there can be overwritten: \(path) at \(offset)")
        }
        bytes.withUnsafeBytes { contents.damage(at: offset, $0) }
    }

    /// The system refuses to read these bytes of the file, until they are written to.
    package func makeUnreadable(_ path: FilePath, _ range: Range<Int>) {
        guard let contents = try? find(path, "makeUnreadable") else {
            preconditionFailure("only a file that is there can be made unreadable: \(path)")
        }
        contents.damage(range)
    }

    package func isReadable(_ path: FilePath) -> Bool { (try? find(path, "isReadable"))?.isReadable ?? true }

    package func truncate(_ path: FilePath, to size: Int) {
        guard let contents = try? find(path, "truncate") else {
            preconditionFailure("only a file that is there can be cut: \(path)")
        }
        usedBytes += size - contents.size
        contents.damage(size: size)
    }

    // MARK: What files ask

    func checkPower(_ operation: String, _ path: FilePath) throws(StorageError) {
        if isDown { throw .io(.ioError, operation: "\(operation) after the crash", path: path) }
    }

    func checkReadable(_ operation: String, _ path: FilePath) throws(StorageError) {
        try checkPower(operation, path)
        if let error = readFault?(path) { throw .io(error, operation: operation, path: path) }
    }

    func begin(_ operation: Operation, _ path: FilePath) throws(StorageError) {
        try checkPower(operation.rawValue, path)
        if let error = fault?(operation, path) { throw .io(error, operation: operation.rawValue, path: path) }
    }

    /// Counts the operation, and crashes if its time has come. Comes behind the effect of what a crash may keep, and
    /// before that of a sync.
    func finish(_ operation: Operation, _ path: FilePath) throws(StorageError) {
        operations += 1
        guard operations == crashAtOperation else { return }
        isDown = true
        throw .io(.ioError, operation: "\(operation.rawValue), at which the power went", path: path)
    }

    func spend(_ bytes: Int, for operation: Operation, _ path: FilePath) throws(StorageError) {
        if bytes > 0, let capacity, usedBytes + bytes > capacity {
            throw .io(.noSpace, operation: operation.rawValue, path: path)
        }
        usedBytes += bytes
    }

    private func place(_ path: FilePath, _ operation: String) throws(StorageError) -> (Folder, String) {
        let (directory, name) = MemoryFileSystem.split(MemoryFileSystem.text(path))
        guard let folder = folders[directory] else {
            throw .io(.noSuchFileOrDirectory, operation: operation, path: path)
        }
        return (folder, name)
    }

    private func find(_ path: FilePath, _ operation: String) throws(StorageError) -> MemoryContents {
        let (folder, name) = try place(path, operation)
        guard let contents = folder.names[name] else {
            throw .io(.noSuchFileOrDirectory, operation: operation, path: path)
        }
        return contents
    }

    private func change(_ folder: Folder, _ bindings: [(name: String, contents: MemoryContents?)]) {
        folder.changes.append(bindings.map { ($0.name, folder.names[$0.name]) })
        for binding in bindings { folder.names[binding.name] = binding.contents }
    }

    @discardableResult
    private func makeFolders(_ path: String) -> Folder {
        if let folder = folders[path] { return folder }
        makeFolders(MemoryFileSystem.split(path).folder)
        let folder = Folder()
        folders[path] = folder
        return folder
    }

    private static func text(_ path: FilePath) -> String {
        path.withPlatformString { String(cString: $0) }
    }

    /// The folder and the name in it.
    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
        return (String(path[..<slash]), String(path[path.utf8.index(after: slash)...]))
    }
}

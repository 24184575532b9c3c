// A file in memory that knows which of its bytes were not synced, so that a crash can take them back. A write costs a
// copy of what it replaces, never one of the file.

import Glibc
import Paxos
import SystemPackage

/// What an inode holds: the bytes as a reader sees them, and the changes since the last sync with what they replaced.
final class MemoryContents {
    static let sectorSize = 512

    private struct Change {
        var range: Range<Int>
        /// Where the bytes that the range held before lie in `replaced`. Fewer than the range where the file was
        /// shorter: the rest was nothing, which a drive shows as zeros.
        var saved: Range<Int>
        var sizeBefore: Int
    }

    private(set) var storage: RawStorage
    private var replaced = RawStorage()
    private var changes: [Change] = []
    /// A failed sync leaves all that was written in doubt for ever; a later sync that succeeds proves nothing.
    private var syncHasFailed = false
    /// What the drive can't read, until it is written to.
    private var unreadable: Range<Int>?

    init(bytes: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)) {
        storage = RawStorage(capacity: bytes.count)
        storage.replace(at: 0, with: bytes)
    }

    var size: Int { storage.count }
    var isReadable: Bool { canRead(0..<size) }

    private func canRead(_ range: Range<Int>) -> Bool {
        unreadable.map { !$0.overlaps(range.clamped(to: 0..<size)) } ?? true
    }

    /// - Returns: how many bytes; nil where some can't be read.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard canRead(offset..<(offset + buffer.count)) else { return nil }
        let count = max(0, min(buffer.count, storage.count - offset))
        if count > 0, let target = buffer.baseAddress { memcpy(target, storage.base + offset, count) }
        return count
    }

    func write(at offset: Int, _ bytes: UnsafeRawBufferPointer) {
        let range = offset..<(offset + bytes.count)
        save(range)
        if let unreadable, range.contains(unreadable) { self.unreadable = nil }
        if offset > storage.count { storage.resize(to: offset) }
        storage.replace(at: offset, with: bytes)
    }

    func truncate(to size: Int) {
        save(min(size, storage.count)..<max(size, storage.count))
        storage.resize(to: size)
    }

    private func save(_ range: Range<Int>) {
        let start = replaced.count
        let held = min(range.upperBound, storage.count) - range.lowerBound
        if held > 0 {
            replaced.replace(
                at: start, with: UnsafeRawBufferPointer(start: storage.base + range.lowerBound, count: held))
        }
        changes.append(Change(range: range, saved: start..<replaced.count, sizeBefore: storage.count))
    }

    func sync() {
        guard !syncHasFailed else { return }
        changes.removeAll(keepingCapacity: true)
        replaced.resizeUninitialized(to: 0)
    }

    func failSync() {
        syncHasFailed = true
    }

    /// Changes bytes behind the file's back, as a fault of the drive does: no sync is owed for it.
    func damage(at offset: Int, _ bytes: UnsafeRawBufferPointer) {
        storage.replace(at: offset, with: bytes)
    }

    /// Makes bytes of the file impossible to read.
    func damage(_ range: Range<Int>) {
        unreadable = range
    }

    /// Cuts, or lengthens by zeros, behind the file's back.
    func damage(size: Int) {
        storage.resize(to: size)
    }

    /// What a drive shows after a crash.
    func afterCrash(_ share: CrashRule.Share, _ generator: inout SplitMix64) -> MemoryContents {
        let result = MemoryContents(bytes: storage.bytes)
        result.unreadable = unreadable
        guard share != .all, let first = changes.first else { return result }
        // Longer than it ever was while a sector's older version is put back, and cut to its size at the end.
        let longest = changes.reduce(storage.count) { max($0, $1.sizeBefore, $1.range.upperBound) }
        result.storage.resize(to: longest)
        if share == .none {
            for change in changes.reversed() { restore(change, in: result, within: change.range) }
            result.storage.resize(to: first.sizeBefore)
            return result
        }
        var touched: [Int: [Int]] = [:]
        for (index, change) in changes.enumerated() where !change.range.isEmpty {
            let lastSector = (change.range.upperBound - 1) / MemoryContents.sectorSize
            for sector in (change.range.lowerBound / MemoryContents.sectorSize)...lastSector {
                touched[sector, default: []].append(index)
            }
        }
        for (sector, indices) in touched.sorted(by: { $0.key < $1.key }) {
            let kept = Int.random(in: 0...indices.count, using: &generator)
            let start = sector * MemoryContents.sectorSize
            for index in indices[kept...].reversed() {
                let within = changes[index].range.clamped(to: start..<(start + MemoryContents.sectorSize))
                restore(changes[index], in: result, within: within)
            }
        }
        result.storage.resize(to: sizeAfterCrash(&generator))
        return result
    }

    /// Any size that the file had since the last sync, or a sector boundary on the way to it.
    private func sizeAfterCrash(_ generator: inout SplitMix64) -> Int {
        let sizes = changes.map(\.sizeBefore) + [storage.count]
        let size = sizes[Int.random(in: 0..<sizes.count, using: &generator)]
        guard size > sizes[0], Bool.random(using: &generator) else { return size }
        let part = Int.random(in: sizes[0]...size, using: &generator)
        return max(sizes[0], part / MemoryContents.sectorSize * MemoryContents.sectorSize)
    }

    /// Puts back what `change` replaced in `within`, a part of its range.
    private func restore(_ change: Change, in result: MemoryContents, within: Range<Int>) {
        let held = change.range.lowerBound..<(change.range.lowerBound + change.saved.count)
        let known = within.clamped(to: held)
        if !known.isEmpty {
            let source = replaced.base + change.saved.lowerBound + (known.lowerBound - held.lowerBound)
            memcpy(result.storage.base + known.lowerBound, source, known.count)
        }
        let unknown = within.clamped(to: held.upperBound..<max(held.upperBound, change.range.upperBound))
        if !unknown.isEmpty { memset(result.storage.base + unknown.lowerBound, 0, unknown.count) }
    }
}

/// Sendable only because `File` is: one thread uses a MemoryFileSystem and all its files, and nothing here locks.
final class MemoryFile: File, @unchecked Sendable {
    let path: FilePath
    private let contents: MemoryContents
    private let access: FileAccess
    private let fileSystem: MemoryFileSystem

    init(path: FilePath, contents: MemoryContents, access: FileAccess, fileSystem: MemoryFileSystem) {
        self.path = path
        self.contents = contents
        self.access = access
        self.fileSystem = fileSystem
    }

    func size() throws(StorageError) -> UInt64 {
        try fileSystem.checkPower("size", path)
        return UInt64(contents.size)
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        try fileSystem.checkReadable("read", path)
        guard let count = contents.read(at: Int(offset), into: buffer) else {
            throw .io(.ioError, operation: "read", path: path)
        }
        return count
    }

    func write(at offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        try begin(.write)
        try fileSystem.spend(max(contents.size, Int(offset) + bytes.count) - contents.size, for: .write, path)
        contents.write(at: Int(offset), bytes)
        try fileSystem.finish(.write, path)
    }

    func truncate(to size: UInt64) throws(StorageError) {
        try begin(.truncate)
        try fileSystem.spend(Int(size) - contents.size, for: .truncate, path)
        contents.truncate(to: Int(size))
        try fileSystem.finish(.truncate, path)
    }

    func sync() throws(StorageError) {
        do {
            try begin(.sync)
        } catch {
            contents.failSync()
            throw error
        }
        try fileSystem.finish(.sync, path)
        contents.sync()
    }

    private func begin(_ operation: MemoryFileSystem.Operation) throws(StorageError) {
        guard access == .readWrite || operation == .sync else {
            throw .io(.badFileDescriptor, operation: operation.rawValue, path: path)
        }
        try fileSystem.begin(operation, path)
    }
}

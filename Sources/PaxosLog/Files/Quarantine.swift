// Where damaged files are kept when a node goes on without them: nothing that was written is ever thrown away.

package import SystemPackage

package struct Quarantine {
    package let directory: FilePath
    private let fileSystem: any FileSystem

    private static let sectorSize = 512

    /// - Parameter data: the data folder of a node.
    package init(_ fileSystem: any FileSystem, in data: FilePath) {
        self.fileSystem = fileSystem
        directory = data.file("quarantine")
    }

    /// Whether the chosen log was ever cut, and a segment put here.
    package func holdsSegments() throws(StorageError) -> Bool {
        try fileSystem.list(directory).contains { $0.hasSuffix(".segment") }
    }

    /// Keeps a copy of a file, durably, under a number of its own and its name: as much of it as the system can read.
    package func keep(_ file: FilePath) throws(StorageError) -> FilePath {
        let kept = try place(for: file)
        try salvage(file, to: unfinished)
        try fileSystem.rename(unfinished, to: kept)
        try fileSystem.syncDirectory(directory)
        return kept
    }

    private var unfinished: FilePath { directory.file("unfinished") }

    private func place(for file: FilePath, suffix: String = "") throws(StorageError) -> FilePath {
        guard let name = file.lastComponent?.string else { preconditionFailure("a file has a name") }
        try fileSystem.createDirectory(directory)
        let numbers = try fileSystem.list(directory).compactMap { Int($0.prefix { $0 != "-" }) }
        return directory.file("\((numbers.max() ?? 0) + 1)-\(name)\(suffix)")
    }

    /// Keeps a file whose place a sound copy is about to take; it takes no more room. Its name says that nothing was lost.
    package func keepReplaced(_ file: FilePath) throws(StorageError) -> FilePath {
        let kept = try place(for: file, suffix: ".replaced")
        try fileSystem.duplicate(file, to: kept, by: unfinished)
        try fileSystem.syncDirectory(directory)
        return kept
    }

    /// Keeps a file of `folder` here instead of there. It takes no more room, and is never written again.
    package func take(_ file: FilePath, from folder: FilePath) throws(StorageError) -> FilePath {
        let kept = try place(for: file)
        try fileSystem.duplicate(file, to: kept, by: unfinished)
        try fileSystem.syncDirectory(directory)
        try fileSystem.remove(file)
        try fileSystem.syncDirectory(folder)
        return kept
    }

    private func salvage(_ source: FilePath, to target: FilePath) throws(StorageError) {
        let file = try fileSystem.open(source, for: .read)
        let copy = try fileSystem.createAnew(target)
        let size = try file.size()
        var buffer = RawStorage()
        var offset: UInt64 = 0
        while offset < size {
            buffer.resize(to: Int(min(size - offset, 1 << 20)))
            do {
                _ = try file.read(at: offset, into: buffer.mutableBytes)
            } catch .io(.ioError, operation: "read", _) {
                Quarantine.salvage(file, at: offset, into: buffer.mutableBytes)
            }
            try copy.write(at: offset, buffer.bytes)
            offset += UInt64(buffer.count)
        }
        try copy.sync()
    }

    /// Reads sector by sector, with zeros for those that the system can't read.
    private static func salvage(_ file: any File, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) {
        for start in stride(from: 0, to: buffer.count, by: sectorSize) {
            let sector = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<min(start + sectorSize, buffer.count)])
            if (try? file.read(at: offset + UInt64(start), into: sector)) == nil {
                sector.initializeMemory(as: UInt8.self, repeating: 0)
            }
        }
    }
}

/// What a node goes on without, and why.
package struct SetAside: Equatable, Sendable {
    package var reason: String
    /// Where it is in quarantine; empty when the damage is left where it is.
    package var kept: [FilePath]

    package init(reason: String, kept: [FilePath]) {
        self.reason = reason
        self.kept = kept
    }
}

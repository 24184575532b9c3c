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

    /// Whether a segment of the chosen log was ever put here.
    package func holdsSegments() throws(StorageError) -> Bool {
        try fileSystem.list(directory).contains { $0.hasSuffix(".segment") }
    }

    /// Keeps a copy of a file, durably, under a number of its own and its name: as much of it as the system can read.
    package func keep(_ file: FilePath) throws(StorageError) -> FilePath {
        guard let name = file.lastComponent?.string else { preconditionFailure("a file has a name") }
        try fileSystem.createDirectory(directory)
        let numbers = try fileSystem.list(directory).compactMap { Int($0.prefix { $0 != "-" }) }
        let target = directory.file("\((numbers.max() ?? 0) + 1)-\(name)")
        let unfinished = directory.file("unfinished")
        if try fileSystem.exists(unfinished) { try fileSystem.remove(unfinished) }
        try copy(file, to: try fileSystem.create(unfinished))
        try fileSystem.rename(unfinished, to: target)
        try fileSystem.syncDirectory(directory)
        return target
    }

    /// Keeps a copy of a file of `folder`, and takes the file away.
    package func take(_ file: FilePath, from folder: FilePath) throws(StorageError) -> FilePath {
        let kept = try keep(file)
        try fileSystem.remove(file)
        try fileSystem.syncDirectory(folder)
        return kept
    }

    private func copy(_ source: FilePath, to target: any File) throws(StorageError) {
        let file = try fileSystem.open(source, for: .read)
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
            try target.write(at: offset, buffer.bytes)
            offset += UInt64(buffer.count)
        }
        try target.sync()
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

/// What was put into quarantine, and why.
package struct SetAside: Equatable, Sendable {
    package var reason: String
    package var kept: [FilePath]

    package init(reason: String, kept: [FilePath]) {
        self.reason = reason
        self.kept = kept
    }
}

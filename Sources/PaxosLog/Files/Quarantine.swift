// Where damaged files are kept when a node goes on without them: nothing that was written is ever thrown away.

package import SystemPackage

package struct Quarantine {
    package let directory: FilePath
    private let fileSystem: any FileSystem

    /// - Parameter data: the data folder of a node.
    package init(_ fileSystem: any FileSystem, in data: FilePath) {
        self.fileSystem = fileSystem
        directory = data.file("quarantine")
    }

    /// Whether a segment of the chosen log was ever put here.
    package func holdsSegments() throws(StorageError) -> Bool {
        try fileSystem.list(directory).contains { $0.hasSuffix(".segment") }
    }

    /// Keeps a copy of a file, durably, under a number of its own and its name.
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
        var buffer = RawStorage()
        buffer.resize(to: 1 << 20)
        var offset: UInt64 = 0
        while true {
            let count = try file.read(at: offset, into: buffer.mutableBytes)
            if count == 0 { break }
            try target.write(at: offset, UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
            offset += UInt64(count)
        }
        try target.sync()
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

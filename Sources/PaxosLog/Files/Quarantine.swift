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
        try fileSystem.copy(file, to: unfinished)
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

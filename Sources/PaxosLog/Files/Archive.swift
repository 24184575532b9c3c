// Where segments go before they are dropped from a log, so that history is kept elsewhere. It only adds: nothing in it is
// changed or removed. Nodes may share one, since their segments are the same.

package import SystemPackage

package struct Archive: Sendable {
    package let directory: FilePath
    private let fileSystem: any FileSystem

    package init(_ fileSystem: any FileSystem, directory: FilePath) {
        self.fileSystem = fileSystem
        self.directory = directory
    }

    /// Keeps a file that is never written again, under its name; durable on return. No effect when the archive has it.
    /// - Throws: `.foreign` when the archive holds something else of that name, `.io` when it can't be kept.
    package func keep(_ file: FilePath) throws(StorageError) {
        guard let name = file.lastComponent?.string else { preconditionFailure("a file has a name") }
        let target = directory.file(name)
        try fileSystem.createDirectory(directory)
        if try fileSystem.exists(target) {
            guard try fileSystem.areEqual(file, target) else {
                throw .foreign(file: target, reason: "the archive holds another file of the name that \(file) has")
            }
        } else {
            try fileSystem.duplicate(file, to: target, by: directory.file(name + ".partial"))
        }
        try fileSystem.syncDirectory(directory)
    }
}

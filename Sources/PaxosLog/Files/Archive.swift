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
    /// - Throws: `.foreign` when the archive can't take it, or holds something else of that name: the file must stay where
    ///   it is then, and nothing is the matter with the log.
    package func keep(_ file: FilePath) throws(StorageError) {
        guard let name = file.lastComponent?.string else { preconditionFailure("a file has a name") }
        let target = directory.file(name)
        do throws(StorageError) {
            try fileSystem.createDirectory(directory)
            if try !fileSystem.exists(target) { try add(file, as: target, by: directory.file(name + ".partial")) }
            guard try fileSystem.areEqual(file, target) else {
                throw .foreign(file: target, reason: "the archive holds another file of the name that \(file) has")
            }
            try fileSystem.syncDirectory(directory)
        } catch {
            guard case .io(let error, let operation, let path) = error else { throw error }
            throw .foreign(file: path, reason: "the archive can't take \(file): \(operation): \(error)")
        }
    }

    private func add(_ file: FilePath, as target: FilePath, by unfinished: FilePath) throws(StorageError) {
        do {
            try fileSystem.duplicate(file, to: target, by: unfinished)
        } catch .io(.fileExists, operation: "link", _) {
            // Another node that shares the archive was first.
        }
    }
}

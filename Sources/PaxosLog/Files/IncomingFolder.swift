// Files that come from another node, piece by piece, until they are whole and proven. Nothing in here counts for
// anything: a crash may leave any part of it, and whoever takes a file in verifies it first.

package import SystemPackage

package struct IncomingFolder {
    package let directory: FilePath
    private let fileSystem: any FileSystem

    /// - Parameter data: the data folder of a node.
    package init(_ fileSystem: any FileSystem, in data: FilePath) {
        self.fileSystem = fileSystem
        directory = data.file("incoming")
    }

    package func path(of name: ShippedFile) -> FilePath { directory.file(name.description) }

    /// Appends `bytes` to a file, if it is `offset` long by now.
    /// - Returns: how long it is then; zero where there is none.
    package func append(_ bytes: [UInt8], at offset: UInt64, to name: ShippedFile) throws(StorageError) -> UInt64 {
        let path = path(of: name)
        let isNew = try !fileSystem.exists(path)
        if isNew {
            guard offset == 0, !bytes.isEmpty else { return 0 }
            try fileSystem.createDirectory(directory)
        }
        let file = isNew ? try fileSystem.create(path) : try fileSystem.open(path, for: .readWrite)
        let size = try file.size()
        guard size == offset, !bytes.isEmpty else { return size }
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(StorageError) in try file.write(at: offset, bytes) }
        return offset + UInt64(bytes.count)
    }

    /// The same; where there is no room, all that is kept goes, which others need more.
    /// - Returns: nil without room.
    package func keep(_ bytes: [UInt8], at offset: UInt64, of name: ShippedFile) throws(StorageError) -> UInt64? {
        do {
            return try append(bytes, at: offset, to: name)
        } catch .io(.noSpace, _, _) {
            try clear()
            return nil
        }
    }

    /// Removes all files, or all but one.
    package func clear(besides kept: ShippedFile? = nil) throws(StorageError) {
        for name in try fileSystem.list(directory) where name != kept?.description {
            try fileSystem.remove(directory.file(name))
        }
    }

    /// What a node whose log goes on with a segment may go on with after a start: that segment, and the newest snapshot of
    /// what lies behind its beginning. The rest goes.
    package func clear(goingOnWith segment: SegmentName) throws(StorageError) {
        let names = try fileSystem.list(directory)
        let snapshot = names.compactMap { SnapshotName($0) }.filter { $0.slot > segment.firstSlot }.max()
        for name in names where name != segment.description && name != snapshot?.description {
            try fileSystem.remove(directory.file(name))
        }
    }
}

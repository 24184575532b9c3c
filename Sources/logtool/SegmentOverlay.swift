// The folder of a chosen log with some of its segments read from elsewhere, so that whoever reads the log finds it in one
// piece. It never writes.

import PaxosLog
import SystemPackage

final class SegmentOverlay: ReadOnlyFileSystem {
    /// Where segments stand beside the log's folder.
    struct Elsewhere {
        var directory: FilePath
        /// What stands behind their names there.
        var suffix = ""
        /// Whether they stand in for those of the same name in the log's folder.
        var isPreferred = false

        func path(of name: String) -> FilePath { directory.appending(name + suffix) }
    }

    private let base: any FileSystem
    private let directory: FilePath
    private let elsewhere: Elsewhere

    /// - Parameter directory: the log's folder.
    init(_ base: any FileSystem, directory: FilePath, elsewhere: Elsewhere) {
        self.base = base
        self.directory = directory
        self.elsewhere = elsewhere
    }

    /// Where a file stands now: compaction may move it while it is looked for.
    private func place(of path: FilePath) throws(StorageError) -> FilePath {
        guard path.removingLastComponent() == directory, let name = path.lastComponent?.string,
            SegmentName(name) != nil
        else { return path }
        let other = elsewhere.path(of: name)
        let (first, second) = elsewhere.isPreferred ? (other, path) : (path, other)
        if try base.exists(first) { return first }
        return try base.exists(second) ? second : first
    }

    func open(_ path: FilePath, for access: FileAccess) throws(StorageError) -> any File {
        guard access == .read else { throw refusal("open", path) }
        return try base.open(place(of: path), for: .read)
    }

    func list(_ directory: FilePath) throws(StorageError) -> [String] {
        let names = try base.list(directory)
        guard directory == self.directory else { return names }
        let others = try base.list(elsewhere.directory).filter { $0.hasSuffix(elsewhere.suffix) }
            .map { String($0.dropLast(elsewhere.suffix.count)) }.filter { SegmentName($0) != nil }
        return Set(names + others).sorted()
    }

    func exists(_ path: FilePath) throws(StorageError) -> Bool { try base.exists(place(of: path)) }
}

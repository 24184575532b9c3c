// The contents of a file under a second name.

import SystemPackage

extension FileSystem {
    /// Gives the contents of `source` the name `target` too: by a link, or by a copy where the file system gives none.
    /// Durable once the folder of `target` is synced.
    /// - Parameter unfinished: the name of a copy, in the folder of `target`, until it is whole.
    func duplicate(_ source: FilePath, to target: FilePath, by unfinished: FilePath) throws(StorageError) {
        try open(source, for: .read).sync()
        do {
            try link(source, to: target)
        } catch .io(let error, _, _) where error != .fileExists && error != .noSuchFileOrDirectory {
            try copy(source, to: target, by: unfinished)
        }
    }

    /// - Parameter unfinished: the name of the copy, in the folder of `target`, until it is whole.
    func copy(_ source: FilePath, to target: FilePath, by unfinished: FilePath) throws(StorageError) {
        try copy(source, to: unfinished)
        try rename(unfinished, to: target)
    }

    /// Whether two files hold the same bytes.
    func areEqual(_ one: FilePath, _ other: FilePath) throws(StorageError) -> Bool {
        let files = (try open(one, for: .read), try open(other, for: .read))
        var offset: UInt64 = 0
        while true {
            let bytes = try files.0.bytes(at: offset, count: 1 << 20)
            guard try files.1.bytes(at: offset, count: 1 << 20) == bytes else { return false }
            if bytes.isEmpty { return true }
            offset += UInt64(bytes.count)
        }
    }
}

// Files that are written whole, and are durable then.

package import SystemPackage

extension FileSystem {
    /// Puts a file in the place of what was there; durable on return, and never half of it.
    package func replace(_ path: FilePath, with bytes: [UInt8]) throws(StorageError) {
        guard let name = path.lastComponent?.string else { preconditionFailure("a file has a name") }
        let directory = path.removingLastComponent()
        let temporary = directory.file(name + ".new")
        let file = try createAnew(temporary)
        try bytes.span.bytes.withUnsafeBytes { bytes throws(StorageError) in try file.write(at: 0, bytes) }
        try file.sync()
        try rename(temporary, to: path)
        try syncDirectory(directory)
    }

    /// Makes a file with the contents of another. The contents are durable on return, and the name is when the folder is
    /// synced.
    package func copy(_ source: FilePath, to target: FilePath) throws(StorageError) {
        try copy(open(source, for: .read), to: target)
    }

    /// The same with a file of whatever file system, or its first bytes.
    /// - Parameter progress: told of every piece that was copied.
    package func copy(
        _ file: any File, to target: FilePath, bytes: UInt64 = .max, progress: (Int) -> Void = { _ in }
    ) throws(StorageError) {
        let copy = try createAnew(target)
        var buffer = RawStorage()
        buffer.resize(to: 1 << 20)
        var offset: UInt64 = 0
        while offset < bytes {
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer.mutableBytes[..<Int(min(bytes - offset, UInt64(buffer.count)))])
            let count = try file.read(at: offset, into: piece)
            if count == 0 { break }
            try copy.write(at: offset, UnsafeRawBufferPointer(rebasing: piece[..<count]))
            offset += UInt64(count)
            progress(count)
        }
        try copy.sync()
    }

    /// Whether a file is no shorter than another, and the same as far as that goes. One that can't be read is not.
    func file(_ path: FilePath, beginsWith beginning: FilePath) throws(StorageError) -> Bool {
        do {
            let (file, other) = (try open(path, for: .read), try open(beginning, for: .read))
            let size = try other.size()
            var offset: UInt64 = 0
            while offset < size {
                let count = Int(min(size - offset, 1 << 20))
                guard try file.bytes(at: offset, count: count) == other.bytes(at: offset, count: count) else {
                    return false
                }
                offset += UInt64(count)
            }
            return true
        } catch .io(.ioError, operation: "read", _) {
            return false
        }
    }

    /// Makes an empty file in the place of what a crash may have left there.
    package func createAnew(_ path: FilePath) throws(StorageError) -> any File {
        if try exists(path) { try remove(path) }
        return try create(path)
    }
}

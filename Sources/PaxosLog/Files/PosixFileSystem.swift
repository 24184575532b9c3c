// The file system of the machine. It never buffers and never retries what failed, interruption by a signal aside.

import Glibc
package import SystemPackage

package final class PosixFileSystem: FileSystem {
    package init() {}

    package func open(_ path: FilePath, for access: FileAccess) throws(StorageError) -> any File {
        let mode = access == .read ? O_RDONLY : O_RDWR
        return PosixFile(descriptor: try descriptor("open", path, mode | O_CLOEXEC), path: path)
    }

    package func create(_ path: FilePath) throws(StorageError) -> any File {
        PosixFile(descriptor: try descriptor("create", path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC), path: path)
    }

    package func list(_ directory: FilePath) throws(StorageError) -> [String] {
        guard let stream = directory.withPlatformString({ opendir($0) }) else {
            if errno == ENOENT { return [] }
            throw .io(Errno(rawValue: errno), operation: "list", path: directory)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let item = readdir(stream) else { break }
            let name = withUnsafeBytes(of: item.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw .io(Errno(rawValue: errno), operation: "list", path: directory) }
        return names.sorted()
    }

    package func exists(_ path: FilePath) throws(StorageError) -> Bool {
        if path.withPlatformString({ access($0, F_OK) }) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else {
            throw .io(Errno(rawValue: errno), operation: "exists", path: path)
        }
        return false
    }

    /// Each folder that is made is durable on return: the folder above it is synced.
    package func createDirectory(_ path: FilePath) throws(StorageError) {
        guard !path.isEmpty, try !exists(path) else { return }
        let above = path.removingLastComponent()
        try createDirectory(above)
        if path.withPlatformString({ mkdir($0, 0o755) }) != 0 && errno != EEXIST {
            throw .io(Errno(rawValue: errno), operation: "createDirectory", path: path)
        }
        try syncDirectory(above.isEmpty ? "." : above)
    }

    package func rename(_ source: FilePath, to target: FilePath) throws(StorageError) {
        let result = source.withPlatformString { source in
            target.withPlatformString { target in Glibc.rename(source, target) }
        }
        if result != 0 { throw .io(Errno(rawValue: errno), operation: "rename", path: source) }
    }

    package func remove(_ path: FilePath) throws(StorageError) {
        if path.withPlatformString({ unlink($0) }) != 0 {
            throw .io(Errno(rawValue: errno), operation: "remove", path: path)
        }
    }

    package func link(_ source: FilePath, to target: FilePath) throws(StorageError) {
        let result = source.withPlatformString { source in
            target.withPlatformString { target in Glibc.link(source, target) }
        }
        if result != 0 { throw .io(Errno(rawValue: errno), operation: "link", path: source) }
    }

    package func syncDirectory(_ directory: FilePath) throws(StorageError) {
        let descriptor = try descriptor("syncDirectory", directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw .io(Errno(rawValue: errno), operation: "syncDirectory", path: directory)
        }
    }

    private func descriptor(_ operation: String, _ path: FilePath, _ flags: CInt) throws(StorageError) -> CInt {
        while true {
            let descriptor = path.withPlatformString { Glibc.open($0, flags, 0o644) }
            if descriptor >= 0 { return descriptor }
            guard errno == EINTR else { throw .io(Errno(rawValue: errno), operation: operation, path: path) }
        }
    }
}

private final class PosixFile: File {
    let path: FilePath
    private let descriptor: CInt

    init(descriptor: CInt, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    func size() throws(StorageError) -> UInt64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("size") }
        return UInt64(status.st_size)
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        guard let start = buffer.baseAddress else { return 0 }
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, start + done, buffer.count - done, off_t(offset) + off_t(done))
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw failure("read")
            }
        }
        return done
    }

    func write(at offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        guard let start = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, start + done, bytes.count - done, off_t(offset) + off_t(done))
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw failure("write")
            }
        }
    }

    func truncate(to size: UInt64) throws(StorageError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            guard errno == EINTR else { throw failure("truncate") }
        }
    }

    func sync() throws(StorageError) {
        // Not repeated on EINTR: whether the interrupted call has cleared an error of the drive cannot be known.
        guard fdatasync(descriptor) == 0 else { throw failure("sync") }
    }

    private func failure(_ operation: String) -> StorageError {
        .io(Errno(rawValue: errno), operation: operation, path: path)
    }
}

// Keeps two processes from writing to one data folder. The system lets go of it when the process ends, however it ends;
// the lock's file stays and means nothing by itself.

import Glibc
package import SystemPackage

package struct FolderLock: ~Copyable, Sendable {
    package static let fileName = "lock"

    private let descriptor: CInt

    /// - Throws: `.io(.resourceBusy, …)` when another process, or another lock of this one, holds the folder.
    package init(_ directory: FilePath) throws(StorageError) {
        let path = directory.file(FolderLock.fileName)
        let opened = path.withPlatformString { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) }
        guard opened >= 0 else { throw .io(Errno(rawValue: errno), operation: "open", path: path) }
        while flock(opened, LOCK_EX | LOCK_NB) != 0 {
            let error = errno
            if error == EINTR { continue }
            close(opened)
            if error == EWOULDBLOCK {
                throw .io(.resourceBusy, operation: "lock a folder that another process is using", path: path)
            }
            throw .io(Errno(rawValue: error), operation: "lock", path: path)
        }
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }
}

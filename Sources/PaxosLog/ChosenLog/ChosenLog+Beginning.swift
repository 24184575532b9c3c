// A log that begins anew behind a snapshot, because the slots in between are nowhere to be had.

import SystemPackage

extension ChosenLog {
    /// Removes all that the log holds, from the first segment to the last, and goes on behind `base`, whose snapshot is
    /// durable. A crash at any step leaves a log that ends before the snapshot, which a start sets aside.
    package mutating func begin(behind base: LogBase) throws(StorageError) {
        precondition(base.through > through, "a log that reaches a snapshot's slot goes on as it is")
        try writing { (log) throws(StorageError) in
            try log.drop(through: base.through, to: nil)
            for name in try ChosenLogReader(log.fileSystem, directory: log.directory).segments() {
                try log.fileSystem.remove(log.directory.appending(name.description))
            }
            if try log.fileSystem.exists(log.directory) { try log.fileSystem.syncDirectory(log.directory) }
            log.restart(behind: base)
        }
    }

    /// Keeps all segments that are ended in an archive.
    /// - Throws: `.foreign` when it can't take one.
    package func keepEnded(in archive: Archive) throws(StorageError) {
        for name in try ChosenLogReader(fileSystem, directory: directory).segments() where name != segment?.name {
            try archive.keep(directory.appending(name.description))
        }
    }
}

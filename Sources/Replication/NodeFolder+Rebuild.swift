// Takes out of a stopped node's folder what its state may have come from, when that is not the others' state: the next
// start replays the log from an earlier snapshot or its beginning, or learns all of it anew from the other nodes.
// docs/decisions/0017-checkpoints.md says why that is safe.

import Paxos
package import PaxosLog
package import SystemPackage

extension NodeFolder {
    package struct Rebuilding: Equatable, Sendable {
        /// What the node had found.
        package var report: DivergenceReport
        /// What lies in quarantine now, in the order in which it was put there; the report last.
        package var kept: [FilePath]
        /// The snapshot that the next start begins with; nil for slot 1.
        package var snapshot: SnapshotName?
        /// Whether the log is there still: else the node learns it from the others, and has no vote meanwhile.
        package var keepsLog: Bool
    }

    /// The caller holds the folder's lock. A crash in the middle leaves a folder that is still to be rebuilt.
    /// - Returns: nil when the folder says nothing of another state; nothing has changed then.
    package static func rebuild(
        _ fileSystem: any FileSystem, directory: FilePath
    ) throws(StorageError) -> Rebuilding? {
        guard let report = try DivergenceReport.read(fileSystem, directory) else { return nil }
        let places = Places(directory)
        let quarantine = Quarantine(fileSystem, in: directory)
        let snapshots = SnapshotFolder(fileSystem, directory: places.snapshots)
        var rebuilding = Rebuilding(report: report, kept: [], snapshot: nil, keepsLog: true)
        for name in try snapshots.names() {
            // Those of states that were found the same stay.
            if let agreed = report.lastAgreed, name.slot <= agreed {
                rebuilding.snapshot = rebuilding.snapshot ?? name
                continue
            }
            rebuilding.kept.append(try quarantine.take(snapshots.path(of: name), from: snapshots.directory))
        }
        let first = try ChosenLogReader(fileSystem, directory: places.log).segments().first?.firstSlot ?? .first
        if first > rebuilding.snapshot?.slot.next ?? .first {
            rebuilding.keepsLog = false
            rebuilding.kept += try ChosenLogMending.setAsideHistory(
                fileSystem, directory: places.log, quarantine: quarantine)
        }
        let path = directory.appending(DivergenceReport.fileName)
        rebuilding.kept.append(try quarantine.take(path, from: directory))
        return rebuilding
    }
}

// Takes a peer's snapshot over: it becomes one of this node's own, and the log begins anew behind it.

import Paxos
package import PaxosLog
import SystemPackage

extension RestoredSnapshot {
    /// - Parameters:
    ///   - incoming: where the file lies.
    ///   - cluster: the one that this node belongs to.
    ///   - archive: keeps the segments that go; nil for none.
    /// - Returns: why it is not taken, if it is not; nothing has changed then.
    /// - Throws: `.io`; a crash at any step leaves a folder that a node starts from.
    package static func install(
        _ name: SnapshotName, from incoming: IncomingFolder, _ fileSystem: any FileSystem, _ places: NodeFolder.Places,
        cluster: UniqueID?, log: inout ChosenLog, archive: Archive?
    ) throws(StorageError) -> Result<RestoredSnapshot, SnapshotRefusal> {
        let source = incoming.path(of: .snapshot(name))
        let restored: RestoredSnapshot
        do {
            restored = try RestoredSnapshot(try SnapshotReader(fileSystem, source))
        } catch .corrupt(let damage) {
            return .failure(.damaged(damage.sentence))
        } catch .unsupportedVersion(_, let found, let supported) {
            return .failure(.foreign("it has version \(found), and this program knows version \(supported)"))
        }
        guard restored.base.genesis.cluster == cluster else {
            return .failure(.foreign("it belongs to cluster \(restored.base.genesis.cluster)"))
        }
        guard restored.base.through == name.slot else {
            return .failure(.foreign("it is that of slot \(restored.base.through)"))
        }
        guard name.slot > log.through else {
            return .failure(.foreign("the log here reaches slot \(log.through) by now"))
        }
        if let archive {
            do {
                try log.keepEnded(in: archive)
            } catch .foreign(_, let reason) {
                return .failure(.foreign(reason))
            }
        }
        try fileSystem.createDirectory(places.snapshots)
        try fileSystem.open(source, for: .readWrite).sync()
        try fileSystem.rename(source, to: SnapshotFolder(fileSystem, directory: places.snapshots).path(of: name))
        try fileSystem.syncDirectory(places.snapshots)
        try log.begin(behind: restored.base)
        return .success(restored)
    }
}

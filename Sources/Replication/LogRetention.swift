// What becomes of the part of the log that snapshots stand for: kept for a while, put into an archive, dropped.

package import Paxos
package import PaxosLog

package struct LogRetention: Sendable {
    package var policy: CompactionPolicy
    /// Where segments are kept before they are dropped; nil for nowhere.
    package var archive: Archive?

    package init(policy: CompactionPolicy = CompactionPolicy(), archive: Archive? = nil) {
        self.policy = policy
        self.archive = archive
    }

    /// Drops older snapshots, and segments, that the newest `verified` snapshots stand for.
    /// - Parameter now: the wall clock in microseconds since 1970.
    /// - Returns: the first slot that is left in the log, and why an archive took no more, if so.
    /// - Throws: `.io`.
    package func apply(
        to log: inout ChosenLog, verified: [Slot], now: UInt64, _ fileSystem: any FileSystem,
        _ places: NodeFolder.Places
    ) throws(StorageError) -> (first: Slot, refusal: String?) {
        try SnapshotFolder(fileSystem, directory: places.snapshots).dropOld(verified: verified)
        let reader = ChosenLogReader(fileSystem, directory: places.log)
        var refusal: String?
        if let through = policy.dropThrough(try reader.segmentEnds(), verified: verified, now: now) {
            do {
                try log.drop(through: through, to: archive)
            } catch .foreign(let file, let reason) {
                refusal = "\(file): \(reason)"
            }
        }
        return (try reader.segments().first?.firstSlot ?? log.through.next, refusal)
    }
}

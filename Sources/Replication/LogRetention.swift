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

    /// What `apply` takes away.
    package struct Plan: Equatable, Sendable {
        /// The last slot that goes; nil when none does.
        package var through: Slot?
        /// The oldest first.
        package var segments: [SegmentName]
        package var snapshots: [SnapshotName]
    }

    /// - Parameters:
    ///   - verified: the snapshots that were read back whole.
    ///   - now: the wall clock in microseconds since 1970.
    package func plan(
        _ log: ChosenLogReader, _ snapshots: SnapshotFolder, verified: [Slot], now: UInt64
    ) throws(StorageError) -> Plan {
        let through = policy.dropThrough(try log.segmentEnds(), verified: verified, now: now)
        let names = try log.segments()
        return Plan(
            through: through,
            segments: zip(names, names.dropFirst()).filter { $1.firstSlot.previous <= through ?? .zero }.map(\.0),
            snapshots: try snapshots.old(verified: verified))
    }

    /// Drops older snapshots, and segments, that the newest `verified` snapshots stand for.
    /// - Parameter now: the wall clock in microseconds since 1970.
    /// - Returns: the first slot that is left in the log, and why an archive took no more, if so.
    /// - Throws: `.io`.
    package func apply(
        to log: inout ChosenLog, verified: [Slot], now: UInt64, _ fileSystem: any FileSystem,
        _ places: NodeFolder.Places
    ) throws(StorageError) -> (first: Slot, refusal: String?) {
        let snapshots = SnapshotFolder(fileSystem, directory: places.snapshots)
        let reader = ChosenLogReader(fileSystem, directory: places.log)
        let plan = try plan(reader, snapshots, verified: verified, now: now)
        try snapshots.dropOld(verified: verified)
        var refusal: String?
        if let through = plan.through {
            do {
                try log.drop(through: through, to: archive)
            } catch .foreign(let file, let reason) {
                refusal = "\(file): \(reason)"
            }
        }
        return (try reader.segments().first?.firstSlot ?? log.through.next, refusal)
    }
}

// Files that are fetched from peers while the node runs, the reading that finds out which, snapshots and compaction.

import Paxos
import PaxosLog
import Replication
import SystemPackage

extension SimulatedNode {
    /// The segments of the log, and the first damage of each.
    func scrub() throws -> [(segment: SegmentName, damage: Damage?)] {
        guard let durable = driver?.status.logThrough else { return [] }
        return try reader.segments().map { ($0, try reader.damage(in: $0, durableThrough: durable)) }
    }

    var incoming: IncomingFolder { IncomingFolder(fileSystem, in: SimulatedNode.directory) }

    /// - Returns: how much is kept; nil without room, or when the disk failed, and the node has ended.
    func keep(_ piece: FilePiece) -> UInt64? {
        var length: UInt64?
        _ = change { _ in length = try incoming.keep(piece.bytes, at: piece.offset, of: piece.file) }
        return length
    }

    func discardPieces(besides file: ShippedFile?) -> Bool { change { _ in try incoming.clear(besides: file) } }

    /// - Returns: nil when the disk failed, and the node has ended.
    func replace(_ segment: SegmentName) -> SegmentReplacement? {
        var replacement: SegmentReplacement?
        _ = change { running in
            replacement = try running.log.log.replaceSegment(
                segment, from: incoming, quarantine: Quarantine(fileSystem, in: SimulatedNode.directory))
        }
        return replacement
    }

    private var places: NodeFolder.Places { NodeFolder.Places(SimulatedNode.directory) }

    /// What can't be read is not there for others.
    func piece(_ question: PieceQuestion) -> FilePiece {
        let piece = try? question.answer(from: reader, SnapshotFolder(disk, directory: places.snapshots))
        return piece ?? FilePiece(file: question.file, offset: question.offset, fileSize: 0, bytes: [])
    }

    /// - Returns: nil when the disk failed, and the node has ended.
    func takeIn(_ segment: SegmentName) -> SegmentIntake? {
        var intake: SegmentIntake?
        _ = change { running in
            intake = try running.log.log.takeIn(
                segment, from: incoming, cluster: running.identity.cluster,
                quarantine: Quarantine(fileSystem, in: SimulatedNode.directory))
        }
        return intake
    }

    /// - Returns: nil when the disk failed, and the node has ended.
    func install(_ snapshot: SnapshotName) -> Result<RestoredSnapshot, SnapshotRefusal>? {
        var result: Result<RestoredSnapshot, SnapshotRefusal>?
        _ = change { running in
            result = try RestoredSnapshot.install(
                snapshot, from: incoming, fileSystem, places, cluster: running.identity.cluster, log: &running.log.log,
                archive: nil)
        }
        return result
    }

    /// Without room there is none, and the node goes on; nil when the disk failed, and it has ended.
    func take(_ view: SnapshotView) -> Event? {
        var event: Event?
        _ = change { _ in
            do {
                var taking = try SnapshotTaking.begin(fileSystem, directory: places.snapshots, view)
                while try taking.step() {}
                let written = try taking.finish()
                try written.verify(SnapshotFolder(fileSystem, directory: places.snapshots))
                event = .snapshotTaken(written)
            } catch StorageError.io(.noSpace, _, _) {
                event = .snapshotFailed(view.slot, reason: "no room")
            }
        }
        return event
    }

    /// - Returns: nil when the disk failed, and the node has ended.
    func compact(verified: [Slot]) -> Event? {
        var event: Event?
        _ = change { running in
            let (first, refusal) = try LogRetention(policy: CompactionPolicy(keptSegments: keptSegments)).apply(
                to: &running.log.log, verified: verified, now: 0, fileSystem, places)
            event = .logCompacted(running.log.log.extent, first: first, refusal: refusal)
        }
        return event
    }
}

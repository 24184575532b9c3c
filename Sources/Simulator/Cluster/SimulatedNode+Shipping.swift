// Segments that are fetched from peers while the node runs, and the reading that finds out which.

import Paxos
import PaxosLog
import Replication

extension SimulatedNode {
    /// The first damage of each segment of the log.
    func scrub() throws -> [Damage] {
        guard let durable = driver?.status.logThrough else { return [] }
        return try reader.segments().compactMap { name in try reader.damage(in: name, durableThrough: durable) }
    }

    private var incoming: IncomingFolder { IncomingFolder(fileSystem, in: SimulatedNode.directory) }

    /// - Returns: how much is kept; nil when the disk failed, and the node has ended.
    func keep(_ piece: SegmentPiece) -> UInt64? {
        var length: UInt64?
        _ = change { _ in length = try incoming.append(piece.bytes, at: piece.offset, to: piece.segment) }
        return length
    }

    func discardPieces(of segment: SegmentName) -> Bool { change { _ in try incoming.remove(segment) } }

    /// - Returns: nil when the disk failed, and the node has ended.
    func replace(_ segment: SegmentName) -> SegmentReplacement? {
        var replacement: SegmentReplacement?
        _ = change { running in
            replacement = try running.log.log.replaceSegment(
                segment, from: incoming, quarantine: Quarantine(fileSystem, in: SimulatedNode.directory))
        }
        return replacement
    }
}

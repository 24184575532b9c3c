// Where a driver's effects go: the disk's threads, and the other nodes. Neither blocks the event loop that calls it.

import Paxos
import PaxosLog
import Replication

/// Each call hands work to a thread and returns. What comes of it arrives as an event.
protocol StorageOutlet: Sendable {
    /// Then `Event.journalDurable`.
    func journal(_ batch: BatchID, _ records: [JournalRecord])
    /// Then `Event.logDurable`.
    func appendLog(_ block: RawBlock)
    /// Then `Event.logRead`.
    func readLog(from slot: Slot, bytes: Int, for peer: NodeID, offersSegment: Bool)
    /// Then `Event.pieceRead`.
    func readPiece(_ question: PieceQuestion, for peer: NodeID)
    /// Then `Event.pieceKept`, if there is room.
    func keepPiece(_ piece: FilePiece)
    func discardPieces(besides kept: ShippedFile?)
    /// Then `Event.segmentReplaced`.
    func replaceSegment(_ segment: SegmentName)
    /// Then `Event.segmentTakenIn`.
    func takeIn(_ segment: SegmentName)
    /// Then `Event.snapshotInstalled`.
    func installSnapshot(_ snapshot: SnapshotName)
    /// Then `Event.snapshotTaken` or `Event.snapshotFailed`.
    func takeSnapshot(_ view: SnapshotView)
    /// Then `Event.logCompacted`.
    func compact(verified: [Slot])
    func releaseJournal(through slot: Slot)
    func adopt(_ genesis: Genesis)
    func admit(_ incarnation: Incarnation, as vote: UniqueID)
    func note(_ divergence: DivergenceReport)
}

/// Called on the driver's event loop only.
protocol PeerOutlet: AnyObject {
    /// Queues a message; it may be dropped.
    func send(_ message: PeerMessage, to node: NodeID)
    /// Ends a turn: what was queued leaves.
    func flush()
}

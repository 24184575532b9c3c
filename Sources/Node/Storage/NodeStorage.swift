// The disk as the driver's effects see it: the journal's thread, the log's, and those that read for peers and look for
// damage.

import Logging
import NIOCore
import Paxos
import PaxosLog
import Replication

final class NodeStorage: StorageOutlet {
    let journal: JournalThread
    let log: LogThread
    let reading: LogReading
    let scrub: LogScrub
    let snapshots: SnapshotThread
    private let post: @Sendable (Event) -> Void

    init(
        journal: JournalThread, log: LogThread, reading: LogReading, scrub: LogScrub, snapshots: SnapshotThread,
        post: @escaping @Sendable (Event) -> Void
    ) {
        self.journal = journal
        self.log = log
        self.reading = reading
        self.scrub = scrub
        self.snapshots = snapshots
        self.post = post
    }

    func start() {
        journal.start()
        log.start()
        reading.start()
        scrub.start()
        snapshots.start()
    }

    /// Everything that was handed over is on disk when this returns, unless the disk is full.
    func stop() async throws {
        try await snapshots.stop()
        try await scrub.stop()
        try await reading.stop()
        try await log.stop()
        try await journal.stop()
    }

    func journal(_ batch: BatchID, _ records: [JournalRecord]) { journal.append(batch, records) }

    func appendLog(_ block: RawBlock) { log.append(block) }

    func readLog(from slot: Slot, bytes: Int, for peer: NodeID, offersSegment: Bool) {
        reading.read(from: slot, bytes: bytes, offersSegment: offersSegment) { [post] passage, damage in
            post(.logRead(peer: peer, passage))
            if let damage { post(.logDamaged(damage)) }
        }
    }

    func readPiece(_ question: PieceQuestion, for peer: NodeID) {
        reading.read(question) { [post] piece in post(.pieceRead(piece, for: peer)) }
    }

    func keepPiece(_ piece: FilePiece) {
        log.keep(piece) { [post] length in post(.pieceKept(piece.file, length: length)) }
    }

    func discardPieces(besides kept: ShippedFile?) { log.discardPieces(besides: kept) }

    func replaceSegment(_ segment: SegmentName) {
        log.replace(segment) { [post] replacement in post(.segmentReplaced(segment, replacement)) }
    }

    func takeIn(_ segment: SegmentName) {
        log.takeIn(segment) { [post] intake in post(.segmentTakenIn(segment, intake)) }
    }

    func installSnapshot(_ snapshot: SnapshotName) {
        log.install(snapshot) { [post] result in post(.snapshotInstalled(snapshot, result)) }
    }

    func takeSnapshot(_ view: SnapshotView) {
        snapshots.take(view) { [post] result in
            switch result {
            case .success(let snapshot): post(.snapshotTaken(snapshot))
            case .failure(let error): post(.snapshotFailed(view.slot, reason: error.sentence))
            }
        }
    }

    func compact(verified: [Slot]) { compact(verified: verified) { _ in } }

    /// - Parameter compacted: told the first slot that is left in the log.
    func compact(verified: [Slot], then compacted: @escaping @Sendable (Slot) -> Void) {
        log.compact(verified: verified) { [post] extent, first, refusal in
            post(.logCompacted(extent, first: first, refusal: refusal))
            compacted(first)
        }
    }

    func releaseJournal(through slot: Slot) { journal.release(through: slot) }

    func adopt(_ genesis: Genesis) { log.adopt(genesis) }

    func admit(_ incarnation: Incarnation, as vote: UniqueID) { log.admit(incarnation, as: vote) }

    func note(_ divergence: DivergenceReport) { log.note(divergence) }
}

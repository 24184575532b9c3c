// What can happen to a driver. Everything it knows of the world comes in as one of these.

package import Paxos
package import PaxosLog

package enum Event: Sendable {
    /// Time has passed: one `DriverConfiguration.tickInterval`. `now` is the wall clock in microseconds since 1970; it is
    /// written into entries and decides nothing.
    case tick(now: UInt64)
    /// A message from a peer whose handshake was accepted.
    case message(PeerMessage, from: NodeID)
    /// A client of this node asks for something. The same identifier comes back in exactly one `Effect.answer`.
    case request(RequestID, Request)
    /// All batches up to and with this one are on disk.
    case journalDurable(BatchID)
    /// The chosen log reaches so far, durably; these are the blocks that it got with it.
    case logDurable(LogExtent, [BlockDigest])
    /// The answer to `Effect.readLog`.
    case logRead(peer: NodeID, LogPassage)
    /// A part of the chosen log that was durable is not what was written.
    case logDamaged(Damage)
    /// This segment of it was read, and all of it is.
    case logSound(SegmentName)
    /// The answer to `Effect.readPiece`.
    case pieceRead(FilePiece, for: NodeID)
    /// So many bytes of a peer's file are kept.
    case pieceKept(ShippedFile, length: UInt64)
    /// The answer to `Effect.replaceSegment`.
    case segmentReplaced(SegmentName, SegmentReplacement)
    /// The answer to `Effect.takeInSegment`.
    case segmentTakenIn(SegmentName, SegmentIntake)
    /// The answer to `Effect.installSnapshot`: the state that it held, or why it was not taken.
    case snapshotInstalled(SnapshotName, Result<RestoredSnapshot, SnapshotRefusal>)
    /// A snapshot is durable, and was read back whole.
    case snapshotTaken(WrittenSnapshot)
    /// It is not; the log stays as it is until the next.
    case snapshotFailed(Slot, reason: String)
    /// What is left of the log since its first segments were dropped, with which slot it begins, and why an archive took
    /// no more of it, if so.
    case logCompacted(LogExtent, first: Slot, refusal: String?)
    /// Whether the disk has room for what the journal is to take next.
    case room(Bool)
    /// The node is about to stop in good order: hand leadership over.
    case stop
}

/// Names a request of this node's clients, from when it comes until it is answered.
package struct RequestID: Hashable, Sendable {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// Counts the batches that a driver has given to its journal, from 1.
package struct BatchID: Hashable, Comparable, Sendable {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static func < (left: BatchID, right: BatchID) -> Bool { left.rawValue < right.rawValue }
}

package enum Request: Sendable {
    /// An encoded `Command`, to be chosen, applied and answered once.
    case command([UInt8])
    case noOp
    /// End block and segment of the log, for every node to take a snapshot of the state there.
    case seal
    /// The value of a key, at least as new as every write answered before the read was asked.
    case read(key: [UInt8])
    /// The value of a key in this node's own state, which may be old.
    case readLocal(key: [UInt8])
}

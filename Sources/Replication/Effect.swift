// What a driver wants done. It does none of it itself, and hears of the outcome as an event.

package import Paxos
package import PaxosLog
package import StateMachine
package import SystemPackage

package enum Effect: Sendable {
    /// Write these records in order, then sync; then `Event.journalDurable`. Batches are written in the order given,
    /// any number of them with one sync.
    case journal(BatchID, [JournalRecord])
    /// Send to a peer, not before `after` is durable. Loss is allowed; corruption is not.
    case send(PeerMessage, to: NodeID, after: BatchID?)
    case answer(RequestID, Answer)
    /// Append this block to the chosen log and sync; then `Event.logDurable`. Blocks come in order.
    case appendLog(RawBlock)
    /// Read blocks of the chosen log from the one that holds `from`, until they are `bytes` long together (always at
    /// least one), or name the ended segment that holds it (`ChosenLogReader.passage`), then `Event.logRead`. The peer is
    /// this node itself when it reads what its log was given as a file.
    case readLog(from: Slot, bytes: Int, peer: NodeID, offersSegment: Bool)
    /// Read a piece of a file as it stands there, then `Event.pieceRead`.
    case readPiece(PieceQuestion, peer: NodeID)
    /// Append a piece to what is kept of a peer's file, unless it belongs elsewhere, then `Event.pieceKept`
    /// (`IncomingFolder.keep`). A disk without room keeps nothing, and says nothing.
    case keepPiece(FilePiece)
    /// Throw away what is kept of peers' files, but of this one.
    case discardPieces(besides: ShippedFile?)
    /// Put what is kept in the place of this node's own segment, if it proves to be that (`ChosenLog.replaceSegment`), then
    /// `Event.segmentReplaced`.
    case replaceSegment(SegmentName)
    /// Let the log go on with what is kept, if it proves to be what follows (`ChosenLog.takeIn`), then
    /// `Event.segmentTakenIn`. No block is appended in between.
    case takeInSegment(SegmentName)
    /// Take what is kept for a snapshot of this node, if it is whole, and let the log begin behind it; then
    /// `Event.snapshotInstalled`. No block is appended in between.
    case installSnapshot(SnapshotName)
    /// Take a snapshot of this state, in the background, and read it back; then `Event.snapshotTaken` or
    /// `Event.snapshotFailed`.
    case takeSnapshot(SnapshotView)
    /// Drop what these verified snapshots stand for, as the settings allow: older snapshots, and segments of the log
    /// (`CompactionPolicy`); then `Event.logCompacted`.
    case compact(verified: [Slot])
    /// The chosen log holds all these slots: journal files that hold nothing else may be used again.
    case releaseJournal(through: Slot)
    /// This genesis is durable in the journal: write it down in the identity (`Identity.adopt`).
    case adopt(Genesis)
    /// This life of the disk votes, by this name: write it down in the identity (`Identity.admit`).
    case admit(Incarnation, as: UniqueID)
    /// Write this report beside the log, durably: no later start serves from this state either.
    case noteDivergence(DivergenceReport)
    /// Something a person would want to read in the log.
    case report(Report)
    /// Stop at once, and say why: going on would break a promise.
    case halt(String)
}

package enum Answer: Sendable, Equatable {
    /// The command was chosen in this slot and applied here.
    case applied(Slot, Outcome)
    /// The value, if there is one, and the slot through which the state that was read had been applied.
    case value(StoredValue?, appliedThrough: Slot)
    /// It was not done, and will not be.
    case refused(Refusal)
    /// No answer came in time. A command may have been chosen or may yet be.
    case unknown
}

package enum Refusal: Sendable, Equatable {
    /// No majority, or no leader, could be reached in time; nothing was proposed.
    case unavailable
    /// Too many requests are under way on this node.
    case overloaded
    /// This node is stopping.
    case stopping
    /// The session has been forgotten by the state machine, so that the command could not be told from a repetition.
    case sessionExpired
    /// This node's state is not the others', as was found at a checkpoint of this slot.
    case diverged(Slot)
}

package enum Report: Sendable, Equatable {
    case leaderElected(NodeID, Ballot)
    case leaderLost
    case electionStarted(Ballot)
    case founded(UniqueID)
    case adopted(UniqueID, Incarnation)
    /// What was damaged at the start, and the node goes on without.
    case setAside(SetAside)
    /// In so many slots this node's disk has lost what it accepted: they are unknown in its promises until they are settled.
    case slotsUnknown(Int)
    /// All of them were accepted again, or are chosen.
    case slotsSettled
    /// The log holds again what it held before it was damaged.
    case mended(through: Slot)
    /// A part of the chosen log was found damaged while the node runs.
    case logDamaged(Damage)
    /// A peer's copy took the place of a damaged segment.
    case segmentMended(SegmentName, from: NodeID, kept: FilePath?)
    /// A peer's copy of a damaged segment is not what was here.
    case copyRefused(SegmentName, from: NodeID, reason: String)
    case snapshotTaken(WrittenSnapshot)
    case snapshotFailed(Slot, reason: String)
    /// The archive did not take what was to be dropped from the log, which therefore stays.
    case archiveRefused(String)
    /// A peer's segment is part of the log, and was never chosen value by value here.
    case segmentTakenIn(SegmentName, from: NodeID, through: Slot, kept: FilePath?)
    /// A peer's segment is not what the log goes on with.
    case segmentRefused(SegmentName, from: NodeID, reason: String)
    /// Nobody who was asked could give this file.
    case fetchGivenUp(ShippedFile)
    /// A peer's snapshot took the place of the log before it.
    case snapshotInstalled(SnapshotName, from: NodeID)
    /// A peer's snapshot can't be taken.
    case snapshotRefused(SnapshotName, from: NodeID, reason: String)
    /// The nodes have agreed on other bytes for this snapshot than this node's.
    case snapshotDiffers(SnapshotName, own: FileDigest, agreed: FileDigest)
    /// This node's state is not the others': it serves nobody until it is rebuilt.
    case diverged(DivergenceReport)
    /// From this slot on this life of the node has the vote.
    case readmitted(NodeID, Incarnation, Slot)
    /// This node votes no more until it is readmitted.
    case voteSuspended(SuspensionReason)
    /// This node votes again.
    case voteReturned(Incarnation)
    case caughtUp(Slot)
    case fellBehind(chosenThrough: Slot, appliedThrough: Slot)
    case waitingForMembers([NodeID])
    case foreignPeer(NodeID, reason: String)
}

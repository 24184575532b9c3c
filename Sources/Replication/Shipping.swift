// Files of the chosen log, piece by piece, for a peer that must have one byte for byte: a segment that it lacks, or in the
// place of a damaged one, or a snapshot where the log that it lacks is gone. The receiver believes nothing of a file before
// it has verified it.

package import Paxos
package import PaxosLog

package enum Shipping: Equatable, Sendable {
    case question(PieceQuestion)
    case piece(FilePiece)
    /// The slots that the receiver asked for are in no log of the sender's any more, but in this snapshot.
    case compacted(SnapshotName)
    /// As `Message.catchUp`; but the values may come as a file.
    case wanted(Message.CatchUp)
    /// Most of what the receiver wanted first is this segment of the sender's log.
    case ended(EndedSegment)
}

package struct PieceQuestion: Equatable, Sendable {
    package var file: ShippedFile
    package var offset: UInt64
    /// The most bytes wanted.
    package var length: Int

    package init(file: ShippedFile, offset: UInt64, length: Int) {
        self.file = file
        self.offset = offset
        self.length = length
    }
}

package struct FilePiece: Equatable, Sendable {
    package var file: ShippedFile
    package var offset: UInt64
    /// How long the sender's file is by now; zero when it has none.
    package var fileSize: UInt64
    /// The highest ballot that the sender has promised: none that chose what the file holds is higher.
    package var promised: Ballot
    package var bytes: [UInt8]

    package init(file: ShippedFile, offset: UInt64, fileSize: UInt64, promised: Ballot = .none, bytes: [UInt8]) {
        self.file = file
        self.offset = offset
        self.fileSize = fileSize
        self.promised = promised
        self.bytes = bytes
    }
}

/// What a node's log holds for a peer that is behind.
package enum LogPassage: Equatable, Sendable {
    /// Blocks that follow one another, the first holding the slot asked for; none when the log does not hold it.
    case blocks([RawBlock])
    case segment(EndedSegment)
}

extension ChosenLogReader {
    /// - Parameters:
    ///   - bytes: how long the blocks are together at most, but for the last of them.
    ///   - offersSegment: whether the whole segment is as good, if it is ended and at least half of it is wanted.
    /// - Throws: as `blocks(from:bytes:)`.
    package func passage(
        from slot: Slot, bytes: Int, offersSegment: Bool
    ) throws(StorageError) -> LogPassage {
        if offersSegment, let segment = try endedSegment(holding: slot),
            2 * (segment.lastSlot - slot + 1) > segment.lastSlot - segment.name.firstSlot
        {
            return .segment(segment)
        }
        return .blocks(try blocks(from: slot, bytes: bytes))
    }
}

extension PieceQuestion {
    /// What the node with this log and these snapshots sends back.
    package func answer(from log: ChosenLogReader, _ snapshots: SnapshotFolder) throws(StorageError) -> FilePiece {
        let found =
            switch file {
            case .segment(let name): try log.piece(of: name, at: offset, length: length)
            case .snapshot(let name): try snapshots.piece(of: name, at: offset, length: length)
            }
        return FilePiece(file: file, offset: offset, fileSize: found?.fileSize ?? 0, bytes: found?.bytes ?? [])
    }
}

// Segments of the chosen log as files, piece by piece, for a peer that must have one byte for byte: one whose own copy is
// damaged. The receiver believes nothing of it before its chain digest has proven it.

package import PaxosLog

package enum Shipping: Equatable, Sendable {
    case question(PieceQuestion)
    case piece(SegmentPiece)
}

package struct PieceQuestion: Equatable, Sendable {
    package var segment: SegmentName
    package var offset: UInt64
    /// The most bytes wanted.
    package var length: Int

    package init(segment: SegmentName, offset: UInt64, length: Int) {
        self.segment = segment
        self.offset = offset
        self.length = length
    }

    /// What the node whose log this is sends back.
    package func answer(from reader: ChosenLogReader) throws(StorageError) -> SegmentPiece {
        let found = try reader.piece(of: segment, at: offset, length: length)
        return SegmentPiece(
            segment: segment, offset: offset, fileSize: found?.fileSize ?? 0, bytes: found?.bytes ?? [])
    }
}

package struct SegmentPiece: Equatable, Sendable {
    package var segment: SegmentName
    package var offset: UInt64
    /// How long the sender's file is by now; zero when it has none.
    package var fileSize: UInt64
    package var bytes: [UInt8]

    package init(segment: SegmentName, offset: UInt64, fileSize: UInt64, bytes: [UInt8]) {
        self.segment = segment
        self.offset = offset
        self.fileSize = fileSize
        self.bytes = bytes
    }
}

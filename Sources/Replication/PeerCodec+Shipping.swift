// Questions for pieces of segments, and the pieces, within a message.

import NIOCore
import Paxos
import PaxosLog

extension ByteBuffer {
    mutating func write(_ question: PieceQuestion) {
        write(question.segment.firstSlot)
        write(question.offset)
        write(UInt32(question.length))
    }

    mutating func write(_ piece: SegmentPiece) {
        write(piece.segment.firstSlot)
        write(piece.offset)
        write(piece.fileSize)
        writeCounted(piece.bytes)
    }

    mutating func readPieceQuestion() throws(PeerCodecError) -> PieceQuestion {
        PieceQuestion(
            segment: SegmentName(firstSlot: try readPositiveSlot()), offset: try readOffset(),
            length: Int(try read(UInt32.self)))
    }

    mutating func readSegmentPiece() throws(PeerCodecError) -> SegmentPiece {
        let segment = SegmentName(firstSlot: try readPositiveSlot())
        let piece = SegmentPiece(
            segment: segment, offset: try readOffset(), fileSize: try readOffset(), bytes: try readCounted())
        guard piece.bytes.isEmpty || piece.offset + UInt64(piece.bytes.count) <= piece.fileSize else {
            throw .malformed("a piece lies beyond the end of its file")
        }
        return piece
    }

    /// No file is so long that a sum of two offsets would not fit.
    private mutating func readOffset() throws(PeerCodecError) -> UInt64 {
        let offset = try read(UInt64.self)
        guard offset < 1 << 62 else { throw .malformed("offset \(offset)") }
        return offset
    }
}

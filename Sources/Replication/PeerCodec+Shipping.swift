// Questions for pieces of files, and the pieces, within a message.

import NIOCore
import Paxos
import PaxosLog

/// Which kind of file a message names; never zero.
private enum FileKind: UInt32 {
    case segment = 1
    case snapshot = 2
}

extension ByteBuffer {
    mutating func write(_ question: PieceQuestion) {
        write(question.file)
        write(question.offset)
        write(UInt32(question.length))
    }

    mutating func write(_ piece: FilePiece) {
        write(piece.file)
        write(piece.offset)
        write(piece.fileSize)
        write(piece.promised)
        writeCounted(piece.bytes)
    }

    private mutating func write(_ file: ShippedFile) {
        switch file {
        case .segment(let name):
            write(FileKind.segment.rawValue)
            write(name.firstSlot)
        case .snapshot(let name):
            write(FileKind.snapshot.rawValue)
            write(name.slot)
        }
    }

    mutating func readPieceQuestion() throws(PeerCodecError) -> PieceQuestion {
        PieceQuestion(file: try readFile(), offset: try readOffset(), length: Int(try read(UInt32.self)))
    }

    mutating func readFilePiece() throws(PeerCodecError) -> FilePiece {
        let piece = FilePiece(
            file: try readFile(), offset: try readOffset(), fileSize: try readOffset(), promised: try readBallot(),
            bytes: try readCounted())
        guard piece.bytes.isEmpty || piece.offset + UInt64(piece.bytes.count) <= piece.fileSize else {
            throw .malformed("a piece lies beyond the end of its file")
        }
        return piece
    }

    mutating func readEndedSegment() throws(PeerCodecError) -> EndedSegment {
        let segment = EndedSegment(
            name: SegmentName(firstSlot: try readPositiveSlot()), lastSlot: try readPositiveSlot(),
            fileSize: try readOffset())
        guard segment.name.firstSlot <= segment.lastSlot, segment.fileSize > 0 else {
            throw .malformed("a segment that ends before it begins")
        }
        return segment
    }

    private mutating func readFile() throws(PeerCodecError) -> ShippedFile {
        let kind = try read(UInt32.self)
        let slot = try readPositiveSlot()
        switch FileKind(rawValue: kind) {
        case .segment: return .segment(SegmentName(firstSlot: slot))
        case .snapshot: return .snapshot(SnapshotName(slot: slot))
        case nil: throw .malformed("a file of kind \(kind)")
        }
    }

    /// No file is so long that a sum of two offsets would not fit.
    private mutating func readOffset() throws(PeerCodecError) -> UInt64 {
        let offset = try read(UInt64.self)
        guard offset < 1 << 62 else { throw .malformed("offset \(offset)") }
        return offset
    }
}

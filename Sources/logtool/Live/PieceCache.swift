// The pieces of files that were fetched last, and how long the next one is to be: short for one that is looked up, longer
// and longer for one that is read on. It holds so many bytes and no more.

struct PieceCache {
    struct Piece {
        var file: String
        var start: UInt64
        var bytes: [UInt8]

        var end: UInt64 { start + UInt64(bytes.count) }
    }

    static let shortest = 4 << 10
    static let longest = 1 << 20
    private static let mostBytes = 32 << 20
    private static let mostPieces = 512
    /// What lies so little behind the last piece is read on, and not looked up.
    private static let reach: UInt64 = 256 << 10

    /// The newest last.
    private var pieces: [Piece] = []
    private var bytes = 0
    private var last: (file: String, start: UInt64, end: UInt64)?

    /// What is held of a file from `offset` on, in one piece.
    func bytes(of file: String, at offset: UInt64) -> ArraySlice<UInt8> {
        guard let piece = pieces.last(where: { $0.file == file && $0.start <= offset && offset < $0.end }) else {
            return []
        }
        return piece.bytes[Int(offset - piece.start)...]
    }

    /// How many bytes to fetch of a file from `offset` on, of which `wanted` are needed.
    func fetchLength(of file: String, at offset: UInt64, wanted: Int) -> Int {
        let least = min(max(wanted, PieceCache.shortest), PieceCache.longest)
        guard let last, last.file == file, offset >= last.start, offset <= last.end + PieceCache.reach else {
            return least
        }
        return max(least, min(4 * Int(last.end - last.start), PieceCache.longest))
    }

    mutating func insert(_ piece: Piece) {
        last = (piece.file, piece.start, piece.end)
        pieces.append(piece)
        bytes += piece.bytes.count
        while bytes > PieceCache.mostBytes || pieces.count > PieceCache.mostPieces {
            bytes -= pieces.removeFirst().bytes.count
        }
    }
}

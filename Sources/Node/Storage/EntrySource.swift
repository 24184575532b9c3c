// The chosen entries of this node, encoded as the log has them: from memory where they are there, else from the log on
// disk, on the reading thread.

import NIOCore
import Paxos
import PaxosLog
import Replication

struct EntrySource: Sendable {
    /// About how many bytes of entries are read at once.
    static let pieceBytes = 256 << 10

    let reading: LogReading
    /// Chosen entries that are held in memory; nil when the log on disk holds the first of them.
    let memory: @Sendable (_ from: Slot, _ through: Slot, _ bytes: Int) async -> Run?

    /// Gives bodies of encoded entries to `body`, on the reading thread. What lies before `first` in them, or behind
    /// `last`, was not asked for.
    /// - Throws: `EntryStreamError.missing` when neither holds `first`.
    func read<Value: Sendable>(
        from first: Slot, through last: Slot, _ body: @escaping @Sendable ([[UInt8]]) throws -> Value
    ) async throws -> Value {
        let held = await memory(first, last, EntrySource.pieceBytes)
        return try await reading.perform { reader in
            let bodies =
                try held.map { [$0.body] } ?? reader.blocks(from: first, bytes: EntrySource.pieceBytes).map(\.bytes)
            guard !bodies.isEmpty else { throw EntryStreamError.missing(first) }
            return try body(bodies)
        }
    }

    /// The entries of `slots`, one behind the other: `limit` of them at the most, until they are `bytes` long.
    func encoded(_ slots: ClosedRange<Slot>, limit: Int, bytes most: Int) async throws -> [UInt8] {
        var (encoded, next, left) = ([UInt8](), slots.lowerBound, limit)
        while next <= slots.upperBound, left > 0, encoded.count < most {
            let (first, room, most) = (next, left, most - encoded.count)
            let (piece, following) = try await read(from: first, through: slots.upperBound) { bodies in
                var (piece, next) = ([UInt8](), first)
                try EntrySource.visit(bodies, in: first...slots.upperBound) { entry, body, place in
                    guard piece.count < most, entry.slot - first < room else { return false }
                    piece += body[place]
                    next = entry.slot.next
                    return true
                }
                return (piece, next)
            }
            encoded += piece
            left -= following - next
            next = following
        }
        return encoded
    }

    /// The entries of `slots`, which begin in the first of these bodies, in order, until `visit` wants no more.
    static func visit(
        _ bodies: [[UInt8]], in slots: ClosedRange<Slot>,
        _ visit: (EntryView, _ body: [UInt8], _ place: Range<Int>) throws -> Bool
    ) throws {
        var next = slots.lowerBound
        for body in bodies {
            var offset = 0
            while offset < body.count, next <= slots.upperBound {
                let entry = try EntryView(in: body.span.bytes, at: offset)
                let place = offset..<entry.end
                offset = entry.end
                guard entry.slot >= next else { continue }
                guard entry.slot == next else { throw EntryStreamError.missing(next) }
                guard try visit(entry, body, place) else { return }
                next = next.next
            }
        }
    }
}

enum EntryStreamError: Error, CustomStringConvertible {
    case missing(Slot)

    var description: String {
        switch self {
        case .missing(let slot): "slot \(slot) is neither in memory nor in the log"
        }
    }
}

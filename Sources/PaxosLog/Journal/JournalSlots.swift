// Which run holds the value of which slot, while a journal is replayed. Runs are not cut before the end.

import Paxos

struct JournalSlots {
    struct Piece {
        var run: Run
        var slots: ClosedRange<Slot>

        var cut: Run {
            guard let part = run.part(in: slots, sealedBy: Run.xxh3) else {
                preconditionFailure("a piece is a part of its run")
            }
            return part
        }
    }

    /// By slot; they do not overlap.
    private(set) var pieces: [Piece] = []

    /// Puts a piece in the place of what its slots held.
    mutating func replace(with piece: Piece) {
        insert(piece, replacing: true)
    }

    /// Puts a piece where no slot is held yet.
    mutating func fill(with piece: Piece) {
        insert(piece, replacing: false)
    }

    /// Takes out the pieces, and parts of pieces, up to and with `slot`.
    mutating func removeThrough(_ slot: Slot) -> [Piece] {
        let end = pieces.firstIndex { $0.slots.upperBound > slot } ?? pieces.count
        var removed = Array(pieces[..<end])
        pieces.removeSubrange(..<end)
        if let first = pieces.first, first.slots.lowerBound <= slot {
            removed.append(Piece(run: first.run, slots: first.slots.lowerBound...slot))
            pieces[0].slots = slot.next...first.slots.upperBound
        }
        return removed
    }

    private mutating func insert(_ new: Piece, replacing: Bool) {
        guard let last = pieces.last, last.slots.upperBound >= new.slots.lowerBound else {
            pieces.append(new)
            return
        }
        let start = pieces.firstIndex { $0.slots.upperBound >= new.slots.lowerBound } ?? pieces.count
        let end = pieces[start...].firstIndex { $0.slots.lowerBound > new.slots.upperBound } ?? pieces.count
        let winners = replacing ? [new] : Array(pieces[start..<end])
        let losers = replacing ? Array(pieces[start..<end]) : [new]
        let merged = winners + losers.flatMap { JournalSlots.parts(of: $0, outside: winners) }
        pieces.replaceSubrange(start..<end, with: merged.sorted { $0.slots.lowerBound < $1.slots.lowerBound })
    }

    /// The parts of a piece that `others`, by slot, leave free.
    private static func parts(of piece: Piece, outside others: [Piece]) -> [Piece] {
        var parts: [Piece] = []
        var next = piece.slots.lowerBound
        for other in others where other.slots.overlaps(piece.slots) {
            if next < other.slots.lowerBound {
                parts.append(Piece(run: piece.run, slots: next...other.slots.lowerBound.previous))
            }
            next = max(next, other.slots.upperBound.next)
        }
        if next <= piece.slots.upperBound { parts.append(Piece(run: piece.run, slots: next...piece.slots.upperBound)) }
        return parts
    }
}

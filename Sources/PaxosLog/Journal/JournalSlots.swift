// Which run holds the value of which slot, while a journal is replayed. Runs are not cut before the end.

import Paxos

struct JournalSlots {
    struct Piece {
        let ballot: Ballot
        var slots: ClosedRange<Slot>
        /// Nil where damage has taken the values.
        private let run: Run?

        init(_ run: Run) {
            ballot = run.ballot
            slots = run.slots
            self.run = run
        }

        init(_ unknown: UnknownRun) {
            ballot = unknown.ballot
            slots = unknown.slots
            run = nil
        }

        var isLost: Bool { run == nil }

        func part(_ slots: ClosedRange<Slot>) -> Piece {
            var part = self
            part.slots = slots
            return part
        }

        /// The values; nil when they are lost.
        var cut: Run? { run?.part(in: slots, sealedBy: Run.xxh3) }
    }

    /// By slot; they do not overlap.
    private(set) var pieces: [Piece] = []

    /// Puts a piece in the place of what its slots held.
    mutating func replace(with piece: Piece) {
        insert(piece) { _ in false }
    }

    /// Puts a piece where no slot is held yet, or what was held is lost.
    mutating func fill(with piece: Piece) {
        insert(piece) { !$0.isLost || piece.isLost }
    }

    /// Takes out the pieces, and parts of pieces, up to and with `slot`.
    mutating func removeThrough(_ slot: Slot) -> [Piece] {
        let end = pieces.firstIndex { $0.slots.upperBound > slot } ?? pieces.count
        var removed = Array(pieces[..<end])
        pieces.removeSubrange(..<end)
        if let first = pieces.first, first.slots.lowerBound <= slot {
            removed.append(first.part(first.slots.lowerBound...slot))
            pieces[0].slots = slot.next...first.slots.upperBound
        }
        return removed
    }

    private mutating func insert(_ new: Piece, where stays: (Piece) -> Bool) {
        guard let last = pieces.last, last.slots.upperBound >= new.slots.lowerBound else {
            pieces.append(new)
            return
        }
        let start = pieces.firstIndex { $0.slots.upperBound >= new.slots.lowerBound } ?? pieces.count
        let end = pieces[start...].firstIndex { $0.slots.lowerBound > new.slots.upperBound } ?? pieces.count
        let old = pieces[start..<end]
        let staying = old.filter(stays)
        let merged =
            staying + JournalSlots.parts(of: new, outside: staying)
            + old.filter { !stays($0) }.flatMap { JournalSlots.parts(of: $0, outside: [new]) }
        pieces.replaceSubrange(start..<end, with: merged.sorted { $0.slots.lowerBound < $1.slots.lowerBound })
    }

    /// The parts of a piece that `others`, by slot, leave free.
    private static func parts(of piece: Piece, outside others: [Piece]) -> [Piece] {
        var parts: [Piece] = []
        var next = piece.slots.lowerBound
        for other in others where other.slots.overlaps(piece.slots) {
            if next < other.slots.lowerBound {
                parts.append(piece.part(next...other.slots.lowerBound.previous))
            }
            next = max(next, other.slots.upperBound.next)
        }
        if next <= piece.slots.upperBound { parts.append(piece.part(next...piece.slots.upperBound)) }
        return parts
    }
}

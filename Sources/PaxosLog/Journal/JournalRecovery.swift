// What an acceptor knows again after a start: the journal's records put together. It never writes, and never guesses:
// what cannot be put together without loss is an error.

package import Paxos
import SystemPackage

package struct JournalRecovery: Equatable, Sendable {
    /// The highest ballot that this acceptor has promised.
    package var promised: Ballot
    /// The chosen values behind the chosen log, from its first missing slot on, without a gap.
    package var chosen: [Run]
    /// Every slot through this one is known to be chosen, though the values of some may be held no more.
    package var vouchedThrough: Slot
    /// What this acceptor accepted in the slots behind those, by slot, at the ballots it accepted it at.
    package var accepted: [Run]
    /// Values that were learned as chosen behind a gap, by slot. Where one stands at a slot of `accepted` too, both are
    /// true: the vote was cast, and the value is chosen.
    package var chosenBehindGap: [Run]
    /// What it accepted above `vouchedThrough` too, and damage has taken the values of.
    package var unknown: [UnknownRun]
    /// Damage that took nothing but values, or nothing at all. It stays where it is, until its file's slots are in the
    /// chosen log.
    package var damage: [Damage]
    /// The end of a write that was cut off; it was never acknowledged.
    package var tornTail: Damage?

    /// Whether the acceptor has neither promised nor accepted anything.
    package var isEmpty: Bool {
        promised == .none && chosen.isEmpty && accepted.isEmpty && chosenBehindGap.isEmpty && vouchedThrough == .zero
    }
}

/// Puts the records of a journal together, in their order.
struct JournalReplay {
    private(set) var promised = Ballot.none
    /// The last mark, and the highest slot of any.
    private(set) var chosenThrough = Slot.zero
    private(set) var chosenThroughBallot = Ballot.none
    /// How far the chosen log was known to be durable.
    private(set) var logThrough = Slot.zero
    private(set) var highestSlot = Slot.zero
    /// The highest slot of the files that were released: the chosen log held them all.
    private(set) var releasedThrough = Slot.zero
    private var hasInheritance = false
    private(set) var files: [JournalLiveFile] = []
    private(set) var endsWithMark = false
    private(set) var tornTail: Damage?
    private var damage: [Damage] = []

    private let floor: Slot
    private var accepted = JournalSlots()
    private var chosen = JournalSlots()

    /// - Parameters:
    ///   - files: the files, by sequence, whose highest slots are to be found.
    ///   - logThrough: how far the chosen log goes; slots up to there are not looked at.
    init(files: [JournalLiveFile], logThrough: Slot) {
        self.files = files
        floor = logThrough
    }

    /// Reads a journal to its end.
    /// - Parameter mends: whether it goes on without values that are lost. Damage in files whose slots are all in the
    ///   chosen log, as a later one says, is then no loss either.
    /// - Throws: `.corrupt` for everything else but a torn tail.
    mutating func read(_ reader: JournalReader, mends: Bool) throws(StorageError) {
        var unexplained: [Damage] = []
        while true {
            switch try reader.next() {
            case .end:
                if let first = unexplained.first { throw .corrupt(first) }
                return
            case .corrupt(let found):
                guard mends, found.kind == .corrupt else { throw .corrupt(found) }
                unexplained.append(found)
            case .tornTail(let damage): tornTail = damage
            case .inheritance(let inheritance, let place):
                take(inheritance, place)
                guard inheritance.highestSlot <= floor else { continue }
                damage += unexplained.filter { $0.file != place.file }
                unexplained.removeAll { $0.file != place.file }
            case .record(let record, let place): take(record, place)
            case .lostValues(let unknown, let place, let found):
                guard mends else { throw .corrupt(found) }
                damage.append(found)
                take(unknown, place)
            case .damagedPadding(let found):
                guard mends else { throw .corrupt(found) }
                damage.append(found)
            case .mark(let place), .continued(let place):
                promised = max(promised, place.promised)
                endsWithMark = true
            }
        }
    }

    /// Reads a journal to its end, damage and all.
    consuming func view(of reader: JournalReader, files count: Int) throws(StorageError) -> JournalView {
        loop: while true {
            switch try reader.next() {
            case .end: break loop
            case .corrupt(let found), .tornTail(let found), .damagedPadding(let found): damage.append(found)
            case .lostValues(let unknown, let place, let found):
                damage.append(found)
                take(unknown, place)
            case .inheritance(let inheritance, let place): take(inheritance, place)
            case .record(let record, let place): take(record, place)
            case .mark(let place), .continued(let place): promised = max(promised, place.promised)
            }
        }
        _ = chosen.removeThrough(floor)
        _ = accepted.removeThrough(max(floor, chosen.pieces.last?.slots.upperBound ?? floor))
        return JournalView(
            promised: promised, logThrough: logThrough, chosen: chosen.pieces.compactMap(\.cut),
            accepted: accepted.pieces.compactMap(\.cut), files: count, damage: damage)
    }

    private mutating func take(_ inheritance: JournalInheritance, _ place: JournalPlace) {
        promised = max(promised, place.promised)
        logThrough = max(logThrough, inheritance.logThrough)
        if !hasInheritance, place.sequence > 1 { releasedThrough = inheritance.highestSlot }
        hasInheritance = true
        highestSlot = max(highestSlot, inheritance.highestSlot)
        endsWithMark = false
        markChosen(through: inheritance.chosenThrough, at: inheritance.chosenThroughBallot)
    }

    private mutating func take(_ record: JournalRecord, _ place: JournalPlace) {
        promised = max(promised, place.promised)
        endsWithMark = false
        switch record {
        case .promise:
            break
        case .accepted(let run): accept(JournalSlots.Piece(run), place)
        case .chosen(let run): choose(JournalSlots.Piece(run), place)
        case .chosenThrough(let slot, let ballot):
            markChosen(through: slot, at: ballot)
        }
    }

    private mutating func take(_ unknown: UnknownRun, _ place: JournalPlace) {
        promised = max(promised, place.promised)
        endsWithMark = false
        let piece = JournalSlots.Piece(unknown)
        if unknown.ballot == .none { choose(piece, place) } else { accept(piece, place) }
    }

    private mutating func accept(_ piece: JournalSlots.Piece, _ place: JournalPlace) {
        note(piece.slots, place)
        let start = max(piece.slots.lowerBound, floor.next, chosenThrough.next)
        if start <= piece.slots.upperBound { accepted.replace(with: piece.part(start...piece.slots.upperBound)) }
    }

    private mutating func choose(_ piece: JournalSlots.Piece, _ place: JournalPlace) {
        note(piece.slots, place)
        if piece.slots.upperBound > floor { chosen.fill(with: piece) }
    }

    private mutating func note(_ slots: ClosedRange<Slot>, _ place: JournalPlace) {
        highestSlot = max(highestSlot, slots.upperBound)
        guard let index = files.firstIndex(where: { $0.sequence == place.sequence }) else { return }
        files[index].highestSlot = max(files[index].highestSlot, slots.upperBound)
    }

    private mutating func markChosen(through slot: Slot, at ballot: Ballot) {
        guard slot >= chosenThrough else { return }
        chosenThrough = slot
        chosenThroughBallot = ballot
        for piece in accepted.removeThrough(slot) where piece.ballot == ballot { chosen.fill(with: piece) }
    }

    /// - Parameter vouching: whether the chosen log was cut, so that slots which it held once may be missing.
    /// - Throws: `.corrupt` with the first slots that were known to be chosen, and whose values neither the chosen log
    ///   nor the journal holds, unless it vouches for them.
    consuming func recovery(_ directory: FilePath, vouching: Bool) throws(StorageError) -> JournalRecovery {
        _ = chosen.removeThrough(floor)
        var contiguous: [Run] = []
        var behindGap: [Run] = []
        var end = floor
        /// Through which slot nothing is missing but what is known to be lost.
        var explained = floor
        let mustReach = max(chosenThrough, logThrough, vouching ? releasedThrough : .zero)
        for piece in chosen.pieces {
            if piece.slots.lowerBound == explained.next {
                explained = piece.slots.upperBound
            } else if explained < mustReach, !vouching {
                throw lost(explained.next...min(piece.slots.lowerBound.previous, mustReach), directory)
            }
            guard let run = piece.cut else { continue }
            if run.firstSlot == end.next {
                contiguous.append(run)
                end = run.lastSlot
            } else {
                behindGap.append(run)
            }
        }
        if explained < mustReach, !vouching { throw lost(explained.next...mustReach, directory) }
        let vouchedThrough = max(explained, mustReach)
        _ = accepted.removeThrough(end)
        let unknown = accepted.pieces.filter(\.isLost).map { UnknownRun(ballot: $0.ballot, slots: $0.slots) }
        return JournalRecovery(
            promised: promised, chosen: contiguous, vouchedThrough: vouchedThrough,
            accepted: accepted.pieces.compactMap(\.cut), chosenBehindGap: behindGap,
            unknown: unknown.from(vouchedThrough.next), damage: damage, tornTail: tornTail)
    }

    private func lost(_ slots: ClosedRange<Slot>, _ directory: FilePath) -> StorageError {
        let reason = "slots that were known to be chosen are neither in the chosen log nor in the journal"
        return .corrupt(Damage(kind: .gap, file: directory, offset: 0, slots: slots, reason: reason))
    }
}

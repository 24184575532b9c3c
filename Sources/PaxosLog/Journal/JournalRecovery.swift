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
    /// - Throws: `.corrupt` for everything but a torn tail.
    mutating func read(_ reader: JournalReader) throws(StorageError) {
        while true {
            switch try reader.next() {
            case .end: return
            case .corrupt(let damage): throw .corrupt(damage)
            case .tornTail(let damage): tornTail = damage
            case .inheritance(let inheritance, let place): take(inheritance, place)
            case .record(let record, let place): take(record, place)
            case .mark(let place), .continued(let place):
                promised = max(promised, place.promised)
                endsWithMark = true
            }
        }
    }

    /// Reads a journal to its end, damage and all.
    consuming func view(of reader: JournalReader, files count: Int) throws(StorageError) -> JournalView {
        var damage: [Damage] = []
        loop: while true {
            switch try reader.next() {
            case .end: break loop
            case .corrupt(let found), .tornTail(let found): damage.append(found)
            case .inheritance(let inheritance, let place): take(inheritance, place)
            case .record(let record, let place): take(record, place)
            case .mark(let place), .continued(let place): promised = max(promised, place.promised)
            }
        }
        _ = chosen.removeThrough(floor)
        _ = accepted.removeThrough(max(floor, chosen.pieces.last?.slots.upperBound ?? floor))
        return JournalView(
            promised: promised, logThrough: logThrough, chosen: chosen.pieces.map(\.cut),
            accepted: accepted.pieces.map(\.cut), files: count, damage: damage)
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
        case .accepted(let run):
            note(run, place)
            let start = max(run.firstSlot, floor.next, chosenThrough.next)
            if start <= run.lastSlot {
                accepted.replace(with: JournalSlots.Piece(run: run, slots: start...run.lastSlot))
            }
        case .chosen(let run):
            note(run, place)
            if run.lastSlot > floor { chosen.fill(with: JournalSlots.Piece(run: run, slots: run.slots)) }
        case .chosenThrough(let slot, let ballot):
            markChosen(through: slot, at: ballot)
        }
    }

    private mutating func note(_ run: Run, _ place: JournalPlace) {
        highestSlot = max(highestSlot, run.lastSlot)
        guard let index = files.firstIndex(where: { $0.sequence == place.sequence }) else { return }
        files[index].highestSlot = max(files[index].highestSlot, run.lastSlot)
    }

    private mutating func markChosen(through slot: Slot, at ballot: Ballot) {
        guard slot >= chosenThrough else { return }
        chosenThrough = slot
        chosenThroughBallot = ballot
        for piece in accepted.removeThrough(slot) where piece.run.ballot == ballot { chosen.fill(with: piece) }
    }

    /// - Parameter vouching: whether the chosen log was cut, so that slots which it held once may be missing.
    /// - Throws: `.corrupt` with the first slots that were known to be chosen, and whose values neither the chosen log
    ///   nor the journal holds, unless it vouches for them.
    consuming func recovery(_ directory: FilePath, vouching: Bool) throws(StorageError) -> JournalRecovery {
        _ = chosen.removeThrough(floor)
        var contiguous: [Run] = []
        var behindGap: [Run] = []
        var end = floor
        let mustReach = max(chosenThrough, logThrough, vouching ? releasedThrough : .zero)
        for piece in chosen.pieces {
            if piece.slots.lowerBound == end.next {
                contiguous.append(piece.cut)
                end = piece.slots.upperBound
            } else if end < mustReach, !vouching {
                throw lost(end.next...min(piece.slots.lowerBound.previous, mustReach), directory)
            } else {
                behindGap.append(piece.cut)
            }
        }
        if end < mustReach, !vouching { throw lost(end.next...mustReach, directory) }
        _ = accepted.removeThrough(end)
        return JournalRecovery(
            promised: promised, chosen: contiguous, vouchedThrough: max(end, mustReach),
            accepted: accepted.pieces.map(\.cut), chosenBehindGap: behindGap, tornTail: tornTail)
    }

    private func lost(_ slots: ClosedRange<Slot>, _ directory: FilePath) -> StorageError {
        let reason = "slots that were known to be chosen are neither in the chosen log nor in the journal"
        return .corrupt(Damage(kind: .gap, file: directory, offset: 0, slots: slots, reason: reason))
    }
}

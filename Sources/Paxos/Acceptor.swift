// The acceptor of every slot at once ("Paxos Made Simple", 2.2 and 3). It says what must be journaled, and never answers
// by itself: its owner sends answers once the record is durable.

package struct Acceptor: Sendable {
    /// The highest ballot promised; nothing lower is answered.
    package private(set) var promised: Ballot
    /// Every slot through this one is known to be chosen. The ballot that chose it is no higher than `promised`.
    package private(set) var chosenThrough: Slot
    /// Every slot through this one is chosen, though not all of the values may be held here any more: what a promise says.
    private let vouchedThrough: Slot
    /// What was accepted above `chosenThrough`.
    package private(set) var accepted: AcceptedRuns
    /// What was accepted above `knownChosenThrough` and lost; no slot of it is in `accepted`. It counts as accepted where
    /// others ask, and as missing where runs are accepted.
    package private(set) var unknown: [UnknownRun]

    /// The leader whose runs are being accepted, its base, and how far they were accepted from there without a gap.
    private var followed: (ballot: Ballot, base: Slot, through: Slot) = (.none, .first, .zero)
    /// The highest slot that the followed leader has said to be chosen.
    private var marked = Slot.zero
    private let checksum: RunChecksum
    private let window: Window

    /// How much may be accepted that is not known to be chosen.
    package struct Window: Sendable {
        package var slots: Int
        package var bytes: Int
        package init(slots: Int, bytes: Int) {
            self.slots = slots
            self.bytes = bytes
        }
        package static let standard = Window(slots: 8192, bytes: 64 << 20)
    }

    /// - Parameters:
    ///   - vouchedThrough: how far slots are known to be chosen whose values may have to be learned again.
    ///   - accepted: what the journal holds above `chosenThrough`.
    ///   - unknown: what it held there too, and has lost.
    package init(
        promised: Ballot, chosenThrough: Slot, vouchedThrough: Slot = .zero, accepted: [Run],
        unknown: [UnknownRun] = [], window: Window, checksum: @escaping RunChecksum
    ) {
        self.promised = promised
        self.chosenThrough = chosenThrough
        self.vouchedThrough = vouchedThrough
        self.accepted = AcceptedRuns(checksum: checksum)
        self.unknown = unknown.from(max(chosenThrough, vouchedThrough).next)
        self.window = window
        self.checksum = checksum
        for run in accepted { self.accepted.insert(run) }
        _ = self.accepted.removeAll(through: chosenThrough)
    }

    /// Phase 1b: promises `ballot` only if it is higher than any promised.
    package mutating func promise(_ ballot: Ballot) -> Bool {
        guard ballot > promised else { return false }
        promised = ballot
        return true
    }

    package enum AcceptOutcome: Equatable {
        /// Accepted now; journal it. What is returned may be a part of what was offered.
        case accepted(Run)
        /// Nothing new in it.
        case known
        /// A run before it is missing.
        case gap(expected: Slot)
        /// No room until more is known to be chosen.
        case beyondWindow
        case refused
    }

    /// Phase 2b for the part of `run` that follows on what was accepted from this leader, as far as there is room.
    /// - Parameter isOwn: whether this node itself leads; it can't do without what the promises oblige it to propose.
    package mutating func accept(_ run: Run, base: Slot, isOwn: Bool = false) -> AcceptOutcome {
        guard run.ballot >= promised else { return .refused }
        follow(run.ballot, base: base)
        let expected = receivedThrough.next
        if run.lastSlot < expected { return .known }
        if run.firstSlot > expected { return .gap(expected: expected) }
        // A leader keeps to one window above what it knows to be chosen, and it may know of more than this acceptor does;
        // the next one inherits that and adds its own.
        let end = isOwn ? run.lastSlot : min(run.lastSlot, chosenThrough + 4 * window.slots)
        guard end >= expected, isOwn || hasRoom(from: expected) else { return .beyondWindow }
        guard let part = run.part(in: expected...end, sealedBy: checksum) else { return .known }
        promised = run.ballot
        accepted.insert(part)
        unknown.settle(part.slots)
        followed.through = part.lastSlot
        return .accepted(part)
    }

    /// Whether there are bytes left for what is accepted from `slot` on, where it takes the place of older values.
    private func hasRoom(from slot: Slot) -> Bool {
        accepted.byteCount <= 4 * window.bytes || accepted.byteCount(below: slot) <= 4 * window.bytes
    }

    /// How far this acceptor has come with the leader it follows: accepted from its base on, or known to be chosen.
    package var receivedThrough: Slot { max(followed.through, chosenThrough) }

    package var followedBallot: Ballot { followed.ballot }

    /// Takes up `ballot` as the leader to follow. What the journal holds of its runs counts.
    private mutating func follow(_ ballot: Ballot, base: Slot) {
        guard ballot != followed.ballot else { return }
        marked = .zero
        followed = (ballot, base, accepted.stretch(at: ballot, from: max(base, chosenThrough.next)))
    }

    /// Takes a leader's word for what is chosen.
    /// - Returns: the runs that are now known to be chosen, in order.
    package mutating func learn(_ mark: Message.Mark) -> [Run] {
        guard mark.ballot >= promised else { return [] }
        follow(mark.ballot, base: mark.base)
        marked = max(marked, mark.chosenThrough)
        return advance()
    }

    /// Counts as chosen what was accepted at the followed ballot and is marked. Slots below that leader's base were
    /// accepted at other ballots, if at all, so they must be learned first.
    package mutating func advance() -> [Run] {
        let end = min(marked, followed.through)
        guard end > chosenThrough, chosenThrough >= followed.base.previous else { return [] }
        let chosen = takeChosen(through: end)
        precondition(
            chosen.allSatisfy { $0.ballot == followed.ballot }, "only what this leader proposed is chosen on its word")
        return chosen
    }

    /// Takes values that are known to be chosen and follow on `chosenThrough`.
    package mutating func learn(chosen run: Run) {
        precondition(run.firstSlot == chosenThrough.next, "chosen values are learned in order")
        _ = takeChosen(through: run.lastSlot)
    }

    /// - Returns: what was accepted there.
    private mutating func takeChosen(through slot: Slot) -> [Run] {
        chosenThrough = slot
        unknown = unknown.from(slot.next)
        return accepted.removeAll(through: slot)
    }

    /// Everything through `slot`, above `chosenThrough`, is known to be chosen, and its values are not needed here.
    package mutating func learn(through slot: Slot) {
        precondition(slot > chosenThrough, "what is chosen stays so")
        _ = takeChosen(through: slot)
    }

    /// Phase 1b's content: how far every slot is chosen, and what was accepted behind that.
    package var knownChosenThrough: Slot { max(chosenThrough, vouchedThrough) }

    /// The latter, as far as a leader with this base must know of it.
    package func acceptedValues(from base: Slot) -> [Run] {
        accepted.from(max(base, knownChosenThrough.next))
    }

    /// What was accepted there too, and can't be named.
    package func unknownValues(from base: Slot) -> [UnknownRun] { unknown.from(base) }
}

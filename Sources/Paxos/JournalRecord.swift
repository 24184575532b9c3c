// What an acceptor must not forget, one fact at a time, in the order in which it came about.

package enum JournalRecord: Equatable, Sendable {
    /// No lower ballot is answered from here on. A node's own ballot is promised before its Prepare leaves.
    case promise(Ballot)
    /// The values of a run were accepted at its ballot, which is thereby promised.
    case accepted(Run)
    /// The values are chosen, and were learned otherwise than by accepting them: they outrank every ballot. The run's
    /// ballot is `Ballot.none`.
    case chosen(Run)
    /// Every slot up to and with this one is chosen: those not known to be chosen before hold what this journal accepted
    /// at `ballot`.
    case chosenThrough(Slot, ballot: Ballot)
}

extension JournalRecord {
    /// The bytes of the values that it holds.
    package var valueBytes: Int {
        switch self {
        case .accepted(let run), .chosen(let run): run.body.count
        case .promise, .chosenThrough: 0
        }
    }
}

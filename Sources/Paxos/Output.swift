// What a replica wants done. Outputs are carried out in order; an answer that says something durable waits for every
// record before it.

package enum Output: Equatable, Sendable {
    case record(JournalRecord)
    /// A record that may wait for the next batch: forgetting it costs only time.
    case lazyRecord(JournalRecord)
    case send(Message, to: NodeID, timing: Timing)
    /// These values are chosen; runs come in order and without gaps.
    case chosen(Run)
    /// A peer asks for chosen values that the log has.
    case serve(Message.CatchUp, to: NodeID)
    /// A read asked with this number may be answered once this slot is applied.
    case readIndex(question: UInt64, slot: Slot)
    case event(ReplicaEvent)

    package enum Timing: Sendable {
        case now
        /// After every record before it is durable.
        case afterRecords
    }
}

package enum ReplicaEvent: Equatable, Sendable {
    case electionStarted(Ballot)
    /// This node leads, and has begun to propose.
    case leading(Ballot)
    case following(NodeID, Ballot)
    /// Nobody is known to lead.
    case leaderless
    /// This node's disk has promised, durably, what it must, and votes from here on.
    case voteReturned(Incarnation)
}

// What replicas say to one another. docs/glossary.md tells for each who sends it, and what must be durable before.

package enum Message: Equatable, Sendable {
    case preVote(PreVote)
    case preVoteAnswer(PreVoteAnswer)
    case prepare(Prepare)
    case promise(Promise)
    case accept(Accept)
    case accepted(Accepted)
    case gap(Gap)
    case refused(Refused)
    case mark(Mark)
    case heartbeat(Heartbeat)
    case heartbeatAnswer(HeartbeatAnswer)
    case readIndex(ReadIndex)
    case readIndexAnswer(ReadIndexAnswer)
    case catchUp(CatchUp)
    case learned(Learned)
    case takeOver(TakeOver)
    case returnQuestion(ReturnQuestion)
    case returnAnswer(ReturnAnswer)
}

extension Message {
    /// Asks whether the receiver hears from a leader. It compares no logs and changes nothing.
    package struct PreVote: Equatable, Sendable {
        package var attempt: UInt64
        package init(attempt: UInt64) { self.attempt = attempt }
    }

    package struct PreVoteAnswer: Equatable, Sendable {
        package var attempt: UInt64
        /// Whether the receiver hears from no leader.
        package var granted: Bool
        /// What the answering acceptor has promised, so that the ballot to come is higher.
        package var promised: Ballot
        package init(attempt: UInt64, granted: Bool, promised: Ballot) {
            self.attempt = attempt
            self.granted = granted
            self.promised = promised
        }
    }

    /// Phase 1a for every slot from `base` on ("Paxos Made Simple", 2.2 and 3).
    package struct Prepare: Equatable, Sendable {
        package var ballot: Ballot
        package var base: Slot
        package init(ballot: Ballot, base: Slot) {
            self.ballot = ballot
            self.base = base
        }
    }

    /// Phase 1b, in `parts` messages; it counts only when all of them are there.
    package struct Promise: Equatable, Sendable {
        package var ballot: Ballot
        /// The acceptor knows every slot through this one to be chosen, and names no value for them.
        package var chosenThrough: Slot
        package var part: Int
        package var parts: Int
        /// What was accepted above `chosenThrough` and from the Prepare's base on; by slot.
        package var accepted: [Run]
        /// What was accepted there too, and whose values are lost. All of it stands in the first part.
        package var unknown: [UnknownRun]
        package init(
            ballot: Ballot, chosenThrough: Slot, part: Int, parts: Int, accepted: [Run], unknown: [UnknownRun] = []
        ) {
            self.ballot = ballot
            self.chosenThrough = chosenThrough
            self.part = part
            self.parts = parts
            self.accepted = accepted
            self.unknown = unknown
        }
    }

    /// Phase 2a. The ballot is the run's.
    package struct Accept: Equatable, Sendable {
        /// The first slot that this leader proposes in.
        package var base: Slot
        package var chosenThrough: Slot
        package var run: Run
        package init(base: Slot, chosenThrough: Slot, run: Run) {
            self.base = base
            self.chosenThrough = chosenThrough
            self.run = run
        }
    }

    /// Phase 2b: every slot from the leader's base through `through` is accepted at `ballot`, or known to be chosen.
    package struct Accepted: Equatable, Sendable {
        package var ballot: Ballot
        package var through: Slot
        package init(ballot: Ballot, through: Slot) {
            self.ballot = ballot
            self.through = through
        }
    }

    /// The acceptor missed runs: the leader is to go on from `expected`.
    package struct Gap: Equatable, Sendable {
        package var ballot: Ballot
        package var expected: Slot
        package init(ballot: Ballot, expected: Slot) {
            self.ballot = ballot
            self.expected = expected
        }
    }

    /// The ballot is lower than what was promised. It is never a promise nor a vote.
    package struct Refused: Equatable, Sendable {
        package var ballot: Ballot
        package var promised: Ballot
        package init(ballot: Ballot, promised: Ballot) {
            self.ballot = ballot
            self.promised = promised
        }
    }

    /// Chosen through this slot: below `base` by what the leader learned, above by the majority that it counted.
    package struct Mark: Equatable, Sendable {
        package var ballot: Ballot
        package var base: Slot
        package var chosenThrough: Slot
        package init(ballot: Ballot, base: Slot, chosenThrough: Slot) {
            self.ballot = ballot
            self.base = base
            self.chosenThrough = chosenThrough
        }
    }

    package struct Heartbeat: Equatable, Sendable {
        package var mark: Mark
        /// Counts this leader's rounds; a majority of answers to one proves that it led when the round began.
        package var round: UInt64
        package init(mark: Mark, round: UInt64) {
            self.mark = mark
            self.round = round
        }
    }

    /// The acceptor has promised nothing higher than `ballot`.
    package struct HeartbeatAnswer: Equatable, Sendable {
        package var ballot: Ballot
        package var round: UInt64
        /// What has arrived, not what is durable: a hint for what to send again, never a vote.
        package var receivedThrough: Slot
        package init(ballot: Ballot, round: UInt64, receivedThrough: Slot) {
            self.ballot = ballot
            self.round = round
            self.receivedThrough = receivedThrough
        }
    }

    package struct ReadIndex: Equatable, Sendable {
        package var question: UInt64
        package init(question: UInt64) { self.question = question }
    }

    package struct ReadIndexAnswer: Equatable, Sendable {
        package var question: UInt64
        package var slot: Slot
        package init(question: UInt64, slot: Slot) {
            self.question = question
            self.slot = slot
        }
    }

    /// Asks for the chosen values of these slots.
    package struct CatchUp: Equatable, Sendable {
        package var from: Slot
        package var through: Slot
        package init(from: Slot, through: Slot) {
            self.from = from
            self.through = through
        }
    }

    /// Chosen values. Whoever learns them promises what the sender has promised, which is no lower than any ballot that
    /// they were chosen at.
    package struct Learned: Equatable, Sendable {
        /// Its ballot is `Ballot.none`.
        package var run: Run
        package var promised: Ballot
        package init(run: Run, promised: Ballot) {
            self.run = run
            self.promised = promised
        }
    }

    /// The leader of `ballot` is stopping, and the receiver is to prepare at once.
    package struct TakeOver: Equatable, Sendable {
        package var ballot: Ballot
        package init(ballot: Ballot) { self.ballot = ballot }
    }

    /// Asks how high a ballot the receiver has promised: the sender was given its vote back, and knows of no promise that
    /// its disk made in an earlier life.
    package struct ReturnQuestion: Equatable, Sendable {
        package var attempt: UInt64
        package init(attempt: UInt64) { self.attempt = attempt }
    }

    package struct ReturnAnswer: Equatable, Sendable {
        package var attempt: UInt64
        package var promised: Ballot
        /// The slot of the configuration that the answering acceptor votes under.
        package var configuration: Slot
        package init(attempt: UInt64, promised: Ballot, configuration: Slot) {
            self.attempt = attempt
            self.promised = promised
            self.configuration = configuration
        }
    }
}

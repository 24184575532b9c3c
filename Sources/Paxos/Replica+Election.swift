// When to become leader, and how: a pre-vote, then phase 1. Timers only decide when; safety never hangs on them.

extension Replica {
    mutating func drawElectionDeadline() {
        electionDeadline = settings.electionTicks + Int.random(in: 0..<settings.electionTicks, using: &random)
    }

    mutating func tickElection() {
        ticksSinceLeader += 1
        guard mayVote, hasRoom, mayLead else {
            if ticksSinceLeader > 2 * settings.electionTicks { follow(nil) }
            return
        }
        if configuration.members.count == 1 {
            if case .candidate = role { return }  // waits for nothing but its own disk
            return prepare()
        }
        guard ticksSinceLeader >= electionDeadline else { return }
        follow(nil)
        ticksSinceLeader = settings.electionTicks
        electionDeadline =
            settings.electionTicks * 3 / 2 + Int.random(in: 0..<settings.electionTicks, using: &random)
        attempts += 1
        role = .asking(attempt: attempts, granted: [settings.node])
        broadcast(.preVote(Message.PreVote(attempt: attempts)))
    }

    /// Whether this node has reason to believe that somebody leads.
    private var hearsLeader: Bool {
        if case .leader = role { return true }
        return leader != nil && ticksSinceLeader < settings.electionTicks
    }

    mutating func answer(_ question: Message.PreVote, from node: NodeID) {
        send(
            .preVoteAnswer(
                Message.PreVoteAnswer(
                    attempt: question.attempt, granted: mayVote && !hearsLeader, promised: acceptor.promised)),
            to: node)
    }

    mutating func receive(_ answer: Message.PreVoteAnswer, from node: NodeID) {
        highestRound = max(highestRound, answer.promised.round)
        guard case .asking(let attempt, var granted) = role, answer.attempt == attempt, answer.granted else { return }
        granted.insert(node)
        if granted.count >= configuration.majority {
            prepare()
        } else {
            role = .asking(attempt: attempt, granted: granted)
        }
    }

    /// Phase 1a. The ballot is new: its round is above every round promised or heard of, and it is promised here, durably,
    /// before anybody else hears of it; so it can't come again after a restart.
    mutating func prepare() {
        precondition(mayVote, "only a voter prepares")
        let ballot = Ballot(
            round: max(highestRound, acceptor.promised.round) + 1, node: settings.node, incarnation: incarnation)
        highestRound = ballot.round
        follow(nil)
        let isPromised = acceptor.promise(ballot)
        precondition(isPromised, "a new ballot is above every promise")
        let candidacy = Candidacy(ballot: ballot, base: acceptor.chosenThrough.next)
        role = .candidate(candidacy)
        ticksInRole = 0
        outputs.append(.event(.electionStarted(ballot)))
        record(.promise(ballot))
        pending.append(PendingVote(record: recordsMade, vote: .promised(ballot)))
        broadcast(.prepare(Message.Prepare(ballot: ballot, base: candidacy.base)), .afterRecords)
    }

    /// The promise that this node gave itself is durable.
    mutating func countOwnPromise(_ ballot: Ballot) {
        guard case .candidate(let candidacy) = role, candidacy.ballot == ballot else { return }
        receive(
            Message.Promise(
                ballot: ballot, chosenThrough: acceptor.knownChosenThrough, part: 0, parts: 1,
                accepted: acceptor.acceptedValues(from: candidacy.base),
                unknown: acceptor.unknownValues(from: candidacy.base)),
            from: settings.node)
    }

    mutating func receive(_ promise: Message.Promise, from node: NodeID) {
        guard case .candidate(var candidacy) = role, promise.ballot == candidacy.ballot else { return ignore() }
        candidacy.receive(promise, from: node)
        role = .candidate(candidacy)
        guard candidacy.wholePromises >= configuration.majority else { return }
        let base = max(candidacy.chosenThrough?.slot ?? .zero, acceptor.chosenThrough).next
        // As long as the values of a slot are lost that may be chosen, another promise must name them.
        if candidacy.isSettled(above: base.previous, in: configuration) { lead(candidacy, from: base) }
    }

    /// A majority has promised. Everything that a promiser knows to be chosen is learned before anything is proposed.
    private mutating func lead(_ candidacy: Candidacy, from base: Slot) {
        var leadership = Leadership(ballot: candidacy.ballot, base: base, inherited: candidacy)
        for node in others { leadership.peers[node] = Leadership.Progress(base: base) }
        role = .leader(leadership)
        ticksInRole = 0
        leader = (settings.node, candidacy.ballot)
        // This leader is the one that its acceptor follows now: what an earlier one marked must not carry it past its base
        // while it learns what lies below.
        let mark = Message.Mark(ballot: candidacy.ballot, base: base, chosenThrough: base.previous)
        let chosen = acceptor.learn(mark)
        precondition(chosen.isEmpty, "what lies below a leader's base was not accepted from it")
        beginRound()
        catchUp = CatchUpProgress()
        if let promiser = candidacy.chosenThrough {
            // What this node itself vouches for, and holds no more, one of the others has.
            let holders = promiser.node == settings.node ? others : [promiser.node]
            for node in holders { wantChosen(through: promiser.slot, knownBy: node) }
        }
        openIfReady()
    }

    /// A ballot above this one is about: this node's attempt, or its lead, is over.
    mutating func receive(_ refused: Message.Refused) {
        highestRound = max(highestRound, refused.promised.round)
        switch role {
        case .candidate(let candidacy) where candidacy.ballot == refused.ballot && refused.promised > refused.ballot:
            follow(nil)
        case .leader(let leadership) where leadership.ballot == refused.ballot && refused.promised > refused.ballot:
            follow(nil)
        default: ignore()
        }
    }

    mutating func receive(_ handOver: Message.TakeOver, from node: NodeID) {
        guard mayVote, hasRoom, mayLead, let leader, leader.node == node, leader.ballot == handOver.ballot else {
            return ignore()
        }
        prepare()
    }
}

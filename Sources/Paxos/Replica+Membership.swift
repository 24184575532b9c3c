// How the members change, and how a node gets its vote back. A ballot ends with the configuration that it was prepared
// under: nothing is proposed behind a configuration entry that is not chosen, and then its proposer prepares anew.

/// What a node asks that was given its vote back. It knows of no promise that its disk made in an earlier life; but a
/// ballot that got one was promised by somebody of every majority of the others too, or is bound by the configuration.
struct Returning: Sendable {
    var attempt: UInt64 = 0
    var answers: [NodeID: Ballot] = [:]
    /// Enough have answered; the promise is on its way to the disk.
    var isPromised = false
    var ticks = 0
}

extension Replica {
    /// Notes who votes, if a chosen run says so.
    mutating func noteConfiguration(in run: Run) {
        if let next = format.configuration(run) { note(next) }
    }

    mutating func note(_ chosen: (Configuration, own: Incarnation)) {
        let (next, own) = chosen
        guard next.slot > configuration.slot else { return }
        configuration = next
        if own != incarnation {
            incarnation = own
            returning = isVoter ? Returning() : nil
        }
        switch role {
        case .leader(let leadership):
            // So that the followers need not ask for it.
            broadcast(.mark(mark(of: leadership)))
            prepareAnew()
        case .candidate: prepareAnew()
        case .asking: follow(nil)
        case .follower:
            if let leader, !configuration.mayLead(leader.ballot) { follow(nil) }
        }
    }

    /// The promises that this node's ballot rests on were counted under another configuration.
    private mutating func prepareAnew() {
        if mayVote { prepare() } else { follow(nil) }
    }

    /// Whether this leader has heard a life of the node that votes not long ago.
    package func hearsVote(of node: NodeID) -> Bool {
        guard case .leader(let leadership) = role, let peer = leadership.peers[node] else { return false }
        return peer.isVoter && peer.ticksSinceHeard < settings.electionTicks
    }

    /// Somebody speaks under a later configuration, which this node must learn before it can follow its leader.
    package mutating func noteConfiguration(at slot: Slot, knownBy node: NodeID) {
        guard slot > configuration.slot, slot > acceptor.chosenThrough else { return }
        wantChosen(through: slot, knownBy: node)
    }

    // MARK: Losing the vote

    /// This disk is not what it was, or may not be: it votes no more before a configuration gives it another life.
    /// - Parameter format: one that takes no configuration so far to be about this disk.
    package mutating func suspendVote(format: ValueFormat) {
        guard isVoter else { return }
        self.format = format
        incarnation = .learner
        returning = nil
        isRecalling = false
        follow(nil)
    }

    /// All have told what they remember, or had the time to.
    package mutating func endRecall() { isRecalling = false }

    // MARK: Getting the vote back

    mutating func tickReturning() {
        guard var question = returning, !question.isPromised else { return }
        defer { returning = question }
        question.ticks += 1
        guard question.ticks % settings.catchUpTicks == 1 else { return }
        question.attempt += 1
        question.answers = [:]
        broadcast(.returnQuestion(Message.ReturnQuestion(attempt: question.attempt)))
    }

    /// The asker is a voter here, so its configuration is chosen: what this acceptor has promised by now binds it.
    mutating func answer(_ question: Message.ReturnQuestion, from node: NodeID) {
        guard mayVote else { return ignore() }
        send(
            .returnAnswer(
                Message.ReturnAnswer(
                    attempt: question.attempt, promised: acceptor.promised, configuration: configuration.slot)),
            to: node)
    }

    mutating func receive(_ answer: Message.ReturnAnswer, from node: NodeID) {
        guard var question = returning, !question.isPromised, answer.attempt == question.attempt,
            answer.configuration >= configuration.slot
        else { return ignore() }
        question.answers[node] = answer.promised
        if question.answers.count >= configuration.majority {
            let highest = question.answers.values.reduce(acceptor.promised, max)
            _ = acceptor.promise(highest)
            highestRound = max(highestRound, highest.round)
            record(.promise(highest))
            pending.append(PendingVote(record: recordsMade, vote: .returned))
            question.isPromised = true
        }
        returning = question
    }

    mutating func finishReturn() {
        guard returning?.isPromised == true else { return }
        returning = nil
        outputs.append(.event(.voteReturned(incarnation)))
    }
}

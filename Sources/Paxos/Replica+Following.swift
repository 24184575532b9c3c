// What a node does as acceptor and learner: phases 1b and 2b, marks, and values learned from others.

extension Replica {
    /// Phase 1b. A ballot that was promised already is not answered again: a second answer could hold other values, and
    /// parts of two answers must never be put together.
    mutating func receive(_ prepare: Message.Prepare, from node: NodeID) {
        guard mayVote, configuration.mayLead(prepare.ballot) else { return ignore() }
        highestRound = max(highestRound, prepare.ballot.round)
        guard prepare.ballot != acceptor.promised else { return ignore() }
        guard acceptor.promise(prepare.ballot) else {
            return send(
                .refused(Message.Refused(ballot: prepare.ballot, promised: acceptor.promised)), to: node)
        }
        follow(nil)
        ticksSinceLeader = 0
        record(.promise(prepare.ballot))
        let parts = cut(acceptor.acceptedValues(from: prepare.base))
        let unknown = acceptor.unknownValues(from: prepare.base)
        for (index, part) in parts.enumerated() {
            send(
                .promise(
                    Message.Promise(
                        ballot: prepare.ballot, chosenThrough: acceptor.knownChosenThrough, part: index,
                        parts: parts.count, accepted: part, unknown: index == 0 ? unknown : [])),
                to: node, .afterRecords)
        }
    }

    /// Runs in groups that each fit a message; one empty group when there are none.
    private func cut(_ runs: [Run]) -> [[Run]] {
        var groups: [[Run]] = [[]]
        var bytes = 0
        for run in runs {
            if bytes > 0, bytes + run.body.count > settings.messageBytes {
                groups.append([])
                bytes = 0
            }
            groups[groups.count - 1].append(run)
            bytes += run.body.count
        }
        return groups
    }

    /// Phase 2b.
    mutating func receive(_ accept: Message.Accept, from node: NodeID) {
        guard hears(accept.run.ballot, from: node) else { return }
        let ballot = accept.run.ballot
        defer {
            learn(Message.Mark(ballot: ballot, base: accept.base, chosenThrough: accept.chosenThrough), from: node)
        }
        guard hasRoom else { return ignore() }
        switch acceptor.accept(accept.run, base: accept.base) {
        case .accepted(let run):
            record(.accepted(run))
            sayAccepted(at: ballot, to: node)
        case .known:
            sayAccepted(at: ballot, to: node)
        case .gap(let expected):
            reportGap(ballot, expected: expected, to: node)
        case .beyondWindow, .refused:
            ignore()
        }
    }

    /// A node that is about to vote accepts, and says so only when it votes.
    private mutating func sayAccepted(at ballot: Ballot, to node: NodeID) {
        guard !awaitsVote else { return }
        send(.accepted(Message.Accepted(ballot: ballot, through: acceptor.receivedThrough)), to: node, .afterRecords)
    }

    /// Once for each gap: every run behind it arrives in vain too.
    private mutating func reportGap(_ ballot: Ballot, expected: Slot, to node: NodeID) {
        guard catchUp.gapReported?.ballot != ballot || catchUp.gapReported?.expected != expected else { return }
        catchUp.gapReported = (ballot, expected)
        send(.gap(Message.Gap(ballot: ballot, expected: expected)), to: node)
    }

    mutating func receive(_ mark: Message.Mark, from node: NodeID) {
        guard hears(mark.ballot, from: node) else { return }
        learn(mark, from: node)
    }

    mutating func receive(_ heartbeat: Message.Heartbeat, from node: NodeID) {
        let ballot = heartbeat.mark.ballot
        guard hears(ballot, from: node) else { return }
        catchUp.gapReported = nil
        learn(heartbeat.mark, from: node)
        guard !awaitsVote else { return }
        let received = acceptor.followedBallot == ballot ? acceptor.receivedThrough : acceptor.chosenThrough
        send(
            .heartbeatAnswer(
                Message.HeartbeatAnswer(ballot: ballot, round: heartbeat.round, receivedThrough: received)), to: node)
        // What the leader does not count yet is said again: the first time may have been lost.
        if received >= heartbeat.mark.base, received > heartbeat.mark.chosenThrough {
            sayAccepted(at: ballot, to: node)
        }
    }

    /// Whether `ballot` may be listened to, its owner then being the leader; a lower one than was promised is refused.
    private mutating func hears(_ ballot: Ballot, from node: NodeID) -> Bool {
        guard configuration.mayLead(ballot) else {
            ignore()
            return false
        }
        guard ballot >= acceptor.promised else {
            send(.refused(Message.Refused(ballot: ballot, promised: acceptor.promised)), to: node)
            return false
        }
        highestRound = max(highestRound, ballot.round)
        follow((node, ballot))
        return true
    }

    private mutating func learn(_ mark: Message.Mark, from node: NodeID) {
        deliver(acceptor.learn(mark))
        if mark.chosenThrough > acceptor.chosenThrough { wantChosen(through: mark.chosenThrough, knownBy: node) }
    }

    /// Hands on what was accepted at the followed ballot and is now known to be chosen.
    mutating func deliver(_ chosen: [Run]) {
        guard let last = chosen.last else { return }
        outputs.append(.lazyRecord(.chosenThrough(last.lastSlot, ballot: last.ballot)))
        for run in chosen { outputs.append(.chosen(run)) }
        for run in chosen { noteConfiguration(in: run) }
    }

    // MARK: Learning from others

    /// Values that somebody knows to be chosen. The promise that goes with them is taken over, so that no lower ballot is
    /// ever answered for slots that a higher one has chosen.
    package mutating func learn(_ learned: Message.Learned) {
        catchUp.noteAnswer(from: learned.run.firstSlot)
        guard learned.run.firstSlot <= acceptor.chosenThrough.next, learned.run.lastSlot > acceptor.chosenThrough,
            let run = learned.run.part(
                in: acceptor.chosenThrough.next...learned.run.lastSlot, sealedBy: format.checksum)
        else { return askForChosen() }
        takeOver(learned.promised, learnedThrough: run.lastSlot)
        record(.chosen(run))
        acceptor.learn(chosen: run)
        outputs.append(.chosen(run))
        noteConfiguration(in: run)
        deliver(acceptor.advance())
        askForChosen()
        openIfReady()
    }

    /// Before chosen values through `slot` are learned.
    mutating func takeOver(_ promised: Ballot, learnedThrough slot: Slot) {
        if acceptor.promise(promised) {
            highestRound = max(highestRound, promised.round)
            record(.promise(promised))
            if isProposing { follow(nil) }
        }
        if case .leader(let leadership) = role, slot >= leadership.base { follow(nil) }
    }

    private var isProposing: Bool {
        switch role {
        case .candidate, .leader: true
        case .follower, .asking: false
        }
    }

    mutating func serve(_ request: Message.CatchUp, to node: NodeID) {
        guard request.from <= request.through, request.from <= acceptor.chosenThrough else { return ignore() }
        outputs.append(
            .serve(
                Message.CatchUp(from: request.from, through: min(request.through, acceptor.chosenThrough)), to: node))
    }

    /// Somebody knows more to be chosen than this node.
    mutating func wantChosen(through slot: Slot, knownBy node: NodeID) {
        catchUp.want(slot, knownBy: node)
        askForChosen()
    }

    mutating func askForChosen() {
        guard let request = catchUp.request(chosenThrough: acceptor.chosenThrough) else { return }
        send(.catchUp(request.message), to: request.node)
    }

    mutating func tickCatchUp() {
        catchUp.ticksSinceAsked += 1
        if catchUp.ticksSinceAsked >= settings.catchUpTicks {
            catchUp.giveUpWaiting()
            askForChosen()
        }
    }
}

/// What this node knows that others know to be chosen, and what it has asked for.
struct CatchUpProgress: Sendable {
    private var knownBy: [NodeID: Slot] = [:]
    /// Whom not to ask again before the others: they did not answer.
    private var silent: Set<NodeID> = []
    /// The question that an answer is waited for.
    private var asked: (node: NodeID, from: Slot)?
    var ticksSinceAsked = 0
    /// The last gap that was reported to a leader.
    var gapReported: (ballot: Ballot, expected: Slot)?

    var highest: Slot { knownBy.values.max() ?? .zero }

    mutating func want(_ slot: Slot, knownBy node: NodeID) {
        knownBy[node] = max(knownBy[node] ?? .zero, slot)
    }

    /// An answer that was delivered twice is not the answer to the next question, which would then be asked twice too.
    mutating func noteAnswer(from slot: Slot) {
        guard asked?.from == slot else { return }
        asked = nil
        silent.removeAll()
    }

    mutating func giveUpWaiting() {
        if let asked { silent.insert(asked.node) }
        asked = nil
        ticksSinceAsked = 0
    }

    /// The next question, to whoever knows most; those who were silent come last.
    mutating func request(chosenThrough: Slot) -> (message: Message.CatchUp, node: NodeID)? {
        guard asked == nil else { return nil }
        let knowing = knownBy.filter { $0.value > chosenThrough }
        if knowing.keys.allSatisfy(silent.contains) { silent.removeAll() }
        let best = knowing.filter { !silent.contains($0.key) }.max { ($0.value, $0.key) < ($1.value, $1.key) }
        guard let choice = best else { return nil }
        asked = (choice.key, chosenThrough.next)
        ticksSinceAsked = 0
        return (Message.CatchUp(from: chosenThrough.next, through: choice.value), choice.key)
    }
}

// What a leader does: phase 2 for all slots from its base on, marks, heartbeats, read rounds, and its own end.

extension Replica {
    /// Whether commands can be proposed now.
    package var canPropose: Bool {
        guard hasRoom, mayLead, case .leader(let leadership) = role else { return false }
        return leadership.hasRoom(chosenThrough: acceptor.chosenThrough, window: settings.window)
    }

    /// The slot that the next proposal gets, while this node leads.
    package var nextSlot: Slot? {
        guard case .leader(let leadership) = role, leadership.opening != nil else { return nil }
        return leadership.lastProposed.next
    }

    /// Phase 2a for `count` new values from `nextSlot` on.
    package mutating func propose(body: [UInt8], count: Int) {
        precondition(canPropose, "only a leader with room proposes")
        guard let slot = nextSlot else { return }
        propose(body: body, count: count, at: slot)
        sendAccepts()
    }

    /// Phase 2a for a value that says who votes from the next slot on. Nothing is proposed behind it.
    package mutating func propose(configuration value: [UInt8]) {
        precondition(canPropose, "only a leader with room proposes")
        guard let slot = nextSlot else { return }
        withLeadership { $0.isFenced = true }
        propose(body: value, count: 1, at: slot)
        sendAccepts()
    }

    private mutating func propose(body: [UInt8], count: Int, at slot: Slot) {
        guard case .leader(var leadership) = role else { return }
        role = .follower  // so that the leadership is not copied
        let run = Run(
            ballot: leadership.ballot, firstSlot: slot, count: count, body: body, sealedBy: format.checksum)
        leadership.add(run)
        let base = leadership.base
        role = .leader(leadership)
        let outcome = acceptor.accept(run, base: base, isOwn: true)
        precondition(outcome == .accepted(run), "a leader accepts what it proposes, as long as it leads: \(outcome)")
        record(.accepted(run))
        pending.append(
            PendingVote(record: recordsMade, vote: .accepted(run.ballot, through: acceptor.receivedThrough)))
    }

    /// Begins to propose once everything below the base is learned: first what the promises oblige to, then the no-op
    /// that opens the ballot.
    mutating func openIfReady() {
        guard case .leader(var leadership) = role, let inherited = leadership.inherited,
            acceptor.chosenThrough.next == leadership.base
        else { return }
        let floor = leadership.base.previous
        var values = inherited.values(above: floor, time: time, format: format)
        if let fence = values.firstIndex(where: format.isConfiguration) {
            // What stands behind it is for those to propose again who vote from there on.
            values.removeSubrange((fence + 1)...)
            leadership.isFenced = true
        } else {
            values.append(format.noOp(floor + (values.count + 1), time))
        }
        leadership.inherited = nil
        leadership.opening = floor + values.count
        role = .leader(leadership)
        var slot = leadership.base
        var body: [UInt8] = []
        var count = 0
        for value in values {
            if count > 0, body.count + value.count > settings.messageBytes {
                propose(body: body, count: count, at: slot)
                slot = slot + count
                body = []
                count = 0
            }
            body += value
            count += 1
        }
        propose(body: body, count: count, at: slot)
        outputs.append(.event(.leading(leadership.ballot)))
        sendAccepts()
    }

    // MARK: Counting

    mutating func countOwnAcceptance(_ ballot: Ballot, through slot: Slot) {
        withLeadership { leadership in
            guard leadership.ballot == ballot else { return }
            leadership.ownThrough = max(leadership.ownThrough, slot)
        }
        advanceChosen()
    }

    mutating func receive(_ accepted: Message.Accepted, from node: NodeID, isVoter: Bool) {
        withPeer(node, at: accepted.ballot, isVoter: isVoter) { peer, leadership in
            peer.noteAccepted(through: min(accepted.through, leadership.lastProposed))
        }
        advanceChosen()
        sendAccepts()
    }

    mutating func receive(_ gap: Message.Gap, from node: NodeID, isVoter: Bool) {
        withPeer(node, at: gap.ballot, isVoter: isVoter) { peer, _ in peer.goBack(to: gap.expected) }
        sendAccepts()
    }

    mutating func receive(_ answer: Message.HeartbeatAnswer, from node: NodeID, isVoter: Bool) {
        withPeer(node, at: answer.ballot, isVoter: isVoter) { peer, leadership in
            if isVoter { leadership.reads.noteAnswer(answer.round, from: node) }
            let received = min(max(answer.receivedThrough, leadership.base.previous), leadership.lastProposed)
            peer.noteReceived(before: received.next, round: answer.round)
        }
        answerReads()
        sendAccepts()
    }

    /// A slot is chosen when a majority of voters has durably accepted it at this ballot (phase 2, "Paxos Made Simple" 2.2).
    private mutating func advanceChosen() {
        guard let mark = majorityMark else { return }
        let chosen = acceptor.learn(mark)
        deliver(chosen)
        withLeadership { $0.noteChosen(chosen, through: mark.chosenThrough) }
    }

    /// What a majority has accepted, where that is more than is known to be chosen.
    private var majorityMark: Message.Mark? {
        guard case .leader(let leadership) = role else { return nil }
        let through = leadership.majorityAccepted(configuration, own: settings.node)
        guard through > acceptor.chosenThrough, through >= leadership.base else { return nil }
        return Message.Mark(ballot: leadership.ballot, base: leadership.base, chosenThrough: through)
    }

    // MARK: Sending

    /// Sends every peer the runs that it may have now.
    private mutating func sendAccepts() {
        guard case .leader(var leadership) = role, leadership.opening != nil else { return }
        role = .follower  // so that the leadership is not copied
        for node in others {
            guard var peer = leadership.peers[node] else { continue }
            while peer.inFlightBytes < Leadership.mostInFlightBytes,
                let run = leadership.run(from: peer.next, checksum: format.checksum)
            {
                send(
                    .accept(
                        Message.Accept(base: leadership.base, chosenThrough: acceptor.chosenThrough, run: run)),
                    to: node)
                peer.sent(run)
                peer.markSent = acceptor.chosenThrough
            }
            leadership.peers[node] = peer
        }
        role = .leader(leadership)
    }

    /// Ends a turn: tells peers what was chosen meanwhile, and begins a round for the reads that wait.
    package mutating func endTurn() {
        if wantsRound, mayAnswerReads { return beginRound() }
        guard case .leader(var leadership) = role else { return }
        role = .follower  // so that the leadership is not copied
        for node in others where (leadership.peers[node]?.markSent ?? .zero) < acceptor.chosenThrough {
            send(.mark(mark(of: leadership)), to: node)
            leadership.peers[node]?.markSent = acceptor.chosenThrough
        }
        role = .leader(leadership)
    }

    func mark(of leadership: Leadership) -> Message.Mark {
        Message.Mark(ballot: leadership.ballot, base: leadership.base, chosenThrough: acceptor.chosenThrough)
    }

    // MARK: Rounds, reads, and the end

    private var wantsRound: Bool {
        if case .leader(let leadership) = role { leadership.reads.wantsRound } else { false }
    }

    /// No read is answered before the opening no-op, and so everything proposed before it, is chosen.
    private var mayAnswerReads: Bool {
        guard case .leader(let leadership) = role, let opening = leadership.opening else { return false }
        return acceptor.chosenThrough >= opening
    }

    mutating func beginRound() {
        guard case .leader(var leadership) = role else { return }
        let mayAnswerReads = mayAnswerReads
        role = .follower  // so that the leadership is not copied
        let round = leadership.reads.begin(index: mayAnswerReads ? acceptor.chosenThrough : nil)
        for node in others {
            leadership.peers[node]?.noteProbe(round)
            leadership.peers[node]?.markSent = acceptor.chosenThrough
        }
        let mark = mark(of: leadership)
        role = .leader(leadership)
        broadcast(.heartbeat(Message.Heartbeat(mark: mark, round: round)))
        answerReads()
    }

    /// Asks through which slot a linearizable read of this node must have been applied. Without a leader there is no
    /// answer, and the question must be asked again.
    package mutating func askReadIndex(number: UInt64) {
        askReadIndex(number: number, for: settings.node)
    }

    mutating func askReadIndex(number: UInt64, for node: NodeID) {
        if case .leader = role {
            withLeadership { $0.reads.ask(ReadRounds.Question(number: number, node: node)) }
        } else if node == settings.node, let leader {
            send(.readIndex(Message.ReadIndex(question: number)), to: leader.node)
        } else {
            ignore()
        }
    }

    private mutating func answerReads() {
        var ready: [(question: ReadRounds.Question, index: Slot)] = []
        let (configuration, own) = (configuration, settings.node)
        withLeadership { ready = $0.reads.takeAnswered(configuration, own: own) }
        for (question, index) in ready {
            if question.node == settings.node {
                outputs.append(.readIndex(question: question.number, slot: index))
            } else {
                send(
                    .readIndexAnswer(Message.ReadIndexAnswer(question: question.number, slot: index)),
                    to: question.node)
            }
        }
    }

    mutating func tickLeader() {
        var heard = 1
        let electionTicks = settings.electionTicks
        withLeadership { leadership in
            for node in leadership.peers.keys { leadership.peers[node]?.ticksSinceHeard += 1 }
            if leadership.isHandingOver {
                leadership.ticksHandingOver += 1
                // The heir is dead, or has never heard of it.
                if leadership.ticksHandingOver >= electionTicks { leadership.isHandingOver = false }
            }
            heard += leadership.peers.values.count { $0.isVoter && $0.ticksSinceHeard < electionTicks }
        }
        // A leader that is cut off from the majority stops serving; it is given one time-out to hear from it at first.
        if ticksInRole >= settings.electionTicks, heard < configuration.majority { return follow(nil) }
        if case .leader(let leadership) = role, leadership.opening == nil, ticksInRole > 4 * settings.electionTicks {
            return follow(nil)
        }
        if !hasRoom || !mayLead, case .leader(let leadership) = role, !leadership.isHandingOver { handOver() }
        if ticksInRole % settings.heartbeatTicks == 0 { beginRound() }
    }

    /// Hands the lead to the voter that has accepted most, if there is one within reach. If that one has not taken it
    /// after an election time-out, this node goes on.
    package mutating func handOver() {
        guard case .leader(let leadership) = role else { return }
        let heir = leadership.peers.filter { $0.value.isVoter && $0.value.ticksSinceHeard < settings.electionTicks }
            .max { ($0.value.accepted, $0.key) < ($1.value.accepted, $1.key) }
        guard let heir else { return }
        withLeadership { leadership in
            leadership.isHandingOver = true
            leadership.ticksHandingOver = 0
        }
        send(.takeOver(Message.TakeOver(ballot: leadership.ballot)), to: heir.key)
    }

    // MARK: Access without copies. A leadership that is bound while another is changed makes the change copy all runs.

    private mutating func withLeadership(_ body: (inout Leadership) -> Void) {
        guard case .leader(var leadership) = role else { return }
        role = .follower
        body(&leadership)
        role = .leader(leadership)
    }

    /// Notes that a peer answered at `ballot`, and changes its progress.
    private mutating func withPeer(
        _ node: NodeID, at ballot: Ballot, isVoter: Bool, _ body: (inout Leadership.Progress, inout Leadership) -> Void
    ) {
        withLeadership { leadership in
            guard leadership.ballot == ballot, var peer = leadership.peers[node] else { return }
            peer.noteHeard(asVoter: isVoter)
            body(&peer, &leadership)
            leadership.peers[node] = peer
        }
    }
}

// One node's part in the agreement: acceptor, proposer and learner in one ("Paxos Made Simple", 3). Messages and ticks go
// in, outputs come out; it reads no clock, draws no randomness but from its seed, and never throws: what is stale gives
// no output.

import DequeModule

package struct Replica: Sendable {
    package struct Settings: Sendable {
        package var node: NodeID
        package var incarnation: Incarnation
        /// Ticks between a leader's heartbeats.
        package var heartbeatTicks = 5
        /// Ticks without a leader after which a node asks whether to elect another; drawn anew, up to twice as many.
        package var electionTicks = 50
        /// Ticks after which chosen values are asked for again.
        package var catchUpTicks = 20
        package var window = Acceptor.Window.standard
        /// The most bytes in one message, as far as values can be cut.
        package var messageBytes = 1 << 20
        /// Whether this life of the disk was given a vote, and has not yet promised what it must before it votes.
        package var isReturning = false
        /// Whether the others are first to tell what they remember of this disk.
        package var isRecalling = false

        package init(node: NodeID, incarnation: Incarnation) {
            self.node = node
            self.incarnation = incarnation
        }
    }

    package enum Role: Sendable {
        case follower
        /// Asks whether the others hear from a leader.
        case asking(attempt: UInt64, granted: Set<NodeID>)
        case candidate(Candidacy)
        case leader(Leadership)
    }

    package let settings: Settings
    /// Of the highest configuration entry known to be chosen.
    package internal(set) var configuration: Configuration
    /// What this node's disk is under it.
    package internal(set) var incarnation: Incarnation
    package internal(set) var acceptor: Acceptor
    package internal(set) var role = Role.follower
    /// Whom this node believes to lead, itself included.
    package internal(set) var leader: (node: NodeID, ballot: Ballot)?
    package internal(set) var outputs: [Output] = []
    /// Messages that were too old to answer, or did not make sense.
    package internal(set) var ignoredMessages: UInt64 = 0

    var format: ValueFormat
    var random: SplitMix64
    /// The wall clock at the last tick, in microseconds; written into values and never compared.
    var time: UInt64 = 0
    /// The highest round heard of, so that the next ballot is above it.
    var highestRound: UInt64
    var ticksSinceStart = 0
    var ticksSinceLeader = 0
    var electionDeadline = 0
    var ticksInRole = 0
    var attempts: UInt64 = 0
    var catchUp = CatchUpProgress()
    /// What a node whose vote was given back still has to hear before it votes.
    var returning: Returning?
    /// Whether the journal can take values. Promises are small, and find room.
    package var hasRoom = true
    /// Whether this node stands for election, and leads; it votes all the same.
    package var mayLead = true
    /// Whether this node waits for what the others remember of it.
    var isRecalling: Bool

    /// Counts the records that were put out, and so names them.
    package internal(set) var recordsMade: UInt64 = 0
    /// This node's own promises and acceptances that are not durable yet.
    var pending: Deque<PendingVote> = []

    struct PendingVote: Sendable {
        var record: UInt64
        var vote: Vote
        enum Vote: Sendable {
            case promised(Ballot)
            case accepted(Ballot, through: Slot)
            case returned
        }
    }

    package init(
        settings: Settings, configuration: Configuration, acceptor: Acceptor, format: ValueFormat, seed: UInt64
    ) {
        self.settings = settings
        self.configuration = configuration
        incarnation = settings.incarnation
        if settings.isReturning { returning = Returning() }
        isRecalling = settings.isRecalling
        self.acceptor = acceptor
        self.format = format
        random = SplitMix64(seed: seed)
        highestRound = acceptor.promised.round
        drawElectionDeadline()
        for node in others { catchUp.want(acceptor.knownChosenThrough, knownBy: node) }
    }

    package var isVoter: Bool { configuration.isVoter(settings.node, incarnation) }

    /// Whether this node may promise and accept in a way that counts.
    package var mayVote: Bool { isVoter && returning == nil && !isRecalling }

    /// Whether it is named a voter and must not speak as one yet. A learner speaks: nobody counts what it says.
    var awaitsVote: Bool { isVoter && !mayVote }

    package var chosenThrough: Slot { acceptor.chosenThrough }

    /// The highest slot that this node has heard to be chosen.
    package var knownChosenThrough: Slot { max(acceptor.chosenThrough, catchUp.highest) }

    /// What is to be done since the last call, in order.
    package mutating func takeOutputs() -> [Output] {
        defer { outputs.removeAll() }
        return outputs
    }

    // MARK: Events

    /// Time has passed.
    package mutating func tick(time: UInt64) {
        self.time = time
        ticksInRole += 1
        tickCatchUp()
        tickReturning()
        ticksSinceStart += 1
        if isRecalling, ticksSinceStart > settings.electionTicks { endRecall() }
        switch role {
        case .leader: tickLeader()
        case .follower, .asking, .candidate: tickElection()
        }
    }

    /// Every record up to and with the one of this number is durable.
    package mutating func recordsDurable(through record: UInt64) {
        while let first = pending.first, first.record <= record {
            pending.removeFirst()
            switch first.vote {
            case .promised(let ballot): countOwnPromise(ballot)
            case .accepted(let ballot, let through): countOwnAcceptance(ballot, through: through)
            case .returned: finishReturn()
            }
        }
    }

    /// - Parameter incarnation: the sender's, by its handshake.
    package mutating func receive(_ message: Message, from node: NodeID, incarnation: Incarnation) {
        guard node != settings.node else { return ignore() }
        let isVoter = configuration.isVoter(node, incarnation)
        switch message {
        case .preVote(let question) where isVoter: answer(question, from: node)
        case .preVoteAnswer(let answer) where isVoter: receive(answer, from: node)
        case .prepare(let prepare) where isVoter && prepare.ballot.node == node: receive(prepare, from: node)
        case .promise(let promise) where isVoter: receive(promise, from: node)
        case .accept(let accept) where isVoter && accept.run.ballot.node == node: receive(accept, from: node)
        case .accepted(let accepted): receive(accepted, from: node, isVoter: isVoter)
        case .gap(let gap): receive(gap, from: node, isVoter: isVoter)
        case .refused(let refused): receive(refused)
        case .mark(let mark) where isVoter && mark.ballot.node == node: receive(mark, from: node)
        case .heartbeat(let heartbeat) where isVoter && heartbeat.mark.ballot.node == node:
            receive(heartbeat, from: node)
        case .heartbeatAnswer(let answer): receive(answer, from: node, isVoter: isVoter)
        case .readIndex(let question): askReadIndex(number: question.question, for: node)
        case .readIndexAnswer(let answer):
            outputs.append(.readIndex(question: answer.question, slot: answer.slot))
        case .catchUp(let request): serve(request, to: node)
        case .learned(let learned): learn(learned)
        case .takeOver(let handOver) where isVoter: receive(handOver, from: node)
        case .returnQuestion(let question) where isVoter: answer(question, from: node)
        case .returnAnswer(let answer) where isVoter: receive(answer, from: node)
        default: ignore()
        }
    }

    mutating func ignore() { ignoredMessages += 1 }

    // MARK: Outputs

    mutating func record(_ record: JournalRecord) {
        recordsMade += 1
        outputs.append(.record(record))
    }

    mutating func send(_ message: Message, to node: NodeID, _ timing: Output.Timing = .now) {
        outputs.append(.send(message, to: node, timing: timing))
    }

    var others: [NodeID] {
        configuration.members.lazy.map(\.node).filter { $0 != settings.node }
    }

    mutating func broadcast(_ message: Message, _ timing: Output.Timing = .now) {
        for node in others { send(message, to: node, timing) }
    }

    /// Becomes a follower of `newLeader`, or of nobody; whatever this node was about is over.
    mutating func follow(_ newLeader: (node: NodeID, ballot: Ballot)?) {
        if case .follower = role {
        } else {
            role = .follower
            ticksInRole = 0
        }
        if let newLeader {
            ticksSinceLeader = 0
            guard leader?.ballot != newLeader.ballot else { return }
            leader = newLeader
            drawElectionDeadline()
            outputs.append(.event(.following(newLeader.node, newLeader.ballot)))
        } else if leader != nil {
            leader = nil
            outputs.append(.event(.leaderless))
        }
    }
}

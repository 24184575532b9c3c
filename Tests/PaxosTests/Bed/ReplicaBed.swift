// Several replicas without a network, a disk or a clock: a test says which message arrives, which record becomes durable,
// who crashes, and when time passes. An oracle watches what is chosen.

@testable import Paxos

struct ReplicaBed {
    struct Member {
        var replica: Replica
        var incarnation: Incarnation
        var journal = BedJournal()
        var isUp = true
        /// Whether records are durable as soon as they are made.
        var syncsAtOnce = true
        /// What this node knows to be chosen, from slot 1 on.
        var chosen: [[UInt8]] = []
        var reads: [UInt64: Slot] = [:]
        var events: [ReplicaEvent] = []
        /// A number for this start of this node.
        var life = 0
        /// The highest ballot that this node has told others to have promised.
        var spoken = Ballot.none
        /// What a configuration must call this disk to give it the vote.
        var disk = Incarnation.first
        /// Whether the disk says that it votes as what a configuration called it.
        var isAdmitted = false
    }

    let configuration: Configuration
    /// By the number in their name.
    private var members: [Member] = []
    let nodes: [NodeID]
    /// Messages under way, oldest first.
    var network: [Envelope] = []
    /// Links that lose everything.
    var cut: Set<[NodeID]> = []
    var oracle: ChoiceOracle
    var window: Acceptor.Window
    var messageBytes = 1 << 20
    /// Ticks of an election time-out; heartbeats come four times as often.
    private let electionTicks: Int
    /// How many slots one answer to a CatchUp holds.
    var catchUpSlots = 100
    var lives = 0
    private(set) var time: UInt64 = 0
    private let seed: UInt64
    /// What had been put out as chosen when each question was asked.
    private var questions: [UInt64: Slot] = [:]

    init(
        _ size: Int, seed: UInt64 = 1, learners: Set<NodeID> = [],
        window: Acceptor.Window = Acceptor.Window(slots: 64, bytes: 1 << 20), messageBytes: Int = 1 << 20,
        electionTicks: Int = 12
    ) {
        self.electionTicks = electionTicks
        configuration = firstMembers(size)
        nodes = configuration.members.map(\.node)
        oracle = ChoiceOracle(majority: configuration.majority)
        self.window = window
        self.messageBytes = messageBytes
        self.seed = seed
        for node in nodes { start(node, BedJournal(), learners.contains(node) ? .learner : .first) }
    }

    subscript(node: NodeID) -> Member {
        _read { yield members[Int(node.rawValue)] }
        _modify { yield &members[Int(node.rawValue)] }
    }

    func replica(_ node: NodeID) -> Replica { self[node].replica }

    var violations: [String] { oracle.violations }

    // MARK: Lives

    private mutating func start(
        _ node: NodeID, _ journal: BedJournal, _ incarnation: Incarnation, disk: Incarnation = .first
    ) {
        lives += 1
        let replay = journal.replay
        let isAdmitted = Int(node.rawValue) < members.count && disk == self[node].disk && self[node].isAdmitted
        let format = testFormat(nodes.count, node: node, life: disk)
        var configuration = configuration
        var settings = Replica.Settings(node: node, incarnation: incarnation)
        if let (last, own) = replay.configuration(format) {
            configuration = last
            settings.incarnation = own
            settings.isReturning = own != .learner && own != .first && !isAdmitted
        }
        settings.heartbeatTicks = electionTicks / 4
        settings.electionTicks = electionTicks
        settings.catchUpTicks = 5
        settings.window = window
        settings.messageBytes = messageBytes
        let acceptor = Acceptor(
            promised: replay.promised, chosenThrough: replay.chosenThrough, vouchedThrough: replay.vouchedThrough,
            accepted: Array(replay.accepted.runs), unknown: replay.unknown, window: window, checksum: testChecksum)
        let replica = Replica(
            settings: settings, configuration: configuration, acceptor: acceptor,
            format: format, seed: seed &* 1_000_003 &+ UInt64(lives))
        var member = Member(replica: replica, incarnation: incarnation)
        member.journal = journal
        member.chosen = replay.chosen
        member.life = lives
        member.disk = disk
        member.isAdmitted = isAdmitted
        if Int(node.rawValue) < members.count {
            let before = self[node]
            member.syncsAtOnce = before.syncsAtOnce
            // An emptied disk promised nothing; a learner's promises are nobody's concern.
            if incarnation == before.incarnation { member.spoken = before.spoken }
            if replay.promised < member.spoken {
                oracle.violate("\(node) has forgotten that it promised \(before.spoken)")
            }
        }
        if Int(node.rawValue) < members.count {
            self[node] = member
        } else {
            members.append(member)
        }
    }

    mutating func crash(_ node: NodeID) {
        self[node].isUp = false
        self[node].journal.crash()
    }

    /// Starts a node that has crashed, from what its journal holds.
    mutating func restart(_ node: NodeID) {
        if self[node].isUp { crash(node) }
        start(node, self[node].journal, self[node].incarnation, disk: self[node].disk)
    }

    /// Damage takes the values of a record of a node that is down.
    mutating func loseValues(_ node: NodeID, record index: Int) { self[node].journal.loseValues(index) }

    /// Starts a node on an emptied disk: a learner.
    mutating func restartEmptied(_ node: NodeID) {
        start(node, BedJournal(), .learner, disk: Incarnation(self[node].disk.rawValue + 1))
    }

    // MARK: Events

    /// One turn of a node.
    mutating func turn(_ node: NodeID, _ body: (inout Replica) -> Void) {
        guard self[node].isUp else { return }
        body(&self[node].replica)
        self[node].replica.endTurn()
        carryOut(node)
    }

    mutating func tick(_ ticks: Int = 1, _ some: [NodeID]? = nil) {
        for _ in 0..<ticks {
            time += 1000
            for node in some ?? nodes { turn(node) { [time] in $0.tick(time: time) } }
        }
    }

    /// Makes the next `count` records of a node durable.
    mutating func sync(_ node: NodeID, _ count: Int = .max) {
        guard self[node].isUp, let synced = self[node].journal.sync(count) else { return }
        if replica(node).mayVote {
            for case .accepted(let run) in synced.records { oracle.noteDurable(run, by: node) }
        }
        for (message, receiver) in synced.released { post(message, from: node, to: receiver) }
        turn(node) { $0.recordsDurable(through: synced.number) }
    }

    /// From here on records of this node are durable only by `sync`.
    mutating func holdJournal(_ node: NodeID) { self[node].syncsAtOnce = false }

    mutating func prepare(_ node: NodeID) { turn(node) { $0.prepare() } }

    /// Makes `node` the leader, with everything delivered; a refusal tells it of a higher ballot to try.
    mutating func elect(_ node: NodeID) {
        for _ in 0..<3 where replica(node).nextSlot == nil {
            prepare(node)
            settle()
        }
    }

    /// - Returns: the slot of the first value; nil when this node can't propose.
    @discardableResult
    mutating func propose(_ texts: String..., at node: NodeID) -> Slot? {
        guard self[node].isUp, replica(node).canPropose, let slot = replica(node).nextSlot else { return nil }
        turn(node) { $0.propose(body: encoded(texts), count: texts.count) }
        return slot
    }

    /// Proposes that this disk of `other` votes.
    mutating func propose(voteFor other: NodeID, at node: NodeID) {
        let text = configurationText(other, self[other].disk)
        turn(node) { $0.propose(configuration: encoded(text)) }
    }

    /// Asks for a read index; the answer must hold all that was put out as chosen by now.
    mutating func ask(_ question: UInt64, at node: NodeID) {
        questions[question] = oracle.knownThrough
        turn(node) { $0.askReadIndex(number: question) }
    }

    // MARK: Outputs

    private mutating func carryOut(_ node: NodeID) {
        for output in self[node].replica.takeOutputs() {
            switch output {
            case .record(let record): self[node].journal.append(record, isLazy: false)
            case .lazyRecord(let record): self[node].journal.append(record, isLazy: true)
            case .send(let message, let receiver, let timing):
                if timing == .afterRecords, self[node].journal.hold(message, to: receiver) { continue }
                post(message, from: node, to: receiver)
            case .chosen(let run):
                if run.firstSlot.rawValue != UInt64(self[node].chosen.count) + 1 {
                    oracle.violate("\(node) puts out \(run.firstSlot) out of order")
                }
                self[node].chosen += run.values
                oracle.noteChosen(run, by: node)
            case .serve(let request, let receiver): serve(request, by: node, to: receiver)
            case .readIndex(let question, let slot):
                self[node].reads[question] = slot
                if slot < questions[question] ?? .zero {
                    oracle.violate("question \(question) is answered with the stale \(slot)")
                }
            case .event(let event):
                self[node].events.append(event)
                switch event {
                case .leading(let ballot): oracle.noteLeading(ballot)
                case .voteReturned:
                    self[node].isAdmitted = true
                    let acceptor = replica(node).acceptor
                    for run in acceptor.acceptedValues(from: .first) where run.ballot >= acceptor.promised {
                        oracle.noteDurable(run, by: node)
                    }
                default: break
                }
            }
        }
        if self[node].syncsAtOnce, self[node].journal.hasUndurable { sync(node) }
    }

    private mutating func serve(_ request: Message.CatchUp, by node: NodeID, to receiver: NodeID) {
        let first = Int(request.from.rawValue)
        let last = min(Int(request.through.rawValue), first + catchUpSlots - 1, self[node].chosen.count)
        guard first <= last else { return }
        let values = self[node].chosen[(first - 1)..<last]
        let run = Run(
            ballot: .none, firstSlot: request.from, count: values.count, body: values.flatMap { $0 },
            sealedBy: testChecksum)
        post(
            .learned(Message.Learned(run: run, promised: replica(node).acceptor.promised)), from: node, to: receiver)
    }

    private mutating func post(_ message: Message, from node: NodeID, to receiver: NodeID) {
        note(message, from: node)
        guard !cut.contains([node, receiver]) else { return }
        network.append(
            Envelope(from: node, incarnation: replica(node).incarnation, to: receiver, message: message))
    }

    /// What is said can't be taken back: ballots are prepared by one life, and promises only rise.
    private mutating func note(_ message: Message, from node: NodeID) {
        let said: Ballot
        switch message {
        case .prepare(let prepare):
            oracle.notePrepared(prepare.ballot, life: self[node].life)
            said = prepare.ballot
        case .promise(let promise): said = promise.ballot
        default: return
        }
        if said < self[node].spoken { oracle.violate("\(node) promises \(said) after \(self[node].spoken)") }
        self[node].spoken = max(self[node].spoken, said)
    }
}

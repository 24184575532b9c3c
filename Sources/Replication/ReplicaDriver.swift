// Joins agreement, log and state machine on one node: events in, effects out. It touches no disk, no socket and no clock,
// and belongs to one event loop; the simulator runs it as the server does.

import DequeModule
package import Paxos
package import PaxosLog
package import StateMachine

package struct ReplicaDriver: Sendable {
    package let configuration: DriverConfiguration
    /// What a configuration must call this disk for its vote to count.
    var vote: UniqueID
    let boot: UInt64
    /// Set from outside by the simulation alone, to see that checkpoints find it.
    package var store: KeyValueStore

    /// Nil once this node belongs to a cluster.
    var formation: Formation?
    package internal(set) var genesis: Genesis?
    /// The chosen entry of slot 1, encoded.
    var genesisEntry: [UInt8] = []
    /// Who votes, by the last configuration applied.
    package internal(set) var membership: Membership?
    /// Whether this start's session may be one that was used before, since the disk may be an older image: nothing is asked
    /// under it, and the vote brings another.
    var isSessionSuspended = false
    /// Of this start's commands.
    package internal(set) var session: SessionID
    /// Is asked where it stands: whoever binds a copy of it, and changes it meanwhile, makes the change copy all that it
    /// keeps in memory.
    var replica: Replica?
    var tail: LogTail?
    var watch: ClusterWatch
    var recollection: Recollection
    /// Set while the log lacks what it held once.
    var repair: LogRepair?
    /// Whether this node has said that slots are unknown, and not yet that they are settled.
    var hasUnknownSlots = false
    /// What was damaged when this node started.
    let setAside: [SetAside]

    var commands = PendingCommands()
    var reads: PendingReads
    var incoming = IncomingCommands()
    /// What peers asked for that is being read from the disk.
    var serving: [NodeID: Message.CatchUp] = [:]
    /// Peers' questions for pieces of files.
    var piecesToGive = PieceQueue()
    /// What was learned of the log as files.
    var segments = SegmentCatchUp()
    /// What was found damaged of the log since the start.
    var damaged = DamagedSegments()
    var snapshots: SnapshotSchedule
    var audit: StateAudit
    var checkpointing = Checkpointing()
    /// Set from when this node's state is found not to be the others', over restarts, until it is rebuilt.
    package internal(set) var divergence: DivergenceReport?
    /// What is being fetched from a peer, and from which tick on something may be again where nobody could serve.
    var fetch: FileFetch?
    var nextFetch = 0
    /// Whether pieces may be kept that are not being fetched: an earlier start's, or of a file that nobody answers for.
    var mayKeepPieces = true
    /// A peer's file is being taken over: no block may go to the log, which goes on behind it.
    var isInstalling = false
    /// Blocks whose entries the journal does not hold durably yet.
    var heldBlocks: Deque<(block: RawBlock, after: BatchID)> = []
    private(set) var durableBatch = BatchID(0)

    var effects: [Effect] = []
    var batches: JournalBatches
    var random: SplitMix64
    var now: UInt64
    var ticks = 0
    var isStopping = false
    var isHalted = false
    /// Genesis is adopted, and not durable yet.
    var isAdopting = false
    /// Whether this node has said that it is behind and not yet that it caught up.
    var isBehind = false

    /// - Parameter seed: of time-outs and identifiers; nodes must not share it.
    package init(configuration: DriverConfiguration, recovered: RecoveredNode, seed: UInt64) {
        self.configuration = configuration
        vote = recovered.identity.vote
        boot = recovered.identity.boot
        setAside = recovered.setAside
        session = SessionID(node: configuration.node, incarnation: .learner, boot: recovered.identity.boot)
        store = recovered.store
        now = recovered.now
        random = SplitMix64(seed: seed)
        recollection = Recollection(start: random.next())
        reads = PendingReads(using: &random)
        batches = JournalBatches(patience: configuration.lazyRecordTicks)
        watch = ClusterWatch(log: recovered.log, blocks: recovered.logBlocks)
        snapshots = SnapshotSchedule(
            verified: recovered.snapshot, snapshotBytes: recovered.snapshotBytes,
            bytesSinceSeal: recovered.bytesSinceSeal)
        audit = recovered.audit
        for aside in setAside { effects.append(.report(.setAside(aside))) }
        if let genesis = recovered.genesis {
            self.genesis = genesis.value
            genesisEntry = genesis.entry
            join(genesis.value, recovered: recovered)
        } else {
            formation = Formation(
                configuration: configuration, journal: vote, cluster: recovered.identity.cluster)
        }
        resumeDivergence(recovered.divergence)
    }

    package var incarnation: Incarnation { replica?.incarnation ?? .learner }

    /// The slot that a proposal gets now; nil while none can be made.
    var nextProposal: Slot? { replica?.canPropose == true ? replica?.nextSlot : nil }

    // MARK: Events

    package mutating func handle(_ event: Event) {
        guard !isHalted else { return }
        switch event {
        case .tick(let now): tick(now)
        case .message(let message, let node): receive(message, from: node)
        case .request(let request, let content): accept(request, content)
        case .journalDurable(let batch):
            if let record = batches.noteDurable(batch) { replica?.recordsDurable(through: record) }
            completeAdoption()
            durableBatch = batch
            releaseBlocks()
            placeFile()
        case .logDurable(let log, let blocks): noteDurable(log, blocks)
        case .logRead(peer: configuration.node, let passage): learn(passage)
        case .logRead(let peer, let passage): serve(passage, to: peer)
        case .logDamaged(let damage): note(damage)
        case .logSound(let segment): noteSound(segment)
        case .pieceRead(let piece, let node): send(piece, to: node)
        case .pieceKept(let file, let length): noteKept(length, of: file)
        case .segmentReplaced(let segment, let replacement): note(replacement, of: segment)
        case .segmentTakenIn(let segment, let intake):
            noteTakenIn(segment, intake)
            releaseBlocks()
        case .snapshotInstalled(let name, let result):
            noteInstalled(name, result)
            releaseBlocks()
        case .snapshotTaken(let snapshot): noteTaken(snapshot)
        case .snapshotFailed(let slot, let reason): noteFailed(slot, reason: reason)
        case .logCompacted(let log, let first, let refusal):
            watch.note(log, [])
            damaged.forget(before: first)
            if let refusal { effects.append(.report(.archiveRefused(refusal))) }
        case .room(let hasRoom): replica?.hasRoom = hasRoom
        case .stop: stop()
        }
        carryOut()
    }

    /// Ends a turn: what waits is proposed, forwarded or asked, and everything to be done is handed over, in order.
    package mutating func takeEffects() -> [Effect] {
        if !isHalted {
            sendCommands()
            sendReads()
            carryOut()
            replica?.endTurn()
            carryOut()
            answerReads()
            flushBatch()
        }
        defer { effects.removeAll() }
        return effects
    }

    /// What the disk holds of the log by now, and what it got.
    mutating func noteDurable(_ log: LogExtent, _ blocks: [BlockDigest]) {
        let hasNewSegment = log.segments > watch.log.segments
        tail?.noteDurable(through: log.through)
        watch.note(log, blocks)
        snapshots.noteDurable(blocks)
        checkMending(blocks)
        effects.append(.releaseJournal(through: log.through))
        if hasNewSegment { compact() }
    }

    private mutating func tick(_ now: UInt64) {
        self.now = now
        ticks += 1
        if formation != nil { tickFormation() }
        tickRecall()
        tickReadmission()
        tickShipping()
        tickSegments()
        tickSnapshots()
        tickCheckpoints()
        replica?.tick(time: now)
        carryOut()
        batches.tick()
        if ticks % 10 == 0 {
            expireRequests()
            reportLag()
            tickMending()
        }
        tickReports()
    }

    private mutating func receive(_ message: PeerMessage, from node: NodeID) {
        if case .standing(let standing) = message.content { return receive(standing, from: node) }
        guard let genesis, message.cluster == genesis.cluster else { return }
        replica?.noteConfiguration(at: message.configuration, knownBy: node)
        switch message.content {
        case .paxos(let content):
            if case .promise(let promise) = content {
                recollection.note(promise.ballot, by: node, message.incarnation)
            }
            replica?.receive(content, from: node, incarnation: message.incarnation)
        case .recall(let recall): note(recall, from: node, message.incarnation)
        case .forward(let forward): incoming.add(forward, mostBytes: configuration.mostQueuedBytes)
        case .report(let report): note(report, from: node)
        case .readmission(let readmission): note(readmission, from: node)
        case .shipping(let shipping): receive(shipping, from: node)
        case .checkpoint(let report): note(report, from: node)
        case .standing: break
        }
    }

    private mutating func stop() {
        isStopping = true
        replica?.handOver()
    }

    // MARK: Effects

    /// Turns what the replica put out into effects, and applies what was chosen.
    mutating func carryOut() {
        guard let outputs = replica?.takeOutputs(), !outputs.isEmpty else { return }
        var learned = false
        for output in outputs where !isHalted {
            switch output {
            case .record(let record): batches.add(record)
            case .lazyRecord(let record): batches.addLazily(record)
            case .send(.catchUp(let request), let node, _): ask(for: request, of: node)
            case .send(let message, let node, let timing):
                send(.paxos(message), to: node, after: timing == .afterRecords ? batches.lastNeeded : nil)
            case .chosen(let run):
                apply(run)
                learned = true
            case .serve(let request, let node): serve(request, to: node)
            case .readIndex(let question, let slot): reads.note(question: question, slot: slot)
            case .event(let event): note(event)
            }
        }
        if let made = replica?.recordsMade { batches.noteRecords(made) }
        if learned { answerReads() }
    }

    mutating func send(_ content: PeerMessage.Content, to node: NodeID, after batch: BatchID? = nil) {
        let message = PeerMessage(
            cluster: genesis?.cluster ?? .none, incarnation: incarnation,
            configuration: replica?.configuration.slot ?? .zero, content: content)
        effects.append(.send(message, to: node, after: batch))
    }

    mutating func flushBatch() {
        guard let (batch, records) = batches.takeBatch() else { return }
        // Before the sends that wait for it, so that whoever carries effects out meets the batch first.
        effects.insert(.journal(batch, records), at: 0)
    }

    private mutating func note(_ event: ReplicaEvent) {
        switch event {
        case .electionStarted(let ballot): effects.append(.report(.electionStarted(ballot)))
        case .leading(let ballot):
            commands.sendAllAgain()
            effects.append(.report(.leaderElected(configuration.node, ballot)))
        case .following(let node, let ballot):
            commands.sendAllAgain()
            incoming.removeAll()
            forgetProposals()
            effects.append(.report(.leaderElected(node, ballot)))
        case .leaderless:
            incoming.removeAll()
            forgetProposals()
            effects.append(.report(.leaderLost))
        case .voteReturned(let incarnation):
            if isSessionSuspended { renewSession() }
            effects.append(.admit(incarnation, as: vote))
            effects.append(.report(.voteReturned(incarnation)))
        }
        reads.askAgain(askedBefore: ticks + 1)
    }

    private mutating func forgetProposals() {
        snapshots.forgetProposal()
        checkpointing.forgetProposals()
    }

    // MARK: Applying

    /// Applies chosen entries, answers this node's own clients, and hands complete blocks to the log.
    mutating func apply(_ run: Run) {
        let span = run.body.span.bytes
        var offset = 0
        var slot = run.firstSlot
        while offset < run.body.count {
            do {
                let entry = try EntryView(in: span, at: offset)
                guard entry.slot == slot else { return halt("the entry chosen in slot \(slot) says \(entry.slot)") }
                let outcome = try store.apply(entry, payload: span.extracting(entry.payload))
                check(entry, in: span)
                answer(entry, outcome)
                snapshots.noteApplied(bytes: entry.end - offset)
                if entry.kind == .seal { noteSeal() }
                if entry.kind == .configuration { note(try Membership(of: entry, in: run.body)) }
                offset = entry.end
                slot = slot.next
            } catch {
                return halt("the entry chosen in slot \(slot) can't be applied: \(error)")
            }
        }
        segments.noteApplied(through: store.appliedThrough, &snapshots)
        let logThrough = tail?.durableThrough ?? .zero
        for block in tail?.append(run) ?? [] where block.lastSlot > logThrough {
            heldBlocks.append((block, batches.lastNeeded ?? heldBlocks.last?.after ?? durableBatch))
        }
        releaseBlocks()
    }

    /// A block goes to the log only when this node's journal holds its entries: a block that is torn there can then be
    /// cut, and written again.
    mutating func releaseBlocks() {
        while !isInstalling, let held = heldBlocks.first, held.after <= durableBatch {
            effects.append(.appendLog(held.block))
            heldBlocks.removeFirst()
        }
    }

    /// Answers the client that waits for this entry, if it is one of this node's.
    private mutating func answer(_ entry: EntryView, _ outcome: Outcome) {
        guard entry.sequence > 0, entry.session == session, !isSessionSuspended, outcome != .duplicate,
            let command = commands.remove(entry.sequence)
        else { return }
        let answer: Answer =
            outcome == .sessionExpired ? .refused(.sessionExpired) : .applied(entry.slot, outcome)
        effects.append(.answer(command.request, answer))
        if outcome == .sessionExpired { renewSession() }
    }

    mutating func halt(_ reason: String) {
        isHalted = true
        effects.append(.halt(reason))
    }
}

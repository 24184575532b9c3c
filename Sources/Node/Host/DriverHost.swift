// Owns the driver on one event loop: gathers events into turns and carries out what the driver wants done. It decides
// nothing about agreement, and never waits for anything.

import Logging
import NIOCore
import Paxos
import PaxosLog
import Replication
import StateMachine

// Unchecked, because all that is mutable here is touched on the event loop only; the mailbox alone is shared.
final class DriverHost: @unchecked Sendable {
    private enum Item: Sendable {
        case event(Event)
        case request(Request, UnsafeContinuation<Answer, Never>)
        case look(@Sendable (borrowing ReplicaDriver) -> Void)
    }

    let loop: any EventLoop
    private let logger: Logger
    private let mailbox = Mailbox<Item>()

    private var driver: ReplicaDriver
    private var storage: (any StorageOutlet)?
    private var peers: (any PeerOutlet)?
    private var ticks: RepeatedTask?
    private var reports = ReportLog()

    /// What came on the event loop itself, for the next turn.
    private var items: [Item] = []
    private var turnIsDue = false
    private var held = HeldMessages()
    private var waiting: [RequestID: UnsafeContinuation<Answer, Never>] = [:]
    private var lastRequest: UInt64 = 0
    private var hasEnded = false

    init(driver: ReplicaDriver, loop: any EventLoop, logger: Logger) {
        self.driver = driver
        self.loop = loop
        self.logger = logger
    }

    /// Begins to let time pass. Before it, nothing that the driver wants is carried out.
    func start(storage: any StorageOutlet, peers: any PeerOutlet) {
        loop.preconditionInEventLoop()
        self.storage = storage
        self.peers = peers
        let interval = TimeAmount.microseconds(Int64(driver.configuration.tickInterval))
        ticks = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [self] _ in
            put(.event(.tick(now: WallClock.now)))
        }
        runTurnSoon()
    }

    // MARK: From any thread

    func post(_ event: Event) { put(.event(event)) }

    /// Asks the driver, which answers every request: within its time-out, if nothing else happens.
    func ask(_ request: Request) async -> Answer {
        await withUnsafeContinuation { put(.request(request, $0)) }
    }

    /// Looks at the driver between two turns.
    func look<Value: Sendable>(_ body: @escaping @Sendable (borrowing ReplicaDriver) -> Value) async -> Value {
        await withUnsafeContinuation { continuation in
            put(.look { continuation.resume(returning: body($0)) })
        }
    }

    private func put(_ item: Item) {
        if loop.inEventLoop {
            items.append(item)
            runTurnSoon()
        } else if mailbox.put(item) {
            loop.execute { self.turn() }
        }
    }

    // MARK: On the event loop

    /// Looks at the driver from the event loop, at once.
    func lookNow<Value>(_ body: (borrowing ReplicaDriver) -> Value) -> Value {
        loop.preconditionInEventLoop()
        return body(driver)
    }

    /// How many messages wait for a batch to be durable.
    var heldMessages: Int {
        loop.preconditionInEventLoop()
        return held.count
    }

    /// A turn at the end of this pass of the event loop, so that all that is readable now is one turn.
    private func runTurnSoon() {
        guard !turnIsDue else { return }
        turnIsDue = true
        loop.execute { self.turn() }
    }

    private func turn() {
        turnIsDue = false
        if hasEnded { return refuseAll() }
        guard storage != nil else { return }
        let own = items
        items.removeAll(keepingCapacity: true)
        for item in own { take(item) }
        for item in mailbox.take() { take(item) }
        for effect in driver.takeEffects() { carryOut(effect) }
        peers?.flush()
    }

    private func take(_ item: Item) {
        switch item {
        case .event(let event):
            if case .journalDurable(let batch) = event { release(through: batch) }
            driver.handle(event)
        case .request(let request, let continuation):
            lastRequest += 1
            let identifier = RequestID(lastRequest)
            waiting[identifier] = continuation
            driver.handle(.request(identifier, request))
        case .look(let body):
            body(driver)
        }
    }

    private func release(through batch: BatchID) {
        held.noteDurable(batch)
        while let next = held.next() { peers?.send(next.message, to: next.node) }
    }

    private func carryOut(_ effect: Effect) {
        switch effect {
        case .journal(let batch, let records): storage?.journal(batch, records)
        case .send(let message, let node, let batch):
            if !held.hold(message, to: node, after: batch) { peers?.send(message, to: node) }
        case .answer(let request, let answer): waiting.removeValue(forKey: request)?.resume(returning: answer)
        case .appendLog(let block): storage?.appendLog(block)
        case .readLog(let slot, let bytes, let peer, let offersSegment):
            storage?.readLog(from: slot, bytes: bytes, for: peer, offersSegment: offersSegment)
        case .readPiece(let question, let peer): storage?.readPiece(question, for: peer)
        case .keepPiece(let piece): storage?.keepPiece(piece)
        case .discardPieces(let kept): storage?.discardPieces(besides: kept)
        case .replaceSegment(let segment): storage?.replaceSegment(segment)
        case .takeInSegment(let segment): storage?.takeIn(segment)
        case .installSnapshot(let snapshot): storage?.installSnapshot(snapshot)
        case .takeSnapshot(let view): storage?.takeSnapshot(view)
        case .compact(let verified): storage?.compact(verified: verified)
        case .releaseJournal(let slot): storage?.releaseJournal(through: slot)
        case .adopt(let genesis): storage?.adopt(genesis)
        case .admit(let incarnation, let vote): storage?.admit(incarnation, as: vote)
        case .noteDivergence(let report): storage?.note(report)
        case .report(let report): reports.write(report, to: logger)
        case .halt(let reason):
            logger.critical("The node stops: going on would break a promise", metadata: ["reason": "\(reason)"])
            ProcessEnd.now(ExitStatus.software, reason)
        }
    }

    // MARK: Stopping

    /// Hands leadership over and waits until nobody waits for an answer any more, `limit` at most. From here on the
    /// driver refuses what is asked.
    func stop(within limit: TimeAmount) async {
        post(.stop)
        let deadline = NIODeadline.now() + limit
        while NIODeadline.now() < deadline {
            let isDone = await withUnsafeContinuation { continuation in
                loop.execute { continuation.resume(returning: self.isQuiet) }
            }
            if isDone { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
        logger.warning("Leadership could not be handed over, or not all requests be answered, in time")
        await withUnsafeContinuation { continuation in
            loop.execute {
                self.answerUnknown()
                continuation.resume()
            }
        }
    }

    /// Who still waits is told that nothing is known.
    private func answerUnknown() {
        for continuation in waiting.values { continuation.resume(returning: .unknown) }
        waiting = [:]
    }

    private var isQuiet: Bool {
        let leads = driver.status.role == .leader && driver.configuration.members.count > 1
        return items.isEmpty && waiting.isEmpty && !leads
    }

    /// Lets no more time pass, and tells those that still wait that nothing is known.
    func end() {
        loop.preconditionInEventLoop()
        hasEnded = true
        ticks?.cancel()
        refuseAll()
        answerUnknown()
    }

    private func refuseAll() {
        for item in items + mailbox.take() {
            switch item {
            case .request(_, let continuation): continuation.resume(returning: .refused(.stopping))
            case .look(let body): body(driver)
            case .event: break
            }
        }
        items = []
    }
}

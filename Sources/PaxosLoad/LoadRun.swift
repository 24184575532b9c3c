// A run from its first connection to its report: hands requests that are due to clients that are free, and counts how
// they end. Everything in it happens on one event loop: a second one would take a processor from the nodes, where they
// share a machine with it.

import Console
import DequeModule
import NIOCore

final class LoadRun {
    /// What is known while the run goes on.
    struct Progress {
        /// From 0 to 1.
        var fraction: Double
        var ended: Int
        var failed: Int
        var seconds: Double
    }

    private enum Phase {
        case connecting
        case running
        case over
    }

    let settings: LoadSettings
    let loop: any EventLoop
    let timeout: TimeAmount
    private let history: HistoryFile?
    private let progress: ((Progress) -> Void)?
    private let promise: EventLoopPromise<Report>

    private var phase = Phase.connecting
    private var ending = Report.Ending.complete
    private var workload: Workload
    private var arrivals: Arrivals
    private var tally: Tally
    private var clients: [LoadClient] = []
    private var idle = Deque<LoadClient>()
    private var underWay = 0
    /// The nodes that were out of reach at first, and why.
    private var unreached: [(node: Int, reason: String)] = []
    private var dialling = 0

    private var zero = NIODeadline.now()
    private var wake: Scheduled<Void>?
    private var beat: RepeatedTask?
    private var lastSuccess: Int64 = 0
    /// After an interrupt: when to wait no longer for answers.
    private var patienceEnds = Int64.max
    private var beats = 0

    private static let beatInterval = TimeAmount.milliseconds(50)
    /// How long an interrupted run still waits for its answers.
    private static let interruptPatience: Int64 = 1_000_000_000
    /// A run of a given count ends when nothing has succeeded for so many time-outs.
    private static let vainTimeouts: Int64 = 3

    init(
        _ settings: LoadSettings, loop: any EventLoop, history: HistoryFile? = nil,
        progress: ((Progress) -> Void)? = nil
    ) {
        self.settings = settings
        self.loop = loop
        self.history = history
        self.progress = progress
        timeout = .nanoseconds(Int64(settings.timeout * 1e9))
        promise = loop.makePromise()
        workload = Workload(settings)
        arrivals = Arrivals(
            rate: settings.rate, count: settings.count, end: settings.seconds.map { Int64($0 * 1e9) },
            patience: timeout.nanoseconds)
        tally = Tally(nodes: settings.nodes.count)
    }

    private var now: Int64 { (NIODeadline.now() - zero).nanoseconds }

    // MARK: The beginning

    /// - Returns: what was measured, or a `LoadFailure`.
    func start() -> EventLoopFuture<Report> {
        loop.preconditionInEventLoop()
        for number in 0..<settings.connections {
            clients.append(LoadClient(name: number, node: number % settings.nodes.count, run: self))
        }
        dialling = clients.count
        for client in clients { client.dial() }
        // The run lives until its promise is kept.
        let run = NIOLoopBound(self, eventLoop: loop)
        beat = loop.scheduleRepeatedTask(initialDelay: Self.beatInterval, delay: Self.beatInterval) { _ in
            run.value.checkClock()
        }
        return promise.futureResult.always { _ in run.value.clients.removeAll() }
    }

    /// A client has a connection, or could not get one.
    func firstDialEnded(_ fault: (node: Int, reason: String)?) {
        if let fault { unreached.append(fault) }
        dialling -= 1
        guard dialling == 0 else { return }
        guard unreached.count < clients.count else {
            return end(throwing: .unreachable("no node can be reached: \(unreachedNodes.joined(separator: "; "))"))
        }
        for node in unreachedNodes { StandardError.say("paxos-load: \(node); going on with the others\n") }
        phase = .running
        zero = .now()
        idle.append(contentsOf: clients)
        dispatch(at: 0)
    }

    private var unreachedNodes: [String] {
        settings.nodes.indices.compactMap { node in
            unreached.first { $0.node == node }.map { "\(settings.nodes[node]): \($0.reason)" }
        }
    }

    // MARK: Requests

    /// Gives what is due to clients that are free.
    private func dispatch(at now: Int64) {
        while phase == .running, let client = idle.first {
            switch arrivals.next(at: now) {
            case .due(let due):
                idle.removeFirst()
                arrivals.take()
                underWay += 1
                client.take(.init(request: workload.next(named: client.nextValueName()), due: due, start: now))
            case .later(let time): return wakeUp(at: time)
            case .over: return endIfQuiet(at: now)
            }
        }
    }

    private func wakeUp(at time: Int64) {
        guard wake == nil else { return }
        let run = NIOLoopBound(self, eventLoop: loop)
        wake = loop.scheduleTask(deadline: zero + .nanoseconds(time)) {
            run.value.wake = nil
            run.value.dispatch(at: run.value.now)
        }
    }

    func ended(_ assignment: LoadClient.Assignment, by client: LoadClient, named name: Int, _ outcome: Outcome) {
        guard phase == .running else { return }
        let now = now
        underWay -= 1
        tally.add(assignment.request.kind, node: client.node, nanoseconds: now - assignment.due, end: now, outcome)
        if let history {
            var end: Int64? = now
            if case .unknown = outcome { end = nil }
            history.add(
                RecordedOperation(
                    client: name, request: assignment.request, start: assignment.start, end: end, outcome: outcome))
        }
        if outcome.failure == nil {
            lastSuccess = now
            idle.append(client)
            dispatch(at: now)
        }
        endIfQuiet(at: now)
    }

    /// A client that rested may be asked again.
    func isIdle(_ client: LoadClient) {
        idle.append(client)
        dispatch(at: now)
    }

    // MARK: The end

    /// Twenty times a second: what has waited too long, and whether it is time to end.
    private func checkClock() {
        guard phase == .running else {
            if Interrupt.isAsked { end(throwing: .unreachable("interrupted while connecting")) }
            return
        }
        let now = now
        if let failure = history?.failure { return end(throwing: failure) }
        if Interrupt.isAsked, ending != .interrupted {
            stop(.interrupted)
            patienceEnds = now + Self.interruptPatience
            // A second one ends the program at once.
            Interrupt.restoreDefault()
        }
        if settings.seconds == nil, now - lastSuccess > Self.vainTimeouts * timeout.nanoseconds, ending == .complete {
            stop(.gaveUp)
        }
        let reason = "no answer in time"
        let latest = now >= patienceEnds ? .max : now - timeout.nanoseconds
        for client in clients { client.giveUp(startedBefore: latest, reason) }
        beats += 1
        if let progress, beats.isMultiple(of: 4) {
            let byCount = settings.count.map { Double(tally.ended) / Double($0) } ?? 0
            let byTime = settings.seconds.map { Double(now) / 1e9 / $0 } ?? 0
            progress(
                Progress(
                    fraction: min(1, max(byCount, byTime)), ended: tally.ended, failed: tally.failed,
                    seconds: Double(now) / 1e9))
        }
        endIfQuiet(at: now)
    }

    private func stop(_ ending: Report.Ending) {
        self.ending = ending
        arrivals.stop()
    }

    private func endIfQuiet(at now: Int64) {
        guard phase == .running, underWay == 0, arrivals.next(at: now) == .over else { return }
        tally.unsent = arrivals.unsent
        close()
        promise.succeed(Report(settings, tally, ending))
    }

    private func end(throwing failure: LoadFailure) {
        close()
        promise.fail(failure)
    }

    private func close() {
        phase = .over
        beat?.cancel()
        wake?.cancel()
        for client in clients { client.close() }
    }
}

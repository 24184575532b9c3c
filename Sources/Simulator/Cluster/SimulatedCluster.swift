// Several drivers on a simulated network, disk and clock, from one seed: the same seed gives the same run. It lets
// clients and faults at them for a while, then lets the cluster settle, and checks what is promised on the way and at
// the end.

import NIOCore
import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage

final class SimulatedCluster {
    struct Plan: Sendable {
        var nodes = 3
        var clients = 4
        /// How many operations clients begin while there are faults.
        var operations = 300
        var faults = Fault.usual
        /// Whether every node's disk may be damaged. Nodes then need not serve in the end, but they must not be wrong.
        var isBeyondBudget = false
        /// Each start is without a vote until the others have given it back; at most a minority is restarted at once.
        var restartsStrictly: Bool { faults.contains(.rollback) }
        /// The mistake that every node makes; nil for nodes as they ship.
        var flaw: Flaw?
    }

    enum Happening {
        case tick(NodeID, start: Int)
        case frame(ByteBuffer, from: NodeID, to: NodeID)
        case journalWritten(NodeID, start: Int)
        case logWritten(NodeID, start: Int)
        case journalIdle(NodeID, start: Int, writes: Int)
        case scrub(NodeID, start: Int)
        case snapshotWritten(NodeID, SnapshotView, start: Int)
        case ownLogRead(NodeID, from: Slot, bytes: Int, start: Int)
        case diskReplaced(NodeID)
        case rebuilding(NodeID)
        case request(RequestID, Request, NodeID, start: Int)
        case restart(NodeID)
        case fault
        case cut([SimulatedNetwork.Link])
        case heal([SimulatedNetwork.Link])
        case room(NodeID)
        case client(Int)
    }

    let plan: Plan
    let mix: FaultMix
    let members: [NodeID]
    var nodes: [NodeID: SimulatedNode] = [:]
    var queue = EventQueue<Happening>()
    var network: SimulatedNetwork
    var random: SplitMix64
    private(set) var now: UInt64 = 4_000_000_000
    var history: ClientHistory
    var logged = LoggedEntries()
    var checks = ClusterChecks()
    var report: RunReport
    /// Until when a node stands still, as a process that is stopped or swapped out does.
    var pauses: [NodeID: UInt64] = [:]
    var clocks: [NodeID: SimulatedClock] = [:]
    /// Those whose disk was emptied, until they vote again.
    var wiped: Set<NodeID> = []
    /// Nodes whose disk may hold something else than they wrote to it; those that were wiped too.
    var harmed: Set<NodeID> = []
    /// The node whose state was altered, and whether it led then; there is one in a run at the most.
    var altered: (node: NodeID, wasLeader: Bool)?
    /// Those that have not started from what was done to them yet.
    var unmet: Set<NodeID> = []
    /// Those of them whose log alone was harmed, which they are to find out while they run.
    var scrubbed: Set<NodeID> = []
    /// What happened last, for who looks for the cause of a failure.
    private(set) var trace: [String] = []
    let isVerbose: Bool

    /// Simulated microseconds that faults may last at the most, and settling after them.
    private static let mostFaultTime: UInt64 = 60_000_000
    private static let mostSettleTime: UInt64 = 10_000_000

    init(seed: UInt64, plan: Plan, isVerbose: Bool = false) {
        self.plan = plan
        self.isVerbose = isVerbose
        random = SplitMix64(seed: seed)
        mix = FaultMix(seed: seed, allowed: plan.faults)
        members = (0..<UInt16(plan.nodes)).map { NodeID($0) }
        history = ClientHistory(clients: plan.clients, faults: mix.faults, odds: mix.clientOdds)
        network = SimulatedNetwork(faults: mix.faults.intersection(Fault.ofMessages), odds: mix.messageOdds)
        report = RunReport(seed: seed)
        for id in members {
            nodes[id] = SimulatedNode(
                id: id, members: members, electionTicks: mix.electionTicks, keptSegments: mix.keptSegments,
                restartsStrictly: plan.restartsStrictly && plan.flaw != .trustImage, flaw: plan.flaw)
            clocks[id] = SimulatedClock()
        }
    }

    /// Runs to the end.
    /// - Throws: `SimulationFailure`, or whatever a node's recovery threw.
    func run() throws -> RunReport {
        let start = now
        for id in members { try self.start(id) }
        for client in 0..<plan.clients { queue.plan(.client(client), at: now + 1_000 * UInt64(client)) }
        if !faultsOfNodes.isEmpty { queue.plan(.fault, at: now + 300_000) }
        while history.begun < plan.operations, now - start < SimulatedCluster.mostFaultTime { try step() }
        try settle()
        report.acknowledged = history.acknowledged
        report.reads = history.readsAnswered
        report.refused = history.refused
        report.unknown = history.unknown
        report.simulatedTime = now - start
        report.faults.merge(network.met.merging(history.met) { $1 }) { $1 }
        return report
    }

    private func settle() throws {
        network.faults = []
        network.heal()
        pauses.removeAll()
        for id in members {
            clocks[id]?.goRight()
            nodes[id]?.disk.capacity = nil
            nodes[id]?.readsUntilError = nil
        }
        try meetDamage()
        for id in members {
            if nodes[id]?.isRunning == false { try start(id) }
        }
        history.lastWrites = true
        let end = now + SimulatedCluster.mostSettleTime
        while now < end {
            try step()
            if history.allAnsweredAtTheEnd, isQuiet { return try checkEnd() }
        }
        if plan.isBeyondBudget { return try checkEnd() }
        let state = members.map { id in nodes[id]?.driver.map { "\(id): \($0.status)" } ?? "\(id): down" }
        for line in state { tell(line) }
        let ticks = SimulatedCluster.mostSettleTime / SimulatedClock.trueTick
        throw SimulationFailure(description: "not all clients were served within \(ticks) ticks after the faults ended")
    }

    var isSettling: Bool { history.lastWrites }

    private var isQuiet: Bool {
        let statuses = members.compactMap { nodes[$0]?.driver?.status }
        guard statuses.count == members.count, let first = statuses.first else { return false }
        return first.appliedThrough >= history.lastAcknowledged && scrubbed.isEmpty
            && statuses.allSatisfy {
                $0.appliedThrough == first.appliedThrough && $0.unhealthyReason == nil && $0.role != .learner
                    && $0.mendingThrough == nil
            } && members.allSatisfy(isLogMended)
    }

    // MARK: One step

    private func step() throws {
        guard let (time, happening) = queue.next() else { throw SimulationFailure(description: "nothing to happen") }
        now = time
        if let id = concerned(by: happening), let end = pauses[id] {
            if now < end { return queue.plan(happening, at: end + UInt64.random(in: 0...2_000, using: &random)) }
            pauses[id] = nil
        }
        report.events += 1
        report.digest.add(now)
        switch happening {
        case .tick(let id, let start):
            guard isCurrent(id, start), let clock = clocks[id] else { return }
            queue.plan(happening, at: now + clock.tick)
            if !clock.isStopped(at: now) { try deliver(.tick(now: clock.wall(at: now)), to: id) }
        case .frame(var frame, let from, let to):
            guard let node = nodes[to], node.isRunning else { return }
            report.digest.add(frame)
            guard let message = try PeerCodec.decode(from: &frame) else {
                throw SimulationFailure(description: "a frame can't be read back")
            }
            try deliver(.message(message, from: from), to: to)
        case .journalWritten(let id, let start): try finishJournalWrite(id, start)
        case .logWritten(let id, let start):
            guard isCurrent(id, start), let node = nodes[id] else { return }
            switch node.finishLogWrite() {
            case .failed: return crash(id)
            case .full: queue.plan(happening, at: now + 20_000)
            case .written(let log, let blocks):
                try deliver(.logDurable(log, blocks), to: id)
                if node.isLogComplete { try ClusterChecks.checkJournalFiles(of: node) }
            }
        case .request(let request, let content, let id, let start):
            if isCurrent(id, start) { try deliver(.request(request, content), to: id) }
        case .journalIdle(let id, let start, let writes):
            guard isCurrent(id, start), let node = nodes[id], node.journalWrites == writes else { return }
            if !node.markJournal() { crash(id) }
        case .snapshotWritten(let id, let view, let start):
            guard isCurrent(id, start), let node = nodes[id] else { return }
            guard let event = node.take(view) else { return crash(id) }
            try deliver(event, to: id)
        case .ownLogRead(let id, let slot, let bytes, let start):
            guard isCurrent(id, start), let node = nodes[id] else { return }
            try readLog(of: node, from: slot, bytes: bytes, for: id)
        case .scrub(let id, let start):
            guard isCurrent(id, start) else { return }
            queue.plan(happening, at: now + UInt64.random(in: 200_000...600_000, using: &random))
            try scrub(id)
        case .diskReplaced(let id): try replaceDisk(id)
        case .rebuilding(let id): try rebuild(id)
        case .restart(let id): try start(id)
        case .fault: try makeFault()
        case .cut(let links): if !isSettling { network.cutLinks(links) }
        case .heal(let links): network.healLinks(links)
        case .room(let id): nodes[id]?.disk.capacity = nil
        case .client(let client):
            queue.plan(happening, at: now + UInt64.random(in: 3_000...30_000, using: &random))
            try clientStep(client)
        }
    }

    /// The node that a happening waits for.
    private func concerned(by happening: Happening) -> NodeID? {
        switch happening {
        case .tick(let id, _), .journalWritten(let id, _), .logWritten(let id, _), .request(_, _, let id, _),
            .journalIdle(let id, _, _), .scrub(let id, _), .snapshotWritten(let id, _, _),
            .ownLogRead(let id, _, _, _):
            id
        case .frame(_, _, let id): id
        case .restart, .diskReplaced, .rebuilding, .fault, .cut, .heal, .room, .client: nil
        }
    }

    private func isCurrent(_ id: NodeID, _ start: Int) -> Bool {
        guard let node = nodes[id] else { return false }
        return node.isRunning && node.starts == start
    }

    private func finishJournalWrite(_ id: NodeID, _ start: Int) throws {
        guard isCurrent(id, start), let node = nodes[id] else { return }
        switch node.finishJournalWrite() {
        case .failed: crash(id)
        case .full:
            queue.plan(.journalWritten(id, start: start), at: now + 50_000)
            try deliver(.room(false), to: id)
        case .written(let batch, let released):
            queue.plan(.journalIdle(id, start: start, writes: node.journalWrites), at: now + 10_000)
            for (message, to) in released { try send(message, from: id, to: to) }
            try deliver(.room(true), to: id)
            try deliver(.journalDurable(batch), to: id)
        }
    }

    func deliver(_ event: Event, to id: NodeID) throws {
        guard let node = nodes[id], node.isRunning else { return }
        node.handle(event)
        for effect in node.takeEffects() {
            guard node.isRunning else { return }
            try carryOut(effect, of: node)
        }
        guard node.isRunning else { return }
        if node.beginJournalWrite() {
            let most: UInt64 = node.isSlow(at: now) ? 120_000 : 6_000
            queue.plan(
                .journalWritten(id, start: node.starts), at: now + UInt64.random(in: 100...most, using: &random))
        }
        if node.beginLogWrite() {
            let most: UInt64 = node.isSlow(at: now) ? 400_000 : 20_000
            queue.plan(.logWritten(id, start: node.starts), at: now + UInt64.random(in: 100...most, using: &random))
        }
        if let driver = node.driver { try checks.note(driver, of: id, isAltered: node.isAltered) }
        try ClusterChecks.checkBudgets(node)
    }

    func start(_ id: NodeID) throws {
        guard let node = nodes[id], !node.isRunning, let clock = clocks[id] else { return }
        try ClusterChecks.checkFilesAreClosed(of: node)
        do {
            try node.start(now: clock.wall(at: now), seed: random.next())
        } catch StorageError.io(.ioError, _, _), StorageError.io(.noSpace, _, _) {
            // The crash that was planned came in the middle of the recovery, or the disk is still full.
            return crash(id)
        } catch let error as StorageError {
            return try refuse(id, error)
        }
        try ClusterChecks.checkDivergence(of: node)
        planRebuilding(of: id)
        unmet.remove(id)
        scrubbed.remove(id)
        tell("\(id) starts")
        queue.plan(.journalIdle(id, start: node.starts, writes: node.journalWrites), at: now + 10_000)
        queue.plan(.scrub(id, start: node.starts), at: now + UInt64.random(in: 100_000...300_000, using: &random))
        queue.plan(.tick(id, start: node.starts), at: now + UInt64.random(in: 0...clock.tick, using: &random))
    }

    func crash(_ id: NodeID, restartWithin pause: ClosedRange<UInt64> = 1_000...400_000) {
        report.crashes += 1
        tell("\(id) crashes")
        let rules: [CrashRule] = [.nothing, .everything, .random(seed: random.next()), .random(seed: random.next())]
        nodes[id]?.crash(keeping: rules[Int.random(in: 0..<rules.count, using: &random)])
        checks.forget(id)
        queue.plan(.restart(id), at: now + UInt64.random(in: pause, using: &random))
    }

    /// Writes down what happened; printed at once in a run that somebody watches.
    func tell(_ line: @autoclosure () -> String) {
        guard isVerbose else { return }
        trace.append("\(Double(now - 4_000_000_000) / 1_000_000) s  \(line())")
    }

    // MARK: Clients

    private func clientStep(_ client: Int) throws {
        let running = members.filter { nodes[$0]?.isRunning == true }
        guard !running.isEmpty else { return }
        let candidates = isSettling ? [members[client % members.count]] : running
        guard let (request, content, id) = try history.next(client, at: now, nodes: candidates, using: &random) else {
            return
        }
        let start = nodes[id]?.starts ?? 0
        queue.plan(.request(request, content, id, start: start), at: now + UInt64.random(in: 0...500, using: &random))
    }

    // MARK: The end

    private func checkEnd() throws {
        let logs = try members.compactMap { id -> (node: NodeID, entries: [[UInt8]], disk: MemoryFileSystem)? in
            guard let node = nodes[id], let driver = node.driver else {
                if plan.isBeyondBudget { return nil }
                throw SimulationFailure(description: "\(id) is down at the end")
            }
            return (id, try ClusterChecks.entries(of: driver, on: node, logged), node.disk)
        }
        guard let longest = logs.map(\.entries).max(by: { $0.count < $1.count }) else { return }
        try ClusterChecks.checkEqual(logs.map { ($0.node, $0.entries) })
        try ClusterChecks.checkReports(members.compactMap { nodes[$0]?.driver?.clusterView })
        try ClusterChecks.checkSegments(
            logs.map { node, _, disk in
                (node, disk, Set((try? nodes[node]?.scrub())??.filter { $0.damage != nil }.map(\.segment) ?? []))
            })
        // Where no majority votes and holds what it accepted, what was acknowledged last may stand nowhere any more.
        let voters = logs.count { isMended($0.node) }
        try history.check(against: longest, isWhole: voters > members.count / 2)
        try history.checkOrder(against: longest)
        try history.checkLinearizable()
        report.slots = UInt64(longest.count)
        report.checkpoints = try longest.count { try EntryView(in: $0.span.bytes, at: 0).kind == .checkpoint }
        try ClusterChecks.checkCheckpoints(report.checkpoints, among: longest.count, nodes: members.count)
        for entry in longest { report.digest.add(ByteBuffer(bytes: entry)) }
    }
}

// Several drivers on a simulated network, disk and clock, from one seed: the same seed gives the same run. It plans
// faults for a while, then lets the cluster settle, and checks the promises on the way and at the end.

import NIOCore
import Paxos
import PaxosLog
import StateMachine
import SystemPackage

@testable import Replication

struct SimulationFailure: Error, CustomStringConvertible {
    var description: String
}

final class SimulatedCluster {
    struct Plan {
        var nodes = 3
        var network = SimulatedNetwork.Faults(loss: 0.02, duplication: 0.02, lateness: 0.02)
        var crashes = true
        var partitions = true
        var wipes = false
        /// Microseconds of simulated time with faults, and the most it may take to settle after them.
        var faultTime: UInt64 = 2_500_000
        var settleTime: UInt64 = 6_000_000
        var clients = 4
    }

    private enum Happening {
        case tick(NodeID, start: Int)
        case frame(ByteBuffer, from: NodeID, to: NodeID)
        case journalWritten(NodeID, start: Int)
        case logWritten(NodeID, start: Int)
        case request(RequestID, Request, NodeID, start: Int)
        case restart(NodeID)
        case fault
        case heal
        case client(Int)
    }

    let plan: Plan
    let members: [NodeID]
    private(set) var nodes: [NodeID: SimulatedNode] = [:]
    private var queue = EventQueue<Happening>()
    private var network = SimulatedNetwork()
    private var random: SplitMix64
    private(set) var now: UInt64 = 1_000_000
    var history: ClientHistory
    var checks = ClusterChecks()
    private(set) var crashes = 0
    private(set) var elections = 0
    private var wiped: NodeID?
    /// Until when a node stands still, as a process that is stopped or swapped out does.
    private var pauses: [NodeID: UInt64] = [:]

    private static let tick: UInt64 = 10_000

    init(seed: UInt64, plan: Plan) {
        self.plan = plan
        random = SplitMix64(seed: seed)
        members = (0..<UInt16(plan.nodes)).map { NodeID($0) }
        history = ClientHistory(clients: plan.clients)
        for id in members { nodes[id] = SimulatedNode(id: id, members: members) }
    }

    /// Runs to the end.
    /// - Throws: `SimulationFailure`, or whatever a node's recovery threw.
    func run() throws {
        for id in members { try start(id) }
        for client in 0..<plan.clients { queue.plan(.client(client), at: now + 1_000 * UInt64(client)) }
        network.faults = plan.network
        queue.plan(.fault, at: now + 300_000)
        let faultsEnd = now + plan.faultTime
        while now < faultsEnd { try step() }
        try settle()
    }

    private func settle() throws {
        network.faults = SimulatedNetwork.Faults()
        network.heal()
        pauses.removeAll()
        for id in members where nodes[id]?.isRunning == false { try start(id) }
        history.lastWrites = true
        let end = now + plan.settleTime
        while now < end {
            try step()
            if history.allAnsweredAtTheEnd, isQuiet { return try checkEnd() }
        }
        let state = members.map { id in nodes[id]?.driver.map { "\(id): \($0.status)" } ?? "\(id): down" }
        throw SimulationFailure(description: "no progress after the faults ended\n" + state.joined(separator: "\n"))
    }

    private var isQuiet: Bool {
        let statuses = members.compactMap { nodes[$0]?.driver?.status }
        guard statuses.count == members.count, let first = statuses.first else { return false }
        return first.appliedThrough >= history.lastAcknowledged
            && statuses.allSatisfy { $0.appliedThrough == first.appliedThrough && $0.unhealthyReason == nil }
    }

    // MARK: One step

    private func step() throws {
        guard let (time, happening) = queue.next() else { throw SimulationFailure(description: "nothing to happen") }
        now = time
        if let id = concerned(by: happening), let end = pauses[id] {
            if now < end { return queue.plan(happening, at: end + UInt64.random(in: 0...2_000, using: &random)) }
            pauses[id] = nil
        }
        switch happening {
        case .tick(let id, let start):
            guard isCurrent(id, start) else { return }
            queue.plan(happening, at: now + SimulatedCluster.tick)
            try deliver(.tick(now: now), to: id)
        case .frame(var frame, let from, let to):
            guard let node = nodes[to], node.isRunning else { return }
            guard let message = try PeerCodec.decode(from: &frame) else {
                throw SimulationFailure(description: "a frame can't be read back")
            }
            try deliver(.message(message, from: from), to: to)
        case .journalWritten(let id, let start):
            guard isCurrent(id, start), let node = nodes[id] else { return }
            guard let (batch, released) = node.finishJournalWrite() else { return crash(id) }
            for (message, to) in released { send(message, from: id, to: to) }
            try deliver(.journalDurable(batch), to: id)
        case .logWritten(let id, let start):
            guard isCurrent(id, start), let node = nodes[id] else { return }
            guard let (log, blocks) = node.finishLogWrite() else { return crash(id) }
            try deliver(.logDurable(log, blocks), to: id)
        case .request(let request, let content, let id, let start):
            if isCurrent(id, start) { try deliver(.request(request, content), to: id) }
        case .restart(let id): try start(id)
        case .fault: makeFault()
        case .heal: network.heal()
        case .client(let client):
            queue.plan(happening, at: now + UInt64.random(in: 3_000...30_000, using: &random))
            try clientStep(client)
        }
    }

    /// The node that a happening waits for.
    private func concerned(by happening: Happening) -> NodeID? {
        switch happening {
        case .tick(let id, _), .journalWritten(let id, _), .logWritten(let id, _), .request(_, _, let id, _): id
        case .frame(_, _, let id): id
        case .restart, .fault, .heal, .client: nil
        }
    }

    private func isCurrent(_ id: NodeID, _ start: Int) -> Bool {
        guard let node = nodes[id] else { return false }
        return node.isRunning && node.starts == start
    }

    private func deliver(_ event: Event, to id: NodeID) throws {
        guard let node = nodes[id], node.isRunning else { return }
        node.handle(event)
        for effect in node.takeEffects() {
            guard node.isRunning else { return }
            try carryOut(effect, of: node)
        }
        guard node.isRunning else { return }
        if node.beginJournalWrite() {
            queue.plan(
                .journalWritten(id, start: node.starts), at: now + UInt64.random(in: 100...6_000, using: &random))
        }
        if node.beginLogWrite() {
            queue.plan(.logWritten(id, start: node.starts), at: now + UInt64.random(in: 100...20_000, using: &random))
        }
        if let driver = node.driver { try checks.note(driver, of: id) }
    }

    private func carryOut(_ effect: Effect, of node: SimulatedNode) throws {
        switch effect {
        case .journal(let batch, let records): node.queue(batch, records)
        case .send(let message, let to, let after):
            if let after, !node.isDurable(after) {
                node.hold(message, to: to, after: after)
            } else {
                send(message, from: node.id, to: to)
            }
        case .answer(let request, let answer): try history.note(answer, to: request, at: now)
        case .appendLog(let block): node.queue(block)
        case .readLog(let slot, let bytes, let peer):
            let blocks = try node.readBlocks(from: slot, bytes: bytes)
            try deliver(.logRead(peer: peer, blocks: blocks), to: node.id)
        case .releaseJournal(let slot):
            if !node.releaseJournal(through: slot) { crash(node.id) }
        case .adopt(let genesis):
            if !node.adopt(genesis) { crash(node.id) }
        case .report(let report):
            if case .electionStarted = report { elections += 1 }
        case .halt(let reason): throw SimulationFailure(description: "\(node.id) halted: \(reason)")
        }
    }

    private func send(_ message: PeerMessage, from: NodeID, to: NodeID) {
        let delays = network.delays(on: SimulatedNetwork.Link(from: from, to: to), using: &random)
        guard !delays.isEmpty else { return }
        var frame = ByteBuffer()
        PeerCodec.encode(message, into: &frame)
        for delay in delays { queue.plan(.frame(frame, from: from, to: to), at: now + delay) }
    }

    // MARK: Faults

    private func start(_ id: NodeID) throws {
        guard let node = nodes[id], !node.isRunning else { return }
        do {
            try node.start(now: now, seed: random.next())
        } catch StorageError.io(.ioError, _, _) {
            // The crash that was planned came in the middle of the recovery.
            return crash(id)
        }
        queue.plan(
            .tick(id, start: node.starts), at: now + UInt64.random(in: 0...SimulatedCluster.tick, using: &random))
    }

    private func crash(_ id: NodeID) {
        crashes += 1
        let rules: [CrashRule] = [.nothing, .everything, .random(seed: random.next()), .random(seed: random.next())]
        nodes[id]?.crash(keeping: rules[Int.random(in: 0..<rules.count, using: &random)])
        checks.forget(id)
        queue.plan(.restart(id), at: now + UInt64.random(in: 1_000...400_000, using: &random))
    }

    private func makeFault() {
        guard !history.lastWrites else { return }
        queue.plan(.fault, at: now + UInt64.random(in: 30_000...300_000, using: &random))
        let leaders = members.filter { nodes[$0]?.driver?.status.role == .leader }
        // A leader is where most goes wrong.
        let choice = Bool.random(using: &random) && !leaders.isEmpty ? leaders : members
        let id = choice[Int.random(in: 0..<choice.count, using: &random)]
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1:
            if plan.crashes, nodes[id]?.isRunning == true { crash(id) }
        case 2:
            guard plan.crashes else { return }
            nodes[id]?.planCrash(afterOperations: Int.random(in: 1...6, using: &random))
        case 3:
            guard plan.crashes else { return }
            for id in members where nodes[id]?.isRunning == true { crash(id) }
        case 4 where plan.wipes && wiped == nil:
            wiped = id
            nodes[id]?.wipe()
            checks.forget(id)
            queue.plan(.restart(id), at: now + 50_000)
        case 4, 5:
            if plan.partitions { partition(from: id) }
        default:
            pauses[id] = now + UInt64.random(in: 50_000...600_000, using: &random)
        }
    }

    private func partition(from id: NodeID) {
        let isAlone = Bool.random(using: &random)
        let side = members.filter { $0 == id || (!isAlone && Bool.random(using: &random)) }
        let others = members.filter { !side.contains($0) }
        let isOneWay = Int.random(in: 0..<3, using: &random) == 0
        for a in side {
            for b in others {
                network.cutLinks([SimulatedNetwork.Link(from: a, to: b)])
                if !isOneWay { network.cutLinks([SimulatedNetwork.Link(from: b, to: a)]) }
            }
        }
        queue.plan(.heal, at: now + UInt64.random(in: 50_000...600_000, using: &random))
    }

    // MARK: Clients

    private func clientStep(_ client: Int) throws {
        let running = members.filter { nodes[$0]?.isRunning == true }
        guard !running.isEmpty else { return }
        let id =
            history.lastWrites
            ? members[client % members.count] : running[Int.random(in: 0..<running.count, using: &random)]
        guard let (request, content) = try history.next(client, at: now, node: id, using: &random) else { return }
        let start = nodes[id]?.starts ?? 0
        queue.plan(.request(request, content, id, start: start), at: now + UInt64.random(in: 0...500, using: &random))
    }

    // MARK: The end

    private func checkEnd() throws {
        let logs = try members.map { id -> (node: NodeID, entries: [[UInt8]], disk: MemoryFileSystem) in
            guard let node = nodes[id], let driver = node.driver else {
                throw SimulationFailure(description: "\(id) is down at the end")
            }
            return (id, try ClusterChecks.entries(of: driver, on: node), node.disk)
        }
        try ClusterChecks.checkEqual(logs.map { ($0.node, $0.entries) })
        try ClusterChecks.checkReports(members.compactMap { nodes[$0]?.driver?.clusterView })
        try ClusterChecks.checkSegments(logs.map { ($0.node, $0.disk) })
        try history.check(against: logs[0].entries)
    }
}

// Which fault strikes when, and where.

import Paxos
import PaxosLog
import Replication
import SystemPackage

extension SimulatedCluster {
    /// Those that strike a node or a link at some moment.
    var faultsOfNodes: [Fault] {
        mix.faults.subtracting(Fault.ofMessages).subtracting(Fault.ofClients).sorted()
    }

    /// One of the faults that the plan allows, and when the next one comes.
    func makeFault() throws {
        guard !isSettling else { return }
        queue.plan(.fault, at: now + UInt64.random(in: mix.mostPause / 10...mix.mostPause, using: &random))
        let faults = faultsOfNodes
        let fault = faults[Int.random(in: 0..<faults.count, using: &random)]
        let leaders = members.filter { nodes[$0]?.driver?.status.role == .leader }
        // A leader is where most goes wrong.
        let choice = Bool.random(using: &random) && !leaders.isEmpty ? leaders : members
        let id = choice[Int.random(in: 0..<choice.count, using: &random)]
        guard try strike(fault, id) else { return }
        tell("\(fault.rawValue) strikes \(id)")
        report.faults[fault, default: 0] += 1
    }

    /// - Returns: whether it could.
    private func strike(_ fault: Fault, _ id: NodeID) throws -> Bool {
        guard let node = nodes[id], mayRestart(id, for: fault) else { return false }
        switch fault {
        case .loss, .delay, .duplication, .timeOut, .retry: return false
        case .partition, .oneWay, .partial: cutOff(id, fault)
        case .flap: flap(id)
        case .crash:
            guard node.isRunning else { return false }
            crash(id)
        case .away:
            guard node.isRunning else { return false }
            crash(id, restartWithin: 1_000_000...4_000_000)
        case .crashInWrite: node.disk.crashAtOperation = node.disk.operations + Int.random(in: 1...6, using: &random)
        case .crashAll: for id in members where nodes[id]?.isRunning == true { crash(id) }
        case .pause: pauses[id] = now + UInt64.random(in: 50_000...600_000, using: &random)
        case .clock:
            // A node that was emptied starts with a right clock.
            guard node.isRunning else { return false }
            clocks[id]?.goWrong(at: now, using: &random)
        case .slowDisk: node.slowUntil = now + UInt64.random(in: 100_000...1_000_000, using: &random)
        case .sync: node.disk.fault = { operation, _ in operation == .sync ? .ioError : nil }
        case .fullDisk:
            node.disk.capacity = node.disk.usedBytes + Int.random(in: 0...4_000, using: &random)
            queue.plan(.room(id), at: now + UInt64.random(in: 100_000...1_000_000, using: &random))
        case .wipe:
            guard !wiped.contains(id), mayWipe(id) else { return false }
            try wipe(id)
            queue.plan(.restart(id), at: now + 50_000)
        case .bitFlip, .misdirected: return damage(id, fault)
        case .readError:
            // For good, where the budget allows it, once in eight times.
            if Int.random(in: 0..<8, using: &random) == 0, damage(id, fault) { break }
            node.readsUntilError = Int.random(in: 0..<40, using: &random)
        case .rollback: return rollBack(id)
        case .alteration: return alter(id)
        }
        return true
    }

    private func cutOff(_ id: NodeID, _ fault: Fault) {
        let isAlone = Bool.random(using: &random)
        let side = members.filter { $0 == id || (!isAlone && fault != .partial && Bool.random(using: &random)) }
        var others = members.filter { !side.contains($0) }
        guard !others.isEmpty else { return }
        if fault == .partial { others = [others[Int.random(in: 0..<others.count, using: &random)]] }
        let links = self.links(side, others, bothWays: fault != .oneWay)
        network.cutLinks(links)
        queue.plan(.heal(links), at: now + UInt64.random(in: 50_000...800_000, using: &random))
    }

    private func flap(_ id: NodeID) {
        let others = members.filter { $0 != id }
        guard !others.isEmpty else { return }
        let links = self.links([id], [others[Int.random(in: 0..<others.count, using: &random)]], bothWays: true)
        var time = now
        for _ in 0..<Int.random(in: 2...10, using: &random) {
            queue.plan(.cut(links), at: time)
            time += UInt64.random(in: 1_000...80_000, using: &random)
            queue.plan(.heal(links), at: time)
            time += UInt64.random(in: 1_000...80_000, using: &random)
        }
    }

    private func links(_ side: [NodeID], _ others: [NodeID], bothWays: Bool) -> [SimulatedNetwork.Link] {
        side.flatMap { one in
            others.flatMap { other -> [SimulatedNetwork.Link] in
                let there = SimulatedNetwork.Link(from: one, to: other)
                return bothWays ? [there, SimulatedNetwork.Link(from: other, to: one)] : [there]
            }
        }
    }
}

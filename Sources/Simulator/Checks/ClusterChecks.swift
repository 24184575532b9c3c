// What must hold of all nodes together: equal states at equal slots, slots applied in order, promises that never go
// back, and at the end logs that are the same, value by value and byte by byte.

import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage

struct ClusterChecks {
    private var digests: [Slot: StateDigest] = [:]
    private var applied: [NodeID: Slot] = [:]
    private var promised: [NodeID: Ballot] = [:]
    /// The highest ballot that each life of an acceptor has answered.
    private var answered: [Configuration.Member: Ballot] = [:]

    mutating func forget(_ id: NodeID) {
        applied[id] = nil
        promised[id] = nil
    }

    /// Looks at a node after each event.
    mutating func note(_ driver: ReplicaDriver, of id: NodeID) throws {
        let slot = driver.store.appliedThrough
        if slot != applied[id] {
            guard slot >= applied[id] ?? .zero else {
                throw SimulationFailure(description: "\(id) went back from \(applied[id]!) to \(slot)")
            }
            applied[id] = slot
            let digest = driver.store.digest
            guard digests[slot, default: digest] == digest else {
                throw SimulationFailure(description: "\(id) has another state than the others at slot \(slot)")
            }
            digests[slot] = digest
        }
        guard driver.promised >= promised[id] ?? .none else {
            throw SimulationFailure(description: "\(id) took back its promise of \(promised[id]!)")
        }
        promised[id] = driver.promised
    }

    /// Looks at a message that leaves. What a promise or an acceptance says is durable, and so binds all later starts.
    mutating func note(_ message: PeerMessage, from id: NodeID) throws {
        let ballot: Ballot
        switch message.content {
        case .paxos(.promise(let promise)): ballot = promise.ballot
        case .paxos(.accepted(let accepted)): ballot = accepted.ballot
        default: return
        }
        let voter = Configuration.Member(node: id, incarnation: message.incarnation)
        guard message.incarnation != .learner else { return }
        guard ballot >= answered[voter] ?? .none else {
            throw SimulationFailure(description: "\(id) answered ballot \(ballot) after \(answered[voter]!)")
        }
        answered[voter] = ballot
    }

    /// Every chosen entry that a node holds, from slot 1 on: from the log on its disk, and the end from memory.
    static func entries(of driver: ReplicaDriver, on node: SimulatedNode) throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        while entries.count < Int(driver.store.appliedThrough.rawValue) {
            let next = Slot(UInt64(entries.count) + 1)
            let last = driver.store.appliedThrough
            var bodies = driver.applied(from: next, through: last, bytes: 1 << 20).map { [$0.body] } ?? []
            if bodies.isEmpty { bodies = try node.readBlocks(from: next, bytes: 1 << 20).map(\.bytes) }
            guard !bodies.isEmpty else {
                throw SimulationFailure(description: "\(node.id) has applied slot \(next) and does not hold it")
            }
            for body in bodies {
                var offset = 0
                while offset < body.count {
                    let entry = try EntryView(in: body.span.bytes, at: offset)
                    if entry.slot.rawValue == UInt64(entries.count) + 1 {
                        entries.append(Array(body[offset..<entry.end]))
                    }
                    offset = entry.end
                }
            }
        }
        return entries
    }

    static func checkEqual(_ logs: [(node: NodeID, entries: [[UInt8]])]) throws {
        for (node, entries) in logs.dropFirst() {
            let common = min(entries.count, logs[0].entries.count)
            for index in 0..<common where entries[index] != logs[0].entries[index] {
                throw SimulationFailure(
                    description: "\(logs[0].node) and \(node) hold different values in slot \(index + 1)")
            }
        }
    }

    /// What nodes told one another of their entries and blocks must agree.
    static func checkReports(_ views: [ClusterView]) throws {
        for view in views {
            let own = Dictionary(uniqueKeysWithValues: view.own.entries.map { ($0.slot, $0.hash) })
            for peer in view.peers {
                guard let report = peer.heard?.report else { continue }
                let differing = report.entries.first { own[$0.slot] ?? $0.hash != $0.hash }
                guard differing == nil, view.own.agreement(with: report)?.isSame != false else {
                    throw SimulationFailure(
                        description: "\(view.node) and \(peer.node) report different logs: \(view.own), \(report)")
                }
            }
        }
    }

    /// Segment files must be the same bytes as far as they go.
    static func checkSegments(_ disks: [(node: NodeID, disk: MemoryFileSystem)]) throws {
        let directory = SimulatedNode.directory.appending("log")
        var longest: [String: (node: NodeID, bytes: [UInt8])] = [:]
        for (node, disk) in disks {
            for name in try disk.list(directory) {
                let bytes = disk.contents(of: directory.appending(name)) ?? []
                if let other = longest[name] {
                    guard bytes.starts(with: other.bytes) || other.bytes.starts(with: bytes) else {
                        throw SimulationFailure(description: "\(name) differs between \(other.node) and \(node)")
                    }
                    if other.bytes.count >= bytes.count { continue }
                }
                longest[name] = (node, bytes)
            }
        }
    }
}

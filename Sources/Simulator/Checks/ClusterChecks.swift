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
    /// What each life of an acceptor has told others, which binds it.
    private var told: [Configuration.Member: Told] = [:]
    /// Where each node's state was first seen to be altered since it started, and those whose ever was.
    private var alteredAt: [NodeID: Slot] = [:]
    private var everAltered: Set<NodeID> = []

    private struct Told {
        var promised = Ballot.none
        /// The highest ballot accepted at, and through which slot.
        var accepted = (ballot: Ballot.none, through: Slot.zero)
    }

    mutating func forget(_ id: NodeID) {
        applied[id] = nil
        promised[id] = nil
        alteredAt[id] = nil
    }

    /// Looks at a node after each event.
    mutating func note(_ driver: ReplicaDriver, of id: NodeID, isAltered: Bool) throws {
        let slot = driver.store.appliedThrough
        try checkDivergence(driver, of: id, isAltered: isAltered)
        if slot != applied[id] {
            guard slot >= applied[id] ?? .zero else {
                throw SimulationFailure(description: "\(id) went back from \(applied[id]!) to \(slot)")
            }
            applied[id] = slot
            let digest = driver.store.digest
            if !isAltered {
                guard digests[slot, default: digest] == digest else {
                    throw SimulationFailure(description: "\(id) has another state than the others at slot \(slot)")
                }
                digests[slot] = digest
            }
        }
        guard driver.promised >= promised[id] ?? .none else {
            throw SimulationFailure(description: "\(id) took back its promise of \(promised[id]!)")
        }
        promised[id] = driver.promised
    }

    /// An altered state is found at the next checkpoint of a slot behind the alteration, and no other state is.
    private mutating func checkDivergence(_ driver: ReplicaDriver, of id: NodeID, isAltered: Bool) throws {
        if isAltered {
            everAltered.insert(id)
            let slot = alteredAt[id] ?? driver.store.appliedThrough
            alteredAt[id] = slot
            guard driver.divergence == nil, driver.status.checkpointed > slot else { return }
            throw SimulationFailure(
                description: "\(id) serves an altered state behind the checkpoint of \(driver.status.checkpointed)")
        } else if driver.divergence != nil, !everAltered.contains(id) {
            throw SimulationFailure(description: "\(id) diverged, and its state was never altered")
        }
    }

    /// Nobody is answered out of a state that is known to be wrong.
    static func check(_ answer: Answer, of node: SimulatedNode) throws {
        guard node.driver?.divergence != nil else { return }
        switch answer {
        case .refused, .unknown: return
        case .applied, .value:
            throw SimulationFailure(description: "\(node.id) has diverged, and answers \(answer)")
        }
    }

    /// A start does not forget what was found before it.
    static func checkDivergence(of node: SimulatedNode) throws {
        guard node.driver?.divergence == nil, node.saysThatItDiverged else { return }
        throw SimulationFailure(description: "\(node.id) serves again from a state that had diverged")
    }

    /// Where writes go on, there are checkpoints.
    static func checkCheckpoints(_ count: Int, among slots: Int, nodes: Int) throws {
        guard nodes > 1, count == 0, slots > 20 * Int(SimulatedNode.checkpointSlots) else { return }
        throw SimulationFailure(description: "there is no checkpoint among \(slots) slots")
    }

    /// The journal's files do not gather once the log is complete: those whose slots it holds are used again or removed.
    static func checkJournalFiles(of node: SimulatedNode) throws {
        let files = try node.disk.list(NodeFolder.Places(SimulatedNode.directory).journal).count
        // What is learned again is journaled again, until the log holds it.
        guard files > mostJournalFiles, node.driver?.status.mendingThrough == nil else { return }
        throw SimulationFailure(
            description: "\(node.id) has \(files) journal files, and \(mostJournalFiles) is the most")
    }

    /// More than unchosen values take: a file of promises alone goes only when the log grows.
    static let mostJournalFiles = 24

    /// Who has ended holds none of its files: one that was removed takes room on the disk until it is closed.
    static func checkFilesAreClosed(of node: SimulatedNode) throws {
        guard node.diskBefore != nil else { return }
        throw SimulationFailure(description: "\(node.id) has ended, and a file of it is still open")
    }

    /// What a node holds in memory keeps to its bounds.
    static func checkBudgets(_ node: SimulatedNode) throws {
        guard let driver = node.driver else { return }
        let (status, configuration) = (driver.status, driver.configuration)
        func check(_ what: String, _ count: Int, _ most: Int) throws {
            guard count > most else { return }
            throw SimulationFailure(description: "\(node.id) has \(count) of \(what), and \(most) is the most")
        }
        let message = configuration.messageBytes
        try check("bytes of requests", status.requestBytes, configuration.mostRequestBytes)
        try check("requests", status.requestsUnderWay, configuration.mostRequests)
        try check("reads", status.readsUnderWay, configuration.mostRequests)
        try check("queued bytes", status.queuedBytes, configuration.mostQueuedBytes + message)
        // What a leader inherits comes on top of its own window.
        try check("accepted bytes", status.acceptedBytes, 5 * configuration.window.bytes + message)
    }

    /// Looks at a message that leaves. What a promise or an acceptance says is durable, and so binds all later starts.
    mutating func note(_ message: PeerMessage, from id: NodeID) throws {
        let life = Configuration.Member(node: id, incarnation: message.incarnation)
        guard message.incarnation != .learner, case .paxos(let content) = message.content else { return }
        switch content {
        case .promise(let promise):
            let before = told[life, default: Told()]
            // An acceptance may have been of slots known to be chosen, which nothing need be promised for.
            if promise.ballot < before.promised
                || promise.ballot < before.accepted.ballot && promise.chosenThrough < before.accepted.through
            {
                let highest = max(before.promised, before.accepted.ballot)
                throw SimulationFailure(description: "\(id) promised ballot \(promise.ballot) after \(highest)")
            }
            told[life, default: Told()].promised = promise.ballot
        case .accepted(let accepted):
            let before = told[life, default: Told()]
            guard accepted.ballot >= before.promised else {
                throw SimulationFailure(
                    description: "\(id) accepted at ballot \(accepted.ballot) after it promised \(before.promised)")
            }
            guard accepted.ballot >= before.accepted.ballot else { return }
            let through = accepted.ballot > before.accepted.ballot ? .zero : before.accepted.through
            told[life, default: Told()].accepted = (accepted.ballot, max(through, accepted.through))
        default: break
        }
    }

    /// Every chosen entry that a node's state rests on, from slot 1 on: from the log on its disk, the end from memory,
    /// and from what was logged once where its log was compacted or is damaged.
    static func entries(
        of driver: ReplicaDriver, on node: SimulatedNode, _ logged: LoggedEntries
    ) throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        let first = try node.reader.segments().first?.firstSlot ?? driver.status.logThrough.next
        while entries.count + 1 < Int(first.rawValue) {
            guard let entry = logged[Slot(UInt64(entries.count) + 1)] else {
                throw SimulationFailure(
                    description: "slot \(entries.count + 1) is in no log, and never was")
            }
            entries.append(entry)
        }
        while entries.count < Int(driver.store.appliedThrough.rawValue) {
            let next = Slot(UInt64(entries.count) + 1)
            let last = driver.store.appliedThrough
            var bodies = driver.applied(from: next, through: last, bytes: 1 << 20).map { [$0.body] } ?? []
            if bodies.isEmpty, let blocks = try? node.readBlocks(from: next, bytes: 1 << 20) {
                bodies = blocks.map(\.bytes)
            }
            if bodies.isEmpty, let entry = logged[next] { bodies = [entry] }
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
    /// - Parameter disks: and the segments on each that are known to be damaged.
    static func checkSegments(
        _ disks: [(node: NodeID, disk: MemoryFileSystem, damaged: Set<SegmentName>)]
    ) throws {
        let directory = NodeFolder.Places(SimulatedNode.directory).log
        var longest: [String: (node: NodeID, bytes: [UInt8])] = [:]
        for (node, disk, damaged) in disks {
            for name in try disk.list(directory) where SegmentName(name).map(damaged.contains) != true {
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

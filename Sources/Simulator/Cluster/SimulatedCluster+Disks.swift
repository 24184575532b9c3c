// Disks that do not hold what was written to them, and what becomes of their nodes. Within the budget such nodes are a
// minority, so that every slot has a sound copy somewhere; each is replaced like a broken machine when it says so.

import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage

extension SimulatedCluster {
    private var mostHarmed: Int { (members.count - 1) / 2 }

    /// Whether the node's disk may be harmed now.
    private func mayHarm(_ id: NodeID) -> Bool {
        for id in harmed where isMended(id) {
            harmed.remove(id)
            wiped.remove(id)
        }
        return harmed.contains(id) || harmed.count < mostHarmed
    }

    /// Whether a fault that ends the process may strike. With strict restarts it costs the node its vote for a while.
    func mayRestart(_ id: NodeID, for fault: Fault) -> Bool {
        guard plan.restartsStrictly else { return true }
        if Fault.ofManyStarts.contains(fault) { return false }
        guard Fault.ofProcesses.contains(fault) else { return true }
        guard mayHarm(id) else { return false }
        harmed.insert(id)
        unmet.insert(id)
        return true
    }

    /// What was promised and accepted must stay with a majority, in all runs.
    func mayWipe(_ id: NodeID) -> Bool {
        guard !plan.isBeyondBudget else { return wiped.contains(id) || wiped.count < mostHarmed }
        return mayHarm(id)
    }

    /// A node is mended that has started from what was harmed, and votes, and whose log is whole again, and knows what it
    /// accepted.
    func isMended(_ id: NodeID) -> Bool {
        guard !unmet.contains(id), let node = nodes[id], node.canReadAll, let status = node.driver?.status else {
            return false
        }
        return status.role != .learner && status.role != .forming && status.mendingThrough == nil
            && status.unknownSlots == 0 && status.logDamage.unmended.isEmpty
    }

    func wipe(_ id: NodeID) throws {
        harmed.insert(id)
        wiped.insert(id)
        unmet.remove(id)
        scrubbed.remove(id)
        try nodes[id]?.wipe()
        checks.forget(id)
    }

    // MARK: Damage

    /// Damages one file of a node that has none yet. What the journal does not say to be durable is left alone.
    func damage(_ id: NodeID, _ fault: Fault) -> Bool {
        guard let node = nodes[id], node.isJournalMarked, !harmed.contains(id), plan.isBeyondBudget || mayHarm(id)
        else { return false }
        let harm =
            switch fault {
            case .bitFlip: node.flipBit(using: &random)
            case .misdirected: node.misdirect(using: &random)
            default: node.makeUnreadable(using: &random)
            }
        guard let harm else { return false }
        harmed.insert(id)
        unmet.insert(id)
        if harm.isOfLog { scrubbed.insert(id) }
        tell("\(id): \(harm.text)")
        // Half of them meet it at once, and not when all that was young is old.
        if node.isRunning, Bool.random(using: &random) { crash(id) }
        return true
    }

    /// A disk image is taken now, or the disk is put back to the one taken before.
    func rollBack(_ id: NodeID) -> Bool {
        guard let node = nodes[id] else { return false }
        guard let image = node.image else {
            node.image = node.disk.afterCrash(keeping: .everything)
            return false
        }
        guard mayHarm(id) else { return false }
        harmed.insert(id)
        node.image = nil
        scrubbed.remove(id)
        node.replaceDisk(with: image)
        checks.forget(id)
        queue.plan(.restart(id), at: now + 50_000)
        return true
    }

    // MARK: What nodes do about it

    /// A node does not start: only what was harmed may be a reason, and it must say which file it is about.
    func refuse(_ id: NodeID, _ error: StorageError) throws {
        guard harmed.contains(id) else {
            throw SimulationFailure(description: "\(id) can't start from what a crash left: \(error.sentence)")
        }
        guard error.sentence.contains(SimulatedNode.directory.string) else {
            throw SimulationFailure(description: "\(id) refuses to start and does not say where: \(error.sentence)")
        }
        tell("\(id) refuses to start: \(error.sentence)")
        report.refusals += 1
        queue.plan(.diskReplaced(id), at: now + UInt64.random(in: 50_000...500_000, using: &random))
    }

    /// An operator empties the folder of a node that refuses to start, as long as a majority was not emptied.
    func replaceDisk(_ id: NodeID) throws {
        guard nodes[id]?.isRunning == false, mayWipe(id) else { return }
        tell("\(id) gets an empty disk")
        try wipe(id)
        try start(id)
    }

    /// A peer that asks for what can't be read gets nothing, and asks another.
    func readLog(
        of node: SimulatedNode, from slot: Slot, bytes: Int, for peer: NodeID, offersSegment: Bool = false
    ) throws {
        do {
            let passage = try node.reader.passage(from: slot, bytes: bytes, offersSegment: offersSegment)
            try deliver(.logRead(peer: peer, passage), to: node.id)
        } catch StorageError.corrupt(let damage) {
            try deliver(.logRead(peer: peer, .blocks([])), to: node.id)
            try deliver(.logDamaged(damage), to: node.id)
        } catch let error as StorageError {
            tell("\(node.id) can't serve slot \(slot): \(error)")
            try deliver(.logRead(peer: peer, .blocks([])), to: node.id)
        }
    }

    /// A running node looks for damage of its log. Reads that fail are tried again the next time.
    func scrub(_ id: NodeID) throws {
        guard let found = try? nodes[id]?.scrub() else { return }
        for (segment, damage) in found { try deliver(damage.map { .logDamaged($0) } ?? .logSound(segment), to: id) }
        guard !found.contains(where: { $0.damage != nil && isHeldElsewhere($0.segment, than: id) }) else { return }
        if scrubbed.remove(id) != nil { unmet.remove(id) }
    }

    /// Whether a node can mend a segment: where the others have dropped it, or lost it too, snapshots stand for it.
    private func isHeldElsewhere(_ segment: SegmentName, than id: NodeID) -> Bool {
        members.contains { other in
            guard other != id, let found = try? nodes[other]?.scrub() else { return false }
            return found.contains { $0.segment == segment && $0.damage == nil }
        }
    }

    /// Whether nothing that was done to a node's log is left, where another holds what it held.
    func isLogMended(_ id: NodeID) -> Bool {
        guard let found = try? nodes[id]?.scrub() else { return false }
        return !found.contains { $0.damage != nil && isHeldElsewhere($0.segment, than: id) }
    }

    /// Starts every node with a harmed disk anew, so that all damage is met before the end.
    func meetDamage() throws {
        for id in members where harmed.contains(id) && !wiped.contains(id) {
            // Some are left running, to mend their log all the same.
            if scrubbed.contains(id), nodes[id]?.isRunning == true, Bool.random(using: &random) { continue }
            if nodes[id]?.isRunning == true { nodes[id]?.crash(keeping: .everything) }
            checks.forget(id)
            try start(id)
            try replaceDisk(id)
        }
    }
}

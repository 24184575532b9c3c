// One node's state that is altered, and what becomes of it.

import Paxos
import PaxosLog
import Replication

extension SimulatedCluster {
    /// One node in a run, so that a majority is never wrong.
    func alter(_ id: NodeID) -> Bool {
        guard altered == nil, members.count > 1, let node = nodes[id], let status = node.driver?.status,
            status.divergence == nil, node.alter()
        else { return false }
        altered = (id, status.role == .leader)
        return true
    }

    /// A node has found out that its state is not the others'.
    func noteDivergence(of id: NodeID) throws {
        report.divergences += 1
        if let altered, altered.node == id, altered.wasLeader { report.leaderDivergences += 1 }
        planRebuilding(of: id)
    }

    /// Somebody rebuilds a node that has diverged, after a while.
    func planRebuilding(of id: NodeID) {
        guard nodes[id]?.driver?.divergence != nil else { return }
        queue.plan(.rebuilding(id), at: now + UInt64.random(in: 100_000...800_000, using: &random))
    }

    /// Where its log is of no use either, it costs the vote for a while, as an emptied disk does.
    func rebuild(_ id: NodeID) throws {
        guard let node = nodes[id], node.saysThatItDiverged else { return }
        guard mayWipe(id), mayRestart(id, for: .crash) else { return queue.plan(.rebuilding(id), at: now + 100_000) }
        if node.isRunning { crash(id) }
        do {
            guard let done = try NodeFolder.rebuild(node.disk, directory: SimulatedNode.directory) else { return }
            tell("\(id) is rebuilt: \(done)")
            if !done.keepsLog {
                harmed.insert(id)
                wiped.insert(id)
            }
        } catch {
            tell("\(id) can't be rebuilt now: \(error)")
            crash(id)
            queue.plan(.rebuilding(id), at: now + 100_000)
        }
    }
}

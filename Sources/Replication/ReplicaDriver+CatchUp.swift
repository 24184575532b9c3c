// Chosen values for peers that are behind: from memory if they are close, else out of the log.

import Paxos
import PaxosLog

extension ReplicaDriver {
    /// - Parameter offersSegment: whether the peer takes an ended segment as a file.
    mutating func serve(_ request: Message.CatchUp, to node: NodeID, offersSegment: Bool = false) {
        guard let tail else { return }
        if let run = tail.values(
            from: request.from, through: request.through, bytes: configuration.messageBytes)
        {
            sendLearned(run, to: node)
        } else {
            serving[node] = request
            effects.append(
                .readLog(
                    from: request.from, bytes: configuration.messageBytes, peer: node, offersSegment: offersSegment))
        }
    }

    mutating func serve(_ passage: LogPassage, to node: NodeID) {
        guard let request = serving.removeValue(forKey: node) else { return }
        let blocks: [RawBlock]
        switch passage {
        case .segment(let segment): return send(.shipping(.ended(segment)), to: node)
        case .blocks(let read): blocks = read
        }
        if blocks.isEmpty, let snapshot = snapshot(through: request.from) {
            return send(.shipping(.compacted(SnapshotName(slot: snapshot))), to: node)
        }
        let run = LogTail.values(
            in: blocks, from: request.from, through: request.through, bytes: configuration.messageBytes)
        if let run { sendLearned(run, to: node) }
    }

    /// The snapshot for a peer that lacks `slot`, which the log does not hold: a proven one. Where none reaches so far, the
    /// log was lost by damage, and not dropped; a state that nobody can prove is then all that is left of the slot.
    private func snapshot(through slot: Slot) -> Slot? {
        guard divergence == nil else { return nil }
        return [provenSnapshots, snapshots.verified].lazy.compactMap { $0.last { $0 >= slot } }.first
    }

    private mutating func sendLearned(_ run: Run, to node: NodeID) {
        guard let promised = replica?.acceptor.promised else { return }
        send(.paxos(.learned(Message.Learned(run: run, promised: promised))), to: node)
    }
}

// What a node's driver wants done, done to its simulated disk, the network and its clients.

import NIOCore
import Paxos
import PaxosLog
import Replication

extension SimulatedCluster {
    func carryOut(_ effect: Effect, of node: SimulatedNode) throws {
        switch effect {
        case .journal(let batch, let records): node.queue(batch, records)
        case .send(let message, let to, let after):
            if let after, !node.isDurable(after) {
                node.hold(message, to: to, after: after)
            } else {
                try send(message, from: node.id, to: to)
            }
        case .answer(let request, let answer):
            tell("\(request.rawValue) is answered by \(node.id): \(answer)")
            try ClusterChecks.check(answer, of: node)
            try history.note(answer, to: request, at: now)
        case .appendLog(let block):
            try logged.add(block, of: node.id)
            node.queue(block)
        case .readLog(let slot, let bytes, node.id, _):
            queue.plan(
                .ownLogRead(node.id, from: slot, bytes: bytes, start: node.starts),
                at: now + UInt64.random(in: 100...20_000, using: &random))
        case .readLog(let slot, let bytes, let peer, let offersSegment):
            try readLog(of: node, from: slot, bytes: bytes, for: peer, offersSegment: offersSegment)
        case .readPiece(let question, let peer):
            try deliver(.pieceRead(node.piece(question), for: peer), to: node.id)
        case .keepPiece(let piece):
            if let length = node.keep(piece) { try deliver(.pieceKept(piece.file, length: length), to: node.id) }
            if !node.isRunning { return crash(node.id) }
        case .discardPieces(let kept):
            if !node.discardPieces(besides: kept) { crash(node.id) }
        case .replaceSegment(let segment):
            guard let replacement = node.replace(segment) else { return crash(node.id) }
            try deliver(.segmentReplaced(segment, replacement), to: node.id)
        case .takeInSegment(let segment):
            try finishLogWrites(of: node)
            guard node.isRunning else { return }
            guard let intake = node.takeIn(segment) else { return crash(node.id) }
            try deliver(.segmentTakenIn(segment, intake), to: node.id)
        case .installSnapshot(let snapshot):
            try finishLogWrites(of: node)
            guard node.isRunning else { return }
            guard let result = node.install(snapshot) else { return crash(node.id) }
            try deliver(.snapshotInstalled(snapshot, result), to: node.id)
        case .takeSnapshot(let view):
            queue.plan(
                .snapshotWritten(node.id, view, start: node.starts),
                at: now + UInt64.random(in: 1_000...200_000, using: &random))
        case .compact(let verified):
            guard let event = node.compact(verified: verified) else { return crash(node.id) }
            try deliver(event, to: node.id)
        case .releaseJournal(let slot):
            if !node.releaseJournal(through: slot) { crash(node.id) }
        case .adopt(let genesis):
            if !node.adopt(genesis) { crash(node.id) }
        case .admit(let incarnation, let vote):
            if !node.admit(incarnation, as: vote) { crash(node.id) }
        case .noteDivergence(let report):
            guard node.note(report) else { return crash(node.id) }
            try noteDivergence(of: node.id)
        case .report(let text):
            tell("\(node.id) reports \(text)")
            switch text {
            case .electionStarted: report.elections += 1
            case .setAside: report.quarantined += 1
            case .slotsUnknown(let count): report.unknownSlots += count
            case .voteReturned: report.readmissions += 1
            case .segmentMended: report.mendedSegments += 1
            case .snapshotTaken: report.snapshots += 1
            case .snapshotInstalled: report.installations += 1
            case .segmentTakenIn: report.segmentsTakenIn += 1
            case .segmentRefused: report.segmentsRefused += 1
            default: break
            }
        case .halt(let reason): throw SimulationFailure(description: "\(node.id) halted: \(reason)")
        }
    }

    /// The log's thread does one thing after the other. Where it would have to wait for room, the node crashes here.
    private func finishLogWrites(of node: SimulatedNode) throws {
        guard case .written(let log, let blocks) = node.finishLogWrite() else { return crash(node.id) }
        try deliver(.logDurable(log, blocks), to: node.id)
    }

    func send(_ message: PeerMessage, from: NodeID, to: NodeID) throws {
        try checks.note(message, from: from)
        let delays = network.delays(on: SimulatedNetwork.Link(from: from, to: to), using: &random)
        guard !delays.isEmpty else { return }
        var frame = ByteBuffer()
        PeerCodec.encode(message, into: &frame)
        for delay in delays { queue.plan(.frame(frame, from: from, to: to), at: now + delay) }
    }
}

// One segment on its way from a peer to this disk: which piece is asked for next, and of whom. One piece a tick at most, so
// that neither the peer nor the disk is kept from its work. It sends and writes nothing itself.

import Paxos
import PaxosLog

struct SegmentFetch: Sendable {
    enum Action: Equatable {
        case ask(PieceQuestion, of: NodeID)
        /// Append to what is kept on disk; an empty piece asks how much that is.
        case keep(SegmentPiece)
        case putInPlace(SegmentName)
        case discard(SegmentName)
    }

    private enum Stage {
        /// The disk is to say how much it keeps.
        case keeping
        /// The next piece can be asked for when so many ticks have passed.
        case ready(in: Int)
        case asking
        case puttingInPlace
    }

    let segment: SegmentName
    private(set) var peer: NodeID
    /// Those whose copies did not serve.
    private(set) var refused: Set<NodeID> = []
    private var kept: UInt64 = 0
    private var peerSize: UInt64?
    private var stage = Stage.keeping
    private var ticksInStage = 0
    private let pieceBytes: Int
    private let patience: Int

    /// - Parameter patience: ticks after which what was not answered is asked again, of somebody else if need be.
    init(_ segment: SegmentName, from peer: NodeID, pieceBytes: Int, patience: Int) {
        self.segment = segment
        self.peer = peer
        self.pieceBytes = pieceBytes
        self.patience = patience
    }

    /// What is kept already.
    var beginning: Action { .keep(SegmentPiece(segment: segment, offset: 0, fileSize: 0, bytes: [])) }

    // MARK: Events

    /// - Parameter others: peers that hold the segment, the best first.
    mutating func tick(others: [NodeID]) -> Action? {
        ticksInStage += 1
        switch stage {
        case .ready(let pause):
            guard ticksInStage >= pause else { return nil }
            enter(.asking)
            return .ask(PieceQuestion(segment: segment, offset: kept, length: pieceBytes), of: peer)
        case .asking where ticksInStage > patience:
            turn(to: others)
            return nil
        case .keeping where ticksInStage > patience:
            // A disk without room says nothing.
            enter(.keeping)
            return beginning
        case .asking, .keeping, .puttingInPlace: return nil
        }
    }

    mutating func noteKept(_ length: UInt64) -> Action? {
        guard case .keeping = stage else { return nil }
        kept = length
        if let peerSize, length >= peerSize {
            enter(.puttingInPlace)
            return .putInPlace(segment)
        }
        enter(.ready(in: 1))
        return nil
    }

    mutating func receive(_ piece: SegmentPiece, from node: NodeID, others: [NodeID]) -> Action? {
        guard case .asking = stage, node == peer, piece.segment == segment, piece.offset == kept else { return nil }
        guard piece.fileSize > 0 else {
            turn(to: others)
            return nil
        }
        peerSize = piece.fileSize
        guard !piece.bytes.isEmpty else {
            // Whole, or longer than the peer's by what came from another.
            enter(.puttingInPlace)
            return .putInPlace(segment)
        }
        enter(.keeping)
        return .keep(piece)
    }

    /// The copy does not reach far enough: the peer's may yet grow.
    mutating func noteShort() {
        peerSize = nil
        enter(.ready(in: patience))
    }

    mutating func noteUnproven(others: [NodeID]) -> Action {
        turn(to: others)
        kept = 0
        return .discard(segment)
    }

    /// Asks somebody else from now on, who has not been asked in vain; when all have been, all may be asked again.
    private mutating func turn(to others: [NodeID]) {
        refused.insert(peer)
        peerSize = nil
        if let next = others.first(where: { !refused.contains($0) }) {
            peer = next
            enter(.ready(in: 1))
        } else {
            refused = []
            peer = others.first ?? peer
            enter(.ready(in: 10 * patience))
        }
    }

    private mutating func enter(_ next: Stage) {
        stage = next
        ticksInStage = 0
    }
}

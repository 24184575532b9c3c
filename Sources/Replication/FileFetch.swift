// One file on its way from a peer to this disk: which piece is asked for next, and of whom. One piece a tick at most, so
// that neither the peer nor the disk is kept from its work. It sends and writes nothing itself.

import Paxos
import PaxosLog

struct FileFetch: Sendable {
    enum Action: Equatable {
        case ask(PieceQuestion, of: NodeID)
        /// Append to what is kept on disk; an empty piece asks how much that is.
        case keep(FilePiece)
        case putInPlace(ShippedFile)
        /// Nobody who was asked could serve.
        case giveUp
    }

    private enum Stage {
        /// The disk is to say how much it keeps.
        case keeping
        /// The next piece can be asked for when so many ticks have passed.
        case ready(in: Int)
        case asking
        case puttingInPlace
    }

    let file: ShippedFile
    private(set) var peer: NodeID
    /// Those whose copies did not serve.
    private var refused: Set<NodeID> = []
    /// The highest ballot that those who gave pieces had promised.
    private(set) var promised = Ballot.none
    private var kept: UInt64 = 0
    private var peerSize: UInt64?
    /// How much was kept when that was too little.
    private var shortAt: UInt64 = 0
    private var stage = Stage.keeping
    private var ticksInStage = 0
    private let pieceBytes: Int
    private let patience: Int

    /// - Parameter patience: ticks after which what was not answered is asked again, of somebody else if need be.
    init(_ file: ShippedFile, from peer: NodeID, pieceBytes: Int, patience: Int) {
        self.file = file
        self.peer = peer
        self.pieceBytes = pieceBytes
        self.patience = patience
    }

    /// Whether nothing of the file is of use so far.
    var isEmpty: Bool { kept == 0 }

    /// What is kept already.
    var beginning: Action { .keep(FilePiece(file: file, offset: 0, fileSize: 0, bytes: [])) }

    // MARK: Events

    /// - Parameter others: peers that may hold the file, the best first.
    mutating func tick(others: [NodeID]) -> Action? {
        ticksInStage += 1
        switch stage {
        case .ready(let pause):
            guard ticksInStage >= pause else { return nil }
            enter(.asking)
            return .ask(PieceQuestion(file: file, offset: kept, length: pieceBytes), of: peer)
        case .asking where ticksInStage > patience:
            return turn(to: others)
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
            return .putInPlace(file)
        }
        enter(.ready(in: 1))
        return nil
    }

    mutating func receive(_ piece: FilePiece, from node: NodeID, others: [NodeID]) -> Action? {
        guard case .asking = stage, node == peer, piece.file == file, piece.offset == kept else { return nil }
        guard piece.fileSize > 0 else { return turn(to: others) }
        peerSize = piece.fileSize
        promised = max(promised, piece.promised)
        guard !piece.bytes.isEmpty else {
            // Whole, or longer than the peer's by what came from another.
            enter(.puttingInPlace)
            return .putInPlace(file)
        }
        enter(.keeping)
        return .keep(piece)
    }

    /// The copy does not reach far enough: the peer's may yet grow. One that does not is no better than none.
    mutating func noteShort(others: [NodeID]) -> Action? {
        guard kept > shortAt else { return noteUnproven(others: others) }
        shortAt = kept
        peerSize = nil
        enter(.ready(in: patience))
        return nil
    }

    /// - Returns: what to do beside throwing away what is kept.
    mutating func noteUnproven(others: [NodeID]) -> Action? {
        (kept, shortAt) = (0, 0)
        return turn(to: others)
    }

    /// Asks somebody else from now on, who has not been asked in vain.
    private mutating func turn(to others: [NodeID]) -> Action? {
        refused.insert(peer)
        peerSize = nil
        guard let next = others.first(where: { !refused.contains($0) }) else { return .giveUp }
        peer = next
        enter(.ready(in: 1))
        return nil
    }

    private mutating func enter(_ next: Stage) {
        stage = next
        ticksInStage = 0
    }
}

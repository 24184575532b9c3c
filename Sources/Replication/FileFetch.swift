// One file on its way from a peer to this disk: which piece is asked for next, and of whom. One piece a tick at most, so
// that neither the peer nor the disk is kept from its work. Where one peer falls silent another goes on, and what was kept
// at an earlier start counts. It sends and writes nothing itself.

import Paxos
import PaxosLog

struct FileFetch: Sendable {
    enum Action: Equatable {
        case ask(PieceQuestion, of: NodeID)
        /// Append to what is kept on disk; an empty piece asks how much that is.
        case keep(FilePiece)
        case putInPlace(ShippedFile)
        /// Throw away what is kept, and ask how much that is.
        case beginAnew
        /// Nobody who was asked could serve. Where some were silent, what is kept may yet be gone on with.
        case giveUp(keeping: Bool)
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
    /// The segment that the log is to go on with; nil where the file is another, or for mending.
    let segment: EndedSegment?
    private(set) var peer: NodeID
    /// Those whose copies did not serve, or who did not answer.
    private var refused: Set<NodeID> = []
    private var isAnySilent = false
    /// Those whose pieces are kept.
    private var givers: Set<NodeID> = []
    /// Whether pieces are kept that came before this fetch began.
    private var hasInherited = false
    /// The file may be put in its place when this batch is durable, which holds the promise that goes before it.
    var placing: BatchID?
    /// The highest ballot that those who gave pieces had promised.
    private(set) var promised = Ballot.none
    private(set) var kept: UInt64 = 0
    private var peerSize: UInt64?
    /// How much was kept when that was too little.
    private var shortAt: UInt64 = 0
    private var stage = Stage.keeping
    private var ticksInStage = 0
    private let pieceBytes: Int
    private let patience: Int

    /// - Parameters:
    ///   - segment: what the file must be, where that is known.
    ///   - patience: ticks after which what was not answered is asked again, of somebody else if need be.
    init(
        _ file: ShippedFile, whole segment: EndedSegment? = nil, from peer: NodeID, pieceBytes: Int, patience: Int
    ) {
        self.file = file
        self.segment = segment
        self.peer = peer
        self.pieceBytes = pieceBytes
        self.patience = patience
    }

    /// Whether nothing of the file is of use so far.
    var isEmpty: Bool { kept == 0 }

    /// Whether all of it is there.
    var isBeingPlaced: Bool {
        if case .puttingInPlace = stage { true } else { false }
    }

    /// How long the file is, as far as that is known.
    var size: UInt64? { segment?.fileSize ?? peerSize }

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
            isAnySilent = true
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
        if let segment, length > segment.fileSize {
            kept = 0
            enter(.keeping)
            return .beginAnew
        }
        kept = length
        if length > 0, givers.isEmpty { hasInherited = true }
        if let peerSize, length >= peerSize {
            enter(.puttingInPlace)
            return .putInPlace(file)
        }
        enter(.ready(in: 1))
        return nil
    }

    mutating func receive(_ piece: FilePiece, from node: NodeID, others: [NodeID]) -> Action? {
        guard case .asking = stage, node == peer, piece.file == file, piece.offset == kept else { return nil }
        // What is not ended yet, or was compressed otherwise, does not go together with what is kept.
        guard piece.fileSize > 0, piece.fileSize == segment?.fileSize ?? piece.fileSize else { return turn(to: others) }
        peerSize = piece.fileSize
        promised = max(promised, piece.promised)
        guard !piece.bytes.isEmpty else {
            // Whole, or longer than the peer's by what came from another.
            enter(.puttingInPlace)
            return .putInPlace(file)
        }
        givers.insert(node)
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

    /// What is kept is thrown away, and asked for again: of somebody else, if it was all this peer's.
    /// - Returns: what else to do.
    mutating func noteUnproven(others: [NodeID]) -> Action? {
        let isPeers = !hasInherited && givers.isSubset(of: [peer])
        (kept, shortAt) = (0, 0)
        (givers, hasInherited) = ([], false)
        guard !isPeers else { return turn(to: others) }
        peerSize = nil
        enter(.ready(in: 1))
        return nil
    }

    /// Asks somebody else from now on, who has not been asked in vain.
    private mutating func turn(to others: [NodeID]) -> Action? {
        refused.insert(peer)
        peerSize = nil
        guard let next = others.first(where: { !refused.contains($0) }) else { return .giveUp(keeping: isAnySilent) }
        peer = next
        enter(.ready(in: 1))
        return nil
    }

    private mutating func enter(_ next: Stage) {
        stage = next
        ticksInStage = 0
    }
}

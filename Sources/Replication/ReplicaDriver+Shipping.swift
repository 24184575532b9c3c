// Whole files to peers that ask for them, and from peers: segments in the place of damaged ones, and snapshots.

import Paxos
import PaxosLog

extension ReplicaDriver {
    mutating func receive(_ shipping: Shipping, from node: NodeID) {
        switch shipping {
        case .question(let question) where divergence != nil && question.file.isSnapshot:
            send(FilePiece(file: question.file, offset: question.offset, fileSize: 0, bytes: []), to: node)
        case .question(var question):
            question.length = min(question.length, configuration.pieceBytes)
            effects.append(.readPiece(question, peer: node))
        case .piece(let piece): advance { $0.receive(piece, from: node, others: $1) }
        case .compacted(let snapshot): note(compactedTo: snapshot, from: node)
        }
    }

    mutating func send(_ piece: FilePiece, to node: NodeID) {
        var piece = piece
        piece.promised = promised
        send(.shipping(.piece(piece)), to: node)
    }

    /// Something that this node wrote into its chosen log does not stand there.
    mutating func note(_ damage: Damage) {
        if damaged.note(damage) { effects.append(.report(.logDamaged(damage))) }
    }

    /// What could not be read once can be now.
    mutating func noteSound(_ segment: SegmentName) {
        guard damaged.forget(segment), fetch?.file == .segment(segment) else { return }
        effects.append(.discardPieces(.segment(segment)))
        fetch = nil
    }

    mutating func tickShipping() {
        if fetch == nil, ticks >= nextFetch, let segment = damaged.first, let peer = holders.first {
            beginFetch(.segment(segment), from: peer)
        }
        advance { $0.tick(others: $1) }
    }

    /// In the place of what was being fetched.
    mutating func beginFetch(_ file: ShippedFile, from peer: NodeID) {
        let next = FileFetch(
            file, from: peer, pieceBytes: configuration.pieceBytes, patience: configuration.resendTicks)
        if let fetch { effects.append(.discardPieces(fetch.file)) }
        fetch = next
        carryOut(next.beginning)
    }

    mutating func noteKept(_ length: UInt64, of file: ShippedFile) {
        guard fetch?.file == file else { return }
        advance { fetch, _ in fetch.noteKept(length) }
    }

    mutating func note(_ replacement: SegmentReplacement, of segment: SegmentName) {
        guard let fetch, fetch.file == .segment(segment) else { return }
        switch replacement {
        case .replaced(let kept):
            damaged.noteMended(segment)
            self.fetch = nil
            effects.append(.report(.segmentMended(segment, from: fetch.peer, kept: kept)))
        case .short:
            advance { $0.noteShort(others: $1) }
            if self.fetch?.isEmpty != false { effects.append(.discardPieces(fetch.file)) }
        case .unproven(let reason):
            effects.append(.report(.copyRefused(segment, from: fetch.peer, reason: reason)))
            refuseCopy()
        }
    }

    /// What was fetched is of no use: it goes, and somebody else is asked.
    mutating func refuseCopy() {
        guard let fetch else { return }
        effects.append(.discardPieces(fetch.file))
        advance { $0.noteUnproven(others: $1) }
    }

    /// The other nodes, first the one whose log is said to reach farthest.
    private var holders: [NodeID] {
        let extents = watch.heard.mapValues { $0.report.log.through }.filter { $0.value > .zero }
        return extents.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    /// - Parameter step: given the fetch and those who may be asked.
    private mutating func advance(_ step: (inout FileFetch, [NodeID]) -> FileFetch.Action?) {
        guard var fetch else { return }
        let action = step(&fetch, holders)
        self.fetch = fetch
        carryOut(action)
    }

    private mutating func carryOut(_ action: FileFetch.Action?) {
        switch action {
        case .ask(let question, let node): send(.shipping(.question(question)), to: node)
        case .keep(let piece): effects.append(.keepPiece(piece))
        case .putInPlace(.segment(let segment)): effects.append(.replaceSegment(segment))
        case .putInPlace(.snapshot(let snapshot)): install(snapshot)
        case .giveUp:
            fetch = nil
            nextFetch = ticks + 10 * configuration.resendTicks
        case nil: break
        }
    }
}

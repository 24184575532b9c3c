// Whole segments to peers that ask for them, and from peers in the place of damaged ones.

import Paxos
import PaxosLog

extension ReplicaDriver {
    mutating func receive(_ shipping: Shipping, from node: NodeID) {
        switch shipping {
        case .question(var question):
            question.length = min(question.length, configuration.pieceBytes)
            effects.append(.readPiece(question, peer: node))
        case .piece(let piece): advance { $0.receive(piece, from: node, others: $1) }
        }
    }

    /// Something that this node wrote into its chosen log does not stand there.
    mutating func note(_ damage: Damage) {
        if damaged.note(damage) { effects.append(.report(.logDamaged(damage))) }
    }

    mutating func tickShipping() {
        if damaged.fetch == nil { beginFetch() }
        advance { $0.tick(others: $1) }
    }

    mutating func noteKept(_ length: UInt64, of segment: SegmentName) {
        guard damaged.fetch?.segment == segment else { return }
        advance { fetch, _ in fetch.noteKept(length) }
    }

    mutating func note(_ replacement: SegmentReplacement, of segment: SegmentName) {
        guard let fetch = damaged.fetch, fetch.segment == segment else { return }
        switch replacement {
        case .replaced(let kept):
            damaged.noteMended(segment)
            effects.append(.report(.segmentMended(segment, from: fetch.peer, kept: kept)))
        case .short: damaged.fetch?.noteShort()
        case .unproven(let reason):
            effects.append(.report(.copyRefused(segment, from: fetch.peer, reason: reason)))
            advance { $0.noteUnproven(others: $1) }
        }
    }

    private mutating func beginFetch() {
        guard let segment = damaged.first, let peer = holders.first else { return }
        let fetch = SegmentFetch(
            segment, from: peer, pieceBytes: configuration.pieceBytes, patience: configuration.resendTicks)
        damaged.fetch = fetch
        carryOut(fetch.beginning)
    }

    /// The other nodes, first the one whose log is said to reach farthest.
    private var holders: [NodeID] {
        let extents = watch.heard.mapValues { $0.report.log.through }.filter { $0.value > .zero }
        return extents.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }

    /// - Parameter step: given the fetch and those who may be asked.
    private mutating func advance(_ step: (inout SegmentFetch, [NodeID]) -> SegmentFetch.Action?) {
        guard var fetch = damaged.fetch else { return }
        let action = step(&fetch, holders)
        damaged.fetch = fetch
        carryOut(action)
    }

    private mutating func carryOut(_ action: SegmentFetch.Action?) {
        switch action {
        case .ask(let question, let node): send(.shipping(.question(question)), to: node)
        case .keep(let piece): effects.append(.keepPiece(piece))
        case .putInPlace(let segment): effects.append(.replaceSegment(segment))
        case .discard(let segment): effects.append(.discardPieces(segment))
        case nil: break
        }
    }
}

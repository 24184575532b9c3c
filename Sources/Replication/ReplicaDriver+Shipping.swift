// Whole files to peers that ask for them, and from peers: segments that are lacking or damaged, and snapshots.

import Paxos
import PaxosLog
import StateMachine

extension ReplicaDriver {
    mutating func receive(_ shipping: Shipping, from node: NodeID) {
        switch shipping {
        case .question(let question) where divergence != nil && question.file.isSnapshot:
            send(FilePiece(file: question.file, offset: question.offset, fileSize: 0, bytes: []), to: node)
        case .question(var question):
            question.length = min(question.length, configuration.pieceBytes)
            piecesToGive.add(question, of: node)
            readPiece()
        case .piece(let piece): advance { $0.receive(piece, from: node, others: $1) }
        case .compacted(let snapshot): note(compactedTo: snapshot, from: node)
        case .wanted(let request): serveWanted(request, to: node)
        case .ended(let segment): note(segment, from: node)
        }
    }

    private mutating func readPiece() {
        guard let (question, peer) = piecesToGive.next() else { return }
        effects.append(.readPiece(question, peer: peer))
    }

    mutating func send(_ piece: FilePiece, to node: NodeID) {
        piecesToGive.noteRead()
        var piece = piece
        piece.promised = promised
        send(.shipping(.piece(piece)), to: node)
        readPiece()
    }

    /// Something that this node wrote into its chosen log does not stand there.
    mutating func note(_ damage: Damage) {
        if damaged.note(damage) { effects.append(.report(.logDamaged(damage))) }
    }

    /// What could not be read once can be now.
    mutating func noteSound(_ segment: SegmentName) {
        guard damaged.forget(segment), let fetch, fetch.file == .segment(segment), fetch.segment == nil else { return }
        endFetch()
    }

    mutating func tickShipping() {
        piecesToGive.tick()
        readPiece()
        discardLeftPieces()
        if let segment = fetch?.segment, segment.lastSlot <= store.appliedThrough, fetch?.isBeingPlaced == false {
            endFetch()
        }
        if fetch == nil, ticks >= nextFetch, let peer = holders().first, let segment = damaged.next() {
            beginFetch(.segment(segment), from: peer)
        }
        advance { $0.tick(others: $1) }
    }

    /// What is kept of files is of no use to a node that has caught up without them.
    private mutating func discardLeftPieces() {
        guard mayKeepPieces, fetch == nil, damaged.isEmpty, replica?.leader != nil,
            replica?.knownChosenThrough == replica?.chosenThrough
        else { return }
        endFetch()
    }

    /// In the place of what was being fetched; what is kept of other files goes.
    /// - Parameter segment: what the file is, where the log is to go on with it.
    mutating func beginFetch(_ file: ShippedFile, whole segment: EndedSegment? = nil, from peer: NodeID) {
        let next = FileFetch(
            file, whole: segment, from: peer, pieceBytes: configuration.pieceBytes, patience: configuration.resendTicks
        )
        effects.append(.discardPieces(besides: file))
        fetch = next
        carryOut(next.beginning)
    }

    /// Nothing is wanted of it any more.
    mutating func endFetch() {
        fetch = nil
        mayKeepPieces = false
        effects.append(.discardPieces(besides: nil))
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
            if self.fetch?.isEmpty == true { effects.append(.discardPieces(besides: nil)) }
        case .unproven(let reason):
            effects.append(.report(.copyRefused(segment, from: fetch.peer, reason: reason)))
            refuseCopy()
        }
    }

    /// What was fetched is of no use: it goes, and somebody else is asked.
    mutating func refuseCopy() {
        guard fetch != nil else { return }
        effects.append(.discardPieces(besides: nil))
        advance { $0.noteUnproven(others: $1) }
    }

    /// The other nodes that may have what is fetched: first the one whose log is said to reach farthest; of those whose logs
    /// are said to go on behind `segment`, the leader comes last, which has enough to do.
    func holders(of segment: EndedSegment? = nil) -> [NodeID] {
        let reach = segment?.lastSlot ?? .zero
        let extents = watch.heard.mapValues { $0.report.log.through }.filter { $0.value > reach }
        let farthest = extents.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        guard segment != nil, let leader = replica?.leader?.node else { return farthest }
        return farthest.filter { $0 != leader } + farthest.filter { $0 == leader }
    }

    /// - Parameter step: given the fetch and those who may be asked.
    private mutating func advance(_ step: (inout FileFetch, [NodeID]) -> FileFetch.Action?) {
        guard var fetch else { return }
        let action = step(&fetch, holders(of: fetch.segment))
        self.fetch = fetch
        carryOut(action)
    }

    private mutating func carryOut(_ action: FileFetch.Action?) {
        switch action {
        case .ask(let question, let node): send(.shipping(.question(question)), to: node)
        case .keep(let piece): effects.append(.keepPiece(piece))
        case .putInPlace(.segment(let segment)) where fetch?.segment == nil:
            effects.append(.replaceSegment(segment))
        case .putInPlace: promiseBeforePlacing()
        case .beginAnew:
            effects.append(.discardPieces(besides: nil))
            carryOut(fetch?.beginning)
        case .giveUp(let keeping): giveUp(keeping: keeping)
        case nil: break
        }
    }

    private mutating func giveUp(keeping: Bool) {
        guard let file = fetch?.file else { return }
        effects.append(.report(.fetchGivenUp(file)))
        if keeping { fetch = nil } else { endFetch() }
        mayKeepPieces = keeping
        nextFetch = ticks + (keeping ? 1 : 10) * configuration.resendTicks
    }

    // MARK: What is new to this node

    /// The promise of those who gave the file is taken over, durably, before anything in the file counts as chosen here.
    private mutating func promiseBeforePlacing() {
        guard let promised = fetch?.promised else { return }
        replica?.promise(before: promised)
        carryOut()
        fetch?.placing = batches.lastNeeded ?? durableBatch
        placeFile()
    }

    mutating func placeFile() {
        guard let fetch, let batch = fetch.placing, batch <= durableBatch, !isInstalling else { return }
        self.fetch?.placing = nil
        isInstalling = true
        switch fetch.file {
        case .segment(let segment): effects.append(.takeInSegment(segment))
        case .snapshot(let snapshot): effects.append(.installSnapshot(snapshot))
        }
    }
}

// Makes the damaged and missing segments of a log good from a copy, where the log itself proves that the copy is the same:
// by a chain digest, which stands for all that comes before it, in one of its own headers at the segment's end or behind.
// It cuts nothing, goes no further than the log went, and writes no checksum of its own making.

import Paxos
import PaxosLog
import SystemPackage

struct LogRepair {
    struct Piece: Equatable {
        var name: SegmentName
        /// What is wrong with the log's own segment; empty where there is none.
        var damage: [Damage] = []
        var remedy = Remedy.none(reason: "")
        /// Where what was replaced is kept.
        var kept: FilePath?

        var source: Source? { if case .copy(let source) = remedy { source } else { nil } }
    }

    enum Remedy: Equatable {
        case copy(Source)
        case none(reason: String)
    }

    /// What a segment is made anew from: so many bytes of a file that hold the slots, and nothing behind them.
    struct Source: Equatable {
        var file: FilePath
        var bytes: UInt64
        var slots: ClosedRange<Slot>
        var proof: Proof
    }

    /// What says the same chain digest at the segment's end as the copy.
    enum Proof: String {
        case nextHeader = "the header of the next segment"
        case ownEnd = "its own last header"
        case nextCopy = "the next segment's copy, which is proven"
    }

    private let log: ChosenLogReader
    private let copy: ChosenLogReader
    /// Where the copy is read.
    private let copySource: any FileSystem
    private let own: Set<SegmentName>
    private let workers: any Workers
    /// The segments that are damaged or missing, by first slot.
    private(set) var pieces: [Piece] = []
    /// Damage of the log that no copy of a segment makes good.
    private var leftInLog: [Damage] = []
    /// Damage of the node's other files, slots among it that stood behind the log's end: nothing is left of the log that
    /// would prove them.
    private var elsewhere: [Damage] = []

    /// Looks through all that the node has on disk, and through those segments of the copy that its log lacks.
    init(
        of node: NodeLog, from copy: NodeLog, by workers: any Workers = Threads(count: 1),
        progress: ProgressLine? = nil
    ) throws {
        log = node.reader
        self.copy = copy.reader
        copySource = copy.fileSystem
        self.workers = workers
        own = Set(try log.segments())
        for damage in try Verification(node, by: workers, progress: progress).damage { try note(damage) }
        pieces.sort { $0.name < $1.name }
        // From the last to the first, as the proof of one may rest on that of the next.
        var following: SegmentName?
        var proven: ChainDigest?
        for name in own.union(pieces.map(\.name)).sorted().reversed() {
            if let index = pieces.firstIndex(where: { $0.name == name }) {
                pieces[index].remedy = try remedy(for: pieces[index], before: following, proven: proven)
                proven = pieces[index].source == nil ? nil : try self.copy.claims(of: name).previousDigest
            } else {
                proven = nil
            }
            following = name
        }
    }

    /// Damage that is not made good.
    var left: [Damage] { leftInLog + elsewhere }

    var isWhole: Bool { left.isEmpty && pieces.isEmpty }

    /// Whether all that is damaged can be, or was, made good.
    var isComplete: Bool { left.isEmpty && pieces.allSatisfy { $0.source != nil } }

    // MARK: What is damaged

    private mutating func note(_ damage: Damage) throws {
        let file = damage.file.lastComponent?.string ?? ""
        guard let name = SegmentName(file) else {
            // What a repair left that did not come to its end is written over, or means nothing.
            let isListed = damage.kind != .tornTail && !file.hasSuffix(LogRepair.suffix)
            if isListed { elsewhere.append(damage) }
            return
        }
        switch damage.kind {
        // A node cuts what a crash tore when it starts, and has its entries in its journal.
        case .tornTail: return
        case .foreign, .unknownVersion: leftInLog.append(damage)
        case .corrupt, .gap:
            if let slots = damage.slots, slots.upperBound < name.firstSlot {
                let missing = try copy.segments().filter { slots.contains($0.firstSlot) }
                if missing.isEmpty { leftInLog.append(damage) }
                pieces += missing.map { Piece(name: $0) }
            } else if let index = pieces.firstIndex(where: { $0.name == name }) {
                pieces[index].damage.append(damage)
            } else {
                pieces.append(Piece(name: name, damage: [damage]))
            }
        }
    }

    // MARK: What makes it good

    /// - Parameters:
    ///   - following: the segment that comes next in the log.
    ///   - proven: the chain digest that the copy of that one follows, where it is proven.
    private func remedy(
        for piece: Piece, before following: SegmentName?, proven: ChainDigest?
    ) throws -> Remedy {
        let claims = own.contains(piece.name) ? try log.claims(of: piece.name) : nil
        guard let end = following?.firstSlot.previous ?? claims?.end?.slot,
            piece.damage.allSatisfy({ $0.slots.map { $0.upperBound <= end } ?? true })
        else { return .none(reason: "nothing tells where it ended") }
        var evidence: [(proof: Proof, digest: ChainDigest)] = []
        if let following, own.contains(following), let digest = try log.claims(of: following).previousDigest {
            evidence.append((.nextHeader, digest))
        }
        if let last = claims?.end, last.slot == end { evidence.append((.ownEnd, last.chainDigest)) }
        if let proven { evidence.append((.nextCopy, proven)) }
        guard let proof = evidence.first?.proof else {
            return .none(reason: "no header of the log proves what it held")
        }
        guard try copy.segments().contains(piece.name) else { return .none(reason: "the copy has no such segment") }
        guard let block = try wholeBlock(endingWith: end, in: piece.name) else {
            return .none(reason: "the copy is damaged itself, or has no block that ends with slot \(end)")
        }
        guard evidence.allSatisfy({ $0.digest == block.header.chainDigest }) else {
            return .none(reason: "the copy is of another history: the chain digests at slot \(end) differ")
        }
        let copied = try copy.claims(of: piece.name)
        let isWholeFile = copied.isSealed && copied.end?.slot == end
        guard isWholeFile || following == nil else {
            return .none(reason: "the copy's segment does not end with slot \(end)")
        }
        return .copy(
            Source(
                file: block.file, bytes: isWholeFile ? try copy.size(of: piece.name) : block.end.offset,
                slots: piece.name.firstSlot...end, proof: proof))
    }

    /// The block of the copy that ends with a slot, if that and all before it in its segment are whole.
    private func wholeBlock(endingWith end: Slot, in name: SegmentName) throws -> LogBlock? {
        var cursor = try copy.cursor(from: name.firstSlot, depth: .checks, through: name)
        while case .block(let block)? = try cursor.next() {
            if block.slots.upperBound >= end { return block.slots.upperBound == end ? block : nil }
        }
        return nil
    }

    // MARK: Mending

    /// Puts the copies in place: each is written beside, and the log verified with all of them, before any takes the
    /// place of what was there, which is kept.
    /// - Throws: `Failure` when the log is not whole with them; nothing has changed then.
    mutating func mend(_ fileSystem: any FileSystem, quarantine: Quarantine) throws {
        for piece in pieces {
            guard let source = piece.source else { continue }
            try fileSystem.copy(
                copySource.open(source.file, for: .read), to: rebuilt(piece.name), bytes: source.bytes)
        }
        leftInLog = try verify(fileSystem)
        for index in pieces.indices where pieces[index].source != nil {
            let file = log.path(of: pieces[index].name)
            if own.contains(pieces[index].name) { pieces[index].kept = try quarantine.keep(file) }
            try fileSystem.rename(rebuilt(pieces[index].name), to: file)
            try fileSystem.syncDirectory(log.directory)
        }
    }

    private static let suffix = ".rebuilt"

    private func rebuilt(_ name: SegmentName) -> FilePath {
        log.directory.appending(name.description + LogRepair.suffix)
    }

    /// Reads all of the log with the copies in it.
    /// - Returns: what is damaged still.
    private func verify(_ fileSystem: any FileSystem) throws -> [Damage] {
        let elsewhere = SegmentOverlay.Elsewhere(
            directory: log.directory, suffix: LogRepair.suffix, isPreferred: true)
        let joined = SegmentOverlay(fileSystem, directory: log.directory, elsewhere: elsewhere)
        var cursor = try ChosenLogReader(joined, directory: log.directory).verification(by: workers)
        var damage: [Damage] = []
        while let finding = try cursor.next() {
            if case .damage(let found) = finding, found.kind != .tornTail { damage.append(found) }
        }
        let copied = pieces.filter { $0.source != nil }.map(\.name)
        if let wrong = damage.first(where: { found in
            copied.contains { [log.path(of: $0), rebuilt($0)].contains(found.file) }
        }) {
            for name in copied { try fileSystem.remove(rebuilt(name)) }
            throw Failure(status: 1, message: "\(wrong.sentence): nothing was changed")
        }
        return damage
    }
}

// What stands on disk when the chosen log is opened: which blocks are whole, and where a crash tore the end. Reading
// only; damage that no crash explains is an error, unless a snapshot stands for the slots that it costs.

import Paxos
import SystemPackage

/// How a torn tail is cut.
enum LogTear: Sendable {
    /// The whole file, which holds no block.
    case file(FilePath)
    /// What stands behind the whole blocks of the open segment.
    case end(UInt64)
}

struct RecoveredLog: ~Copyable {
    private(set) var recovery: ChosenLogRecovery
    private(set) var cluster: UniqueID?
    private(set) var segment: OpenSegment?
    /// The segments before it, or all where none is open.
    private(set) var sealed = LogExtent.empty
    private(set) var tear: LogTear?
    private let base: LogBase?
    private let fileSystem: any FileSystem
    private let directory: FilePath

    init(_ fileSystem: any FileSystem, directory: FilePath, base: LogBase?) throws(StorageError) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.base = base
        cluster = base?.genesis.cluster
        recovery = ChosenLogRecovery(
            through: base?.through ?? .zero, chainDigest: base?.chainDigest ?? .start, genesis: base?.genesis,
            segmentBytes: 0, blocks: [], tornTail: nil)
        let reader = ChosenLogReader(fileSystem, directory: directory, base: base)
        let names = try reader.segments()
        guard let first = names.first, let last = names.last else { return }
        guard first.firstSlot <= recovery.through.next else {
            let end = base.map { "the snapshot ends with slot \($0.through)" } ?? "no good snapshot goes before it"
            throw .missing(file: directory, reason: "the log begins with slot \(first.firstSlot), and \(end)")
        }
        var position = try followSealed(names)
        if names.count > 1 {
            recovery.genesis = try reader.genesis()
            guard let genesis = recovery.genesis else {
                throw .corrupt(
                    Damage(
                        kind: .corrupt, file: reader.path(of: first), offset: UInt64(SegmentHeader.length),
                        slots: Slot.first...Slot.first, reason: "genesis cannot be read"))
            }
            position.limits = genesis.limits
            for name in names.dropLast() { sealed.add(segmentOf: try reader.size(of: name)) }
        }
        do {
            try readLast(last, position)
        } catch .io(.ioError, operation: "read", let file) where isHistory(through: last.firstSlot) {
            recovery.history.append(.unreadable(file))
            recovery.isBehindBase = true
            recovery.tornTail = nil
        }
    }

    /// Whether a snapshot stands for everything through `slot`.
    private func isHistory(through slot: Slot) -> Bool { base.map { slot <= $0.through } ?? false }

    /// Follows the headers and trailers of all segments before the last.
    private mutating func followSealed(_ names: [SegmentName]) throws(StorageError) -> LogPosition {
        let isWhole = names[0].firstSlot == .first
        var position = LogPosition(
            next: names[0].firstSlot, digest: isWhole ? .start : nil, cluster: cluster, limits: base?.genesis.limits)
        try joinBase(&position)
        for (name, next) in zip(names, names.dropFirst()) {
            do {
                try follow(name, before: next, &position)
            } catch {
                guard isHistory(through: next.firstSlot.previous), let damage = error.damage else { throw error }
                recovery.history.append(damage)
                position.next = next.firstSlot
                position.digest = nil
            }
            try joinBase(&position)
            try checkBoundary(of: name, end: position.next.previous)
        }
        return position
    }

    private func follow(
        _ name: SegmentName, before next: SegmentName, _ position: inout LogPosition
    ) throws(StorageError) {
        let segment = try SegmentFile(fileSystem, directory: directory, name: name)
        func corrupt(_ reason: String) -> StorageError { segment.file.corrupt(reason, at: 0) }
        let header: SegmentHeader
        switch segment.header {
        case .success(let found): header = found
        case .failure(let fault): throw corrupt("the segment's header: \(fault)")
        }
        guard header.firstSlot == position.next, name.firstSlot == position.next else {
            throw corrupt("it does not begin with slot \(position.next)")
        }
        guard header.cluster == position.cluster ?? header.cluster else {
            throw corrupt("it belongs to cluster \(header.cluster)")
        }
        guard header.previousDigest == position.digest ?? header.previousDigest else {
            throw corrupt("it does not follow what goes before it: the chain digests differ")
        }
        guard let trailer = segment.trailer, trailer.firstSlot == name.firstSlot else {
            throw corrupt("its trailer is damaged or missing")
        }
        position.cluster = header.cluster
        position.next = trailer.lastSlot.next
        position.digest = trailer.chainDigest
        guard next.firstSlot == position.next else {
            let isGap = next.firstSlot > position.next
            throw .corrupt(
                Damage(
                    kind: isGap ? .gap : .foreign, file: directory.appending(next.description), offset: 0,
                    slots: isGap ? position.next...next.firstSlot.previous : nil,
                    reason: "the segment before it ends with slot \(trailer.lastSlot)"))
        }
    }

    /// Behind the base's slot, log and snapshot must tell of the same log.
    private func joinBase(_ position: inout LogPosition) throws(StorageError) {
        guard let base, position.next == base.through.next else { return }
        guard position.digest ?? base.chainDigest == base.chainDigest else {
            throw contradiction(
                "the chain digest of the log through slot \(base.through) is another than the snapshot's")
        }
        position.digest = base.chainDigest
    }

    private func checkBoundary(of name: SegmentName, end: Slot) throws(StorageError) {
        guard let base, name.firstSlot <= base.through, end > base.through else { return }
        throw contradiction("the snapshot of slot \(base.through) does not end with a segment of the log")
    }

    private func contradiction(_ reason: String) -> StorageError {
        .corrupt(Damage(kind: .corrupt, file: directory, offset: 0, slots: nil, reason: reason))
    }

    /// Reads the last segment block by block; of one that a snapshot stands for, and that is ended, the headers alone. A
    /// damage that is no torn tail is thrown.
    private mutating func readLast(_ name: SegmentName, _ position: LogPosition) throws(StorageError) {
        recovery.through = name.firstSlot.previous
        recovery.chainDigest = position.digest ?? .start
        cluster = position.cluster
        let file = try SegmentFile(fileSystem, directory: directory, name: name)
        let trailer = file.trailer
        let isHistory = isHistory(through: trailer?.lastSlot ?? name.firstSlot)
        var cursor = ChosenLogCursor(
            fileSystem, directory: directory, names: [name], from: name.firstSlot,
            depth: isHistory && trailer != nil ? .headers : .payloads, position: position, base: base)
        var damages: [Damage] = []
        while let finding = try cursor.next() {
            switch finding {
            case .block(let block):
                recovery.through = block.header.lastSlot
                recovery.chainDigest = block.header.chainDigest
                recovery.blocks.append(
                    BlockDigest(slots: block.header.slots, chainDigest: block.header.chainDigest))
                if block.header.firstSlot == .first { recovery.genesis = block.raw?.genesis ?? recovery.genesis }
            case .damage(let damage) where damage.kind == .tornTail: recovery.tornTail = damage
            case .damage(let damage):
                guard isHistory else { throw .corrupt(damage) }
                damages.append(damage)
            }
        }
        recovery.history += damages
        if isHistory, let trailer {
            recovery.through = trailer.lastSlot
            recovery.chainDigest = trailer.chainDigest
        }
        try checkBoundary(of: name, end: recovery.through)
        if let base, recovery.through < base.through || (trailer == nil && !damages.isEmpty) {
            recovery.isBehindBase = true
            recovery.tornTail = nil
            return
        }
        var end = LogPosition(next: recovery.through.next, digest: recovery.chainDigest, cluster: cluster, limits: nil)
        try joinBase(&end)
        if isHistory && trailer != nil {
            sealed.add(segmentOf: file.size)
        } else if let walk = cursor.walk {
            try takeLast(name, walk)
        }
    }

    private mutating func takeLast(_ name: SegmentName, _ walk: SegmentWalk) throws(StorageError) {
        cluster = walk.position.cluster
        let path = directory.appending(name.description)
        if walk.blocks.isEmpty && !walk.isSealed || recovery.through < name.firstSlot {
            tear = .file(path)
        } else if recovery.tornTail != nil || !walk.isSealed {
            let file = try fileSystem.open(path, for: .readWrite)
            segment = OpenSegment(found: walk, file: file)
            recovery.segmentBytes = walk.isFull ? 0 : Int(walk.rawBytes)
            if recovery.tornTail != nil { tear = .end(walk.blocksEnd) }
        } else {
            sealed.add(segmentOf: walk.segment.size)
        }
    }
}

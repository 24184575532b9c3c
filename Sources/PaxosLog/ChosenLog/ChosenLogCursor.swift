// Reads the chosen log from a slot on, segment by segment, and gives out blocks and damage in order. It holds one block
// and one segment's index at a time, however long the log is, and never writes.

package import Paxos
import SystemPackage

package struct ChosenLogCursor: ~Copyable, Sendable {
    private let fileSystem: any FileSystem
    private let directory: FilePath
    private let names: [SegmentName]
    private let depth: ReadingDepth
    private var following: Int
    /// Where in `names` the reading ends. Those behind are known, and tell where their forerunners must end.
    private let end: Int
    private var from: Slot
    private let base: LogBase?
    private var found: [LogFinding] = []
    private var verifiers: BlockVerifiers
    /// The segment that is read, or was read last.
    private(set) var walk: SegmentWalk?
    private var isWalking = false
    private(set) var position: LogPosition

    /// - Parameters:
    ///   - names: the log's segments, sorted.
    ///   - from: a slot of the first block wanted.
    ///   - position: what must hold of the first segment read, its chain digest where that is known; its slot is set
    ///     by `from`.
    ///   - base: what a snapshot says of the log, whose slots need not be there up to the snapshot's.
    ///   - through: the last segment to be read; nil for the log's last.
    ///   - workers: who verifies; nil for the caller's thread alone.
    ///   - inPairs: whether the caller's thread takes two blocks at a time.
    init(
        _ fileSystem: any FileSystem, directory: FilePath, names: [SegmentName], from: Slot, depth: ReadingDepth,
        position: LogPosition, base: LogBase? = nil, through: SegmentName? = nil, workers: (any Workers)? = nil,
        inPairs: Bool = false
    ) {
        self.fileSystem = fileSystem
        verifiers = BlockVerifiers(workers: workers, inPairs: inPairs)
        self.directory = directory
        self.names = names
        self.depth = depth
        self.from = from
        self.base = base
        self.position = position
        following = names.lastIndex { $0.firstSlot <= from } ?? 0
        end = through.flatMap { names.lastIndex(of: $0) }.map { $0 + 1 } ?? names.count
        if following < names.count, names[following].firstSlot <= from {
            self.position.next = names[following].firstSlot
            if names[following].firstSlot == .first { self.position.digest = .start }
        } else if let base, let first = names.first, from <= base.through {
            self.position.next = min(first.firstSlot, base.through.next)
        } else {
            self.position.next = from
        }
    }

    /// The slot after the last that was given out, as a block or as lost.
    package var nextSlot: Slot { isWalking ? walk?.position.next ?? position.next : position.next }

    /// What comes next in the log; nil at its end.
    /// - Throws: `.io` alone; whatever the files hold is a finding.
    package mutating func next() throws(StorageError) -> LogFinding? {
        while true {
            if !found.isEmpty { return found.removeFirst() }
            if isWalking {
                if let finding = try walk?.next(&verifiers) { return finding }
                position = walk?.position ?? position
                isWalking = false
            }
            guard following < end else { return nil }
            following += 1
            try open(names[following - 1], nextFirst: following < names.count ? names[following].firstSlot : nil)
        }
    }

    private mutating func open(_ name: SegmentName, nextFirst: Slot?) throws(StorageError) {
        let path = directory.appending(name.description)
        func damage(_ kind: Damage.Kind, _ slots: ClosedRange<Slot>?, _ reason: String) -> LogFinding {
            .damage(Damage(kind: kind, file: path, offset: 0, slots: slots, reason: reason))
        }
        guard name.firstSlot >= position.next else {
            found.append(damage(.foreign, nil, "it begins with a slot that the segment before it holds"))
            return
        }
        if name.firstSlot > position.next {
            let slots = position.next...name.firstSlot.previous
            found.append(damage(.gap, slots, "no segment holds these slots"))
            position.next = name.firstSlot
            position.digest = nil
        }
        let segment = try SegmentFile(fileSystem, directory: directory, name: name)
        var opened = SegmentWalk(segment, nextFirst: nextFirst, depth: depth, position: position)
        func lost() -> ClosedRange<Slot> {
            name.firstSlot...max(name.firstSlot, nextFirst?.previous ?? segment.trailer?.lastSlot ?? name.firstSlot)
        }
        switch segment.header {
        case .success(let header):
            if header.firstSlot != name.firstSlot {
                return pass(damage(.foreign, lost(), "its header says that it begins with slot \(header.firstSlot)"))
            }
            if let cluster = position.cluster, cluster != header.cluster {
                return pass(damage(.foreign, lost(), "it belongs to cluster \(header.cluster), not \(cluster)"))
            }
            if let digest = position.digest, digest != header.previousDigest {
                let reason = "it does not follow the segment before it: the chain digests differ"
                found.append(damage(.corrupt, nil, reason))
            }
            if let base, base.through.next == name.firstSlot, base.chainDigest != header.previousDigest {
                let reason = "it does not follow the snapshot of slot \(base.through): the chain digests differ"
                found.append(damage(.corrupt, nil, reason))
            }
            opened.position.cluster = header.cluster
            opened.position.digest = header.previousDigest
        case .failure(.unsupportedVersion(let version)):
            return pass(damage(.unknownVersion, lost(), "the segment is of version \(version)"))
        case .failure(let fault):
            // A writer may have begun the file just now.
            if nextFirst == nil, try segment.file.size() > segment.size {
                following -= 1
                return
            }
            if try opened.reportTornStart() { break }
            if segment.size < UInt64(SegmentHeader.length) {
                return pass(damage(.corrupt, lost(), "the segment's header: \(fault)"))
            }
            found.append(damage(.corrupt, nil, "the segment's header: \(fault)"))
        }
        if from > name.firstSlot { try opened.seek(to: from, &verifiers) }
        from = .zero
        walk = opened
        isWalking = true
    }

    /// Reports a segment whose blocks are not this log's to read.
    private mutating func pass(_ finding: LogFinding) {
        if case .damage(let damage) = finding, let slots = damage.slots { position.next = slots.upperBound.next }
        position.digest = nil
        found.append(finding)
    }
}

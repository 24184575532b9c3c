// The chosen log of one node for those who only read it, also while that node writes. It keeps nothing but where the
// log is: each question looks at the files as they are then.

package import Paxos
package import SystemPackage

package struct ChosenLogReader: Sendable {
    let fileSystem: any FileSystem
    package let directory: FilePath
    /// The cluster that the log must belong to, where the caller knows it.
    private let cluster: UniqueID?
    /// What a snapshot says of the log; a log that does not begin with slot 1 is read as a whole by it.
    private let base: LogBase?

    /// - Parameter cluster: segments of another are reported as foreign; without it, the first segment tells.
    package init(_ fileSystem: any FileSystem, directory: FilePath, cluster: UniqueID? = nil, base: LogBase? = nil) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.cluster = cluster ?? base?.genesis.cluster
        self.base = base
    }

    /// The segments that there are, by first slot.
    package func segments() throws(StorageError) -> [SegmentName] {
        try fileSystem.list(directory).compactMap { SegmentName($0) }.sorted()
    }

    /// What lies in the folder and is no segment: nothing of a chosen log.
    package func strangers() throws(StorageError) -> [Damage] {
        try fileSystem.list(directory).filter { SegmentName($0) == nil }.map { name in
            Damage(
                kind: .foreign, file: directory.appending(name), offset: 0, slots: nil,
                reason: "it is no segment's name")
        }
    }

    package func path(of name: SegmentName) -> FilePath { directory.appending(name.description) }

    /// How many bytes a segment has on disk.
    package func size(of name: SegmentName) throws(StorageError) -> UInt64 {
        try fileSystem.open(path(of: name), for: .read).size()
    }

    /// Reads all payloads from the block that holds `from` on, two blocks at a time where that takes less than one by one.
    package func replay(from: Slot) throws(StorageError) -> ChosenLogCursor {
        try cursor(from: from, depth: .payloads, limits: limits(before: from), inPairs: true)
    }

    /// Reads from the block that holds `from` on, to the end of the segment `through`, or of the log.
    package func cursor(
        from: Slot = .first, depth: ReadingDepth, through: SegmentName? = nil
    ) throws(StorageError) -> ChosenLogCursor {
        let limits = depth == .payloads ? try limits(before: from) : nil
        return try cursor(from: from, depth: depth, through: through, limits: limits)
    }

    /// How the log is cut, where a reading from `slot` on does not come upon it.
    private func limits(before slot: Slot) throws(StorageError) -> LogLimits? {
        slot > .first ? try genesis()?.limits : nil
    }

    /// - Parameter limits: how the log is cut, where that is known and `from` lies behind genesis.
    func cursor(
        from: Slot, depth: ReadingDepth, through: SegmentName? = nil, limits: LogLimits?, inPairs: Bool = false
    ) throws(StorageError) -> ChosenLogCursor {
        ChosenLogCursor(
            fileSystem, directory: directory, names: try segments(), from: max(from, .first), depth: depth,
            position: LogPosition(next: from, digest: nil, cluster: cluster, limits: limits), base: base,
            through: through, inPairs: inPairs)
    }

    /// Reads from the block that holds `slot`, or the last one before it, towards the first.
    /// - Parameter name: the segment to be read; nil for all of the log.
    package func backwards(from slot: Slot, in name: SegmentName? = nil) throws(StorageError) -> BackwardCursor {
        let all = try segments()
        return BackwardCursor(
            self, names: all.filter { $0 <= name ?? $0 && $0.firstSlot <= slot }, last: all.last, from: slot,
            count: name == nil ? all.count : 1, limits: try genesis()?.limits)
    }

    /// Verifies all of the log, as reading its payloads does.
    package func verification(by workers: any Workers) throws(StorageError) -> ChosenLogCursor {
        ChosenLogCursor(
            fileSystem, directory: directory, names: try segments(), from: .first, depth: .checks,
            position: LogPosition(next: .first, digest: nil, cluster: cluster, limits: base?.genesis.limits),
            base: base, workers: workers)
    }

    /// The genesis in slot 1, if the base names it, or this log holds it undamaged.
    package func genesis() throws(StorageError) -> Genesis? {
        if let base { return base.genesis }
        guard let first = try segments().first, first.firstSlot == .first else { return nil }
        var cursor = ChosenLogCursor(
            fileSystem, directory: directory, names: [first], from: .first, depth: .payloads, position: .start)
        while let finding = try cursor.next() {
            if case .block(let block) = finding { return block.raw?.genesis }
        }
        return nil
    }

    /// The block that holds `slot`, by the index of its segment or the headers before it; no payload is read.
    /// - Returns: `.damage` when that block, or its header, is damaged; nil when the log does not hold the slot.
    package func block(holding slot: Slot) throws(StorageError) -> LogFinding? {
        try find(slot, depth: .headers)
    }

    /// The same with the block's payload, verified, its chain digest too where the block before it is intact.
    package func read(blockHolding slot: Slot) throws(StorageError) -> LogFinding? {
        try find(slot, depth: .payloads)
    }

    private func find(_ slot: Slot, depth: ReadingDepth) throws(StorageError) -> LogFinding? {
        try find(slot, cursor(from: slot, depth: depth))
    }

    /// - Parameter cursor: one that begins with `slot`.
    func find(_ slot: Slot, _ cursor: consuming ChosenLogCursor) throws(StorageError) -> LogFinding? {
        while let finding = try cursor.next() {
            switch finding {
            // A damaged index has the reading begin before the block.
            case .block(let block) where block.slots.upperBound < slot: continue
            case .block(let block): return block.slots.contains(slot) ? finding : nil
            case .damage(let damage):
                guard let slots = damage.slots else { continue }
                if slots.contains(slot) { return finding }
                if slots.lowerBound > slot { return nil }
            }
        }
        return nil
    }

    /// The last block whose header is intact, and so the chain digest over the whole log; nil when there is none.
    package func lastBlock() throws(StorageError) -> LogBlock? {
        for name in try segments().reversed() {
            let segment = try SegmentFile(fileSystem, directory: directory, name: name)
            var last: LogBlock?
            if case .success(let index) = segment.index, let block = index.blocks.last,
                case .success(let header) = try segment.blockHeader(at: block.offset)
            {
                last = LogBlock(file: segment.path, offset: block.offset, header: header, raw: nil)
            } else {
                var cursor = try cursor(from: name.firstSlot, depth: .headers)
                while let finding = try cursor.next() {
                    if case .block(let block) = finding { last = block }
                }
            }
            if let last { return last }
        }
        return nil
    }
}

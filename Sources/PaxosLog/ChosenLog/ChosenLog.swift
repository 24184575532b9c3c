// The chosen log's writer: blocks in, whole and synced segments out, byte for byte the same on every node. It decides
// nothing: where blocks and segments end, BlockCutter has decided. One thread owns it.

package import Paxos
package import SystemPackage

package struct ChosenLog: ~Copyable, Sendable {
    let fileSystem: any FileSystem
    let directory: FilePath
    /// What was found on disk.
    package let recovery: ChosenLogRecovery
    /// All slots up to and with this one are durable here.
    package private(set) var through: Slot
    /// The chain digest of the last durable block.
    package private(set) var chainDigest: ChainDigest
    private(set) var cluster: UniqueID?
    /// How the log is cut; nil while it is empty.
    private(set) var limits: LogLimits?

    var segment: OpenSegment?
    /// The segments that are ended.
    var sealed: LogExtent
    /// What must be cut before anything is appended.
    private(set) var tear: LogTear?
    /// A failed write or sync leaves the file in doubt: nothing is written after it.
    private var failure: StorageError?

    /// Blocks that were handed over and are not in `buffer` yet, and the digests of those that are, or are durable, and
    /// were not given back yet: both outlast a call only while the disk is full.
    private var waiting: ArraySlice<RawBlock> = []
    private var digests: [BlockDigest] = []
    /// How far the blocks in `buffer` go.
    private var staged: (through: Slot, digest: ChainDigest)
    private var buffer: SegmentBuffer
    private var compressor = BlockCompressor()

    /// Opens the log in `directory`, or an empty one where there is none. Reads the last segment whole and of the others
    /// the headers and trailers. Writes nothing: what a crash tore is left for `cutTornTail`.
    /// - Parameter base: what a snapshot says of the log, which may begin behind slot 1 then.
    /// - Throws: `.corrupt` for any damage above the base but a torn tail, `.missing` when slots are neither in the log nor
    ///   in the snapshot, `.io` when the files cannot be read.
    package static func open(
        _ fileSystem: any FileSystem, directory: FilePath, base: LogBase? = nil
    ) throws(StorageError) -> ChosenLog {
        ChosenLog(fileSystem, directory, try RecoveredLog(fileSystem, directory: directory, base: base))
    }

    private init(_ fileSystem: any FileSystem, _ directory: FilePath, _ recovered: consuming RecoveredLog) {
        self.fileSystem = fileSystem
        self.directory = directory
        recovery = recovered.recovery
        through = recovered.recovery.through
        chainDigest = recovered.recovery.chainDigest
        cluster = recovered.cluster
        limits = recovered.recovery.genesis?.limits
        segment = recovered.segment
        sealed = recovered.sealed
        tear = recovered.tear
        staged = (through, chainDigest)
        buffer = SegmentBuffer(capacity: Int(SegmentWalk.syncWindow) * 2)
    }

    /// Cuts what `recovery.tornTail` names. The caller has made sure that the journal holds those slots as chosen. No
    /// effect when there is no torn tail.
    package mutating func cutTornTail() throws(StorageError) {
        guard let tear else { return }
        try writing { (log) throws(StorageError) in
            switch tear {
            case .file(let path):
                try log.fileSystem.remove(path)
                try log.fileSystem.syncDirectory(log.directory)
            case .end(let size):
                guard let file = log.segment?.file else { preconditionFailure("an end is cut from an open segment") }
                try file.truncate(to: size)
                try file.sync()
            }
            log.tear = nil
        }
    }

    /// What the disk holds of this log, durably.
    package var extent: LogExtent {
        var extent = sealed
        if let segment, segment.size > 0 { extent.add(segmentOf: segment.size) }
        extent.through = through
        return extent
    }

    /// Appends blocks that follow what the log holds. They are durable on return.
    /// - Returns: the chain digest behind each.
    /// - Throws: `.io`, after which every call throws the same: what the disk holds is known only after a restart. But when
    ///   the disk is full (`isLackOfRoom`), the blocks are kept, and a call with none, or with more, tries again; nothing
    ///   else may be done to the log before one has succeeded.
    @discardableResult
    package mutating func append(_ blocks: [RawBlock]) throws(StorageError) -> [BlockDigest] {
        precondition(tear == nil, "a torn tail is cut before anything is appended")
        precondition(!recovery.isBehindBase, "a log that ends before its base is set aside, and begun anew")
        waiting.append(contentsOf: blocks)
        try writing { (log) throws(StorageError) in
            try log.flush()
            try log.sealFull()
            while let block = log.waiting.popFirst() {
                var segment = if let open = log.segment.take() { open } else { try log.begin(with: block) }
                log.encode(block, into: &segment)
                log.digests.append(
                    BlockDigest(slots: block.firstSlot...block.lastSlot, chainDigest: log.staged.digest))
                if block.endsSegment {
                    try log.seal(segment)
                } else {
                    log.segment = segment
                    if log.buffer.count >= Int(SegmentWalk.syncWindow) { try log.flush() }
                }
            }
            try log.flush()
        }
        defer { digests = [] }
        return digests
    }

    /// Removes the segments that hold no slot above `slot`, the oldest first, and never the last of the log. The caller has
    /// snapshots that stand for them. A crash at any step leaves a log that begins later.
    /// - Parameter archive: keeps each before it is removed.
    /// - Returns: what was removed.
    @discardableResult
    package mutating func drop(
        through slot: Slot, to archive: Archive?
    ) throws(StorageError) -> [SegmentName] {
        let reader = ChosenLogReader(fileSystem, directory: directory)
        let names = try reader.segments()
        var dropped: [SegmentName] = []
        for (name, next) in zip(names, names.dropFirst()) where next.firstSlot.previous <= slot {
            let path = reader.path(of: name)
            let size = try reader.size(of: name)
            try archive?.keep(path)
            try fileSystem.remove(path)
            try fileSystem.syncDirectory(directory)
            sealed.remove(segmentOf: size)
            dropped.append(name)
        }
        return dropped
    }

    /// The files are gone: the next block begins a segment behind `base`.
    mutating func restart(behind base: LogBase) {
        segment = nil
        sealed = .empty
        (through, chainDigest) = (base.through, base.chainDigest)
        staged = (through, chainDigest)
        (cluster, limits) = (base.genesis.cluster, base.genesis.limits)
    }

    /// A whole segment came in the place of the open one, or behind the last: the next block begins a segment behind it.
    mutating func goOn(behind copy: SegmentCopy) {
        segment = nil
        sealed.add(segmentOf: copy.size)
        (through, chainDigest) = (copy.position.next.previous, copy.position.digest ?? chainDigest)
        staged = (through, chainDigest)
        (cluster, limits) = (copy.position.cluster, copy.position.limits)
    }

    mutating func writing(_ body: (inout ChosenLog) throws(StorageError) -> Void) throws(StorageError) {
        if let failure { throw failure }
        do {
            try body(&self)
        } catch {
            if !error.isLackOfRoom { failure = error }
            throw error
        }
    }

    /// A new segment in the buffer; its file is made when that is written.
    private mutating func begin(with block: RawBlock) throws(StorageError) -> OpenSegment {
        let name = SegmentName(firstSlot: block.firstSlot)
        if block.firstSlot == .first { (cluster, limits) = (block.genesis?.cluster, block.genesis?.limits) }
        guard let cluster else {
            throw .foreign(
                file: directory.appending(name.description), reason: "slot 1 holds no genesis, which begins every log")
        }
        let header = SegmentHeader(cluster: cluster, firstSlot: block.firstSlot, previousDigest: staged.digest)
        buffer.append(capacity: SegmentHeader.length) { bytes in
            header.encode(to: bytes)
            return SegmentHeader.length
        }
        return OpenSegment(name: name)
    }

    private mutating func encode(_ block: RawBlock, into segment: inout OpenSegment) {
        precondition(block.firstSlot == staged.through.next, "blocks come in the order of their slots, without gaps")
        precondition(block.bytes.count <= BlockHeader.longestRaw, "a block is no longer than readers allow")
        let offset = segment.size + UInt64(buffer.count)
        let digest = staged.digest.followed(by: block.bytes)
        var position: BlockPosition?
        let raw = block.bytes.span.bytes
        raw.withUnsafeBytes { raw in
            let capacity = BlockHeader.length + BlockCompressor.bound(raw.count)
            buffer.append(capacity: capacity) { bytes in
                let frame = UnsafeMutableRawBufferPointer(rebasing: bytes[BlockHeader.length...])
                let length = compressor.compress(raw, into: frame)
                let stored = UnsafeRawBufferPointer(rebasing: frame[..<length])
                let header = BlockHeader(
                    firstSlot: block.firstSlot, count: block.count, rawLength: raw.count, storedLength: length,
                    chainDigest: digest, storedChecksum: SegmentChecksum.storedBytes(stored))
                header.encode(to: bytes, segment: segment.name.firstSlot, offset: offset)
                position = BlockPosition(offset: offset, header: header)
                return BlockHeader.length + length
            }
        }
        guard let position else { preconditionFailure("a block that was encoded has a position") }
        segment.blocks.append(position)
        segment.rawBytes += UInt64(block.bytes.count)
        staged = (block.lastSlot, digest)
    }

    /// Ends the segment that lacks nothing but its index and trailer.
    mutating func sealFull() throws(StorageError) {
        if let segment, segment.isFull { try seal(segment) }
    }

    /// Ends the segment with its index and trailer, in one write with the blocks that wait.
    private mutating func seal(_ segment: OpenSegment) throws(StorageError) {
        guard let last = segment.blocks.last else { preconditionFailure("no segment is sealed without a block") }
        let index = SegmentIndex(blocks: segment.blocks)
        let trailer = SegmentTrailer(
            blockCount: segment.blocks.count, indexOffset: last.end, firstSlot: segment.name.firstSlot,
            lastSlot: last.lastSlot, rawBytes: segment.rawBytes, chainDigest: staged.digest)
        buffer.append(capacity: index.encodedLength + SegmentTrailer.length) { bytes in
            index.encode(to: bytes, segment: segment.name.firstSlot)
            trailer.encode(to: UnsafeMutableRawBufferPointer(rebasing: bytes[index.encodedLength...]))
            return index.encodedLength + SegmentTrailer.length
        }
        self.segment = segment
        self.segment?.isSealed = true
        try flush()
    }

    /// Writes and syncs what waits. A segment's folder is synced when the file is new, before anyone hears that its
    /// blocks are durable. What a full disk took a part of is written over.
    private mutating func flush() throws(StorageError) {
        guard buffer.count > 0, var segment else { return }
        let isNew = segment.size == 0
        let file = if let open = segment.file { open } else { try create(segment.name) }
        // All of it is set anew: Swift 6.3 never lets go of what `self.segment?.file = file` takes the place of, in a struct
        // that can't be copied, and the file of each segment would stay open.
        segment.file = file
        self.segment = segment
        try file.write(at: segment.size, buffer.bytes)
        try file.sync()
        if isNew { try fileSystem.syncDirectory(directory) }
        segment.size += UInt64(buffer.count)
        if segment.isSealed { sealed.add(segmentOf: segment.size) }
        self.segment = segment.isSealed ? nil : segment
        buffer.removeAll()
        (through, chainDigest) = staged
    }

    private func create(_ name: SegmentName) throws(StorageError) -> any File {
        try fileSystem.createDirectory(directory)
        return try fileSystem.create(directory.appending(name.description))
    }
}

// One segment opened for reading: its header, and its index and trailer where it is sealed. It never writes, and reads
// no blocks by itself.

import Paxos
import SystemPackage

struct SegmentFile: Sendable {
    let name: SegmentName
    let file: any File
    /// When it was opened; a writer may have appended since.
    let size: UInt64
    let header: Result<SegmentHeader, SegmentFault>
    /// Present when the file ends with a valid trailer that gives this length.
    let trailer: SegmentTrailer?
    /// Present with the trailer: the index that it points to, or what is wrong with it.
    let index: Result<SegmentIndex, SegmentFault>?

    static let sectorSize: UInt64 = 512

    init(_ fileSystem: any FileSystem, directory: FilePath, name: SegmentName) throws(StorageError) {
        try self.init(name: name, file: try fileSystem.open(directory.appending(name.description), for: .read))
    }

    private init(name: SegmentName, file: any File) throws(StorageError) {
        self.name = name
        self.file = file
        size = try file.size()
        let head = try file.bytes(at: 0, count: min(SegmentHeader.length, Int(clamping: size)))
        header = Result { () throws(SegmentFault) in try SegmentHeader(decoding: head.span.bytes) }
        trailer = try SegmentFile.trailer(of: file, size: size)
        index =
            if let trailer { try SegmentFile.index(of: file, at: trailer, segment: name.firstSlot) } else { nil }
    }

    /// The same file as it is now.
    func reopened() throws(StorageError) -> SegmentFile { try SegmentFile(name: name, file: file) }

    var path: FilePath { file.path }

    /// Where the blocks end, if a trailer says so.
    var blocksEnd: UInt64? { trailer?.indexOffset }

    static func trailer(of file: any File, size: UInt64) throws(StorageError) -> SegmentTrailer? {
        guard size >= UInt64(SegmentHeader.length + SegmentTrailer.length) else { return nil }
        let bytes = try file.bytes(at: size - UInt64(SegmentTrailer.length), count: SegmentTrailer.length)
        guard let trailer = try? SegmentTrailer(decoding: bytes.span.bytes), trailer.fileLength == size,
            trailer.indexOffset > UInt64(SegmentHeader.length)
        else { return nil }
        return trailer
    }

    private static func index(
        of file: any File, at trailer: SegmentTrailer, segment: Slot
    ) throws(StorageError) -> Result<SegmentIndex, SegmentFault> {
        let bytes = try file.bytes(
            at: trailer.indexOffset, count: SegmentIndex.length(blocks: trailer.blockCount))
        return Result { () throws(SegmentFault) in
            let index = try SegmentIndex(decoding: bytes.span.bytes, segment: segment)
            guard index.blocks.count == trailer.blockCount else { throw .outOfBounds("the number of blocks") }
            return index
        }
    }

    /// The index that begins at `offset`, if a whole and valid one does.
    func index(at offset: UInt64) throws(StorageError) -> SegmentIndex? {
        let head = try file.bytes(at: offset, count: 8)
        guard let count = SegmentIndex.blockCount(leading: head.span.bytes) else { return nil }
        let length = SegmentIndex.length(blocks: count)
        guard UInt64(length) <= size - offset else { return nil }
        let bytes = try file.bytes(at: offset, count: length)
        return try? SegmentIndex(decoding: bytes.span.bytes, segment: name.firstSlot)
    }

    func blockHeader(at offset: UInt64) throws(StorageError) -> Result<BlockHeader, SegmentFault> {
        let bytes = try file.bytes(at: offset, count: BlockHeader.length)
        return Result { () throws(SegmentFault) in
            try BlockHeader(decoding: bytes.span.bytes, segment: name.firstSlot, offset: offset)
        }
    }

    /// Whether bytes of `range` look as if they never reached the disk: they lie behind the file's end, or in a sector
    /// that is all zero from `start` on. A byte that changed on the disk leaves neither trace.
    func looksUnwritten(_ range: Range<UInt64>, from start: UInt64) throws(StorageError) -> Bool {
        if range.upperBound > size { return true }
        let first = range.lowerBound / SegmentFile.sectorSize * SegmentFile.sectorSize
        for sector in stride(from: first, to: range.upperBound, by: Int(SegmentFile.sectorSize)) {
            let piece = max(sector, start)..<min(sector + SegmentFile.sectorSize, size)
            let bytes = try file.bytes(at: piece.lowerBound, count: piece.count)
            if bytes.span.bytes.isZero { return true }
        }
        return false
    }

    /// The first valid header of a block at or behind `offset`, before `end`, whose slots lie in `slots`.
    func nextBlock(
        from offset: UInt64, to end: UInt64, slots: ClosedRange<Slot>
    ) throws(StorageError) -> (offset: UInt64, header: BlockHeader)? {
        let chunkLength = 256 << 10
        var chunkStart = offset
        while chunkStart + UInt64(BlockHeader.length) <= end {
            let chunk = try file.bytes(at: chunkStart, count: min(chunkLength, Int(end - chunkStart)))
            guard chunk.count >= BlockHeader.length else { return nil }
            let span = chunk.span.bytes
            var at = 0
            while let start = span.firstOffset(of: BlockHeader.firstMagicByte, from: at),
                start + BlockHeader.length <= chunk.count
            {
                at = start + 1
                let found = chunkStart + UInt64(start)
                let candidate = span.extracting(start..<(start + BlockHeader.length))
                if let header = try? BlockHeader(decoding: candidate, segment: name.firstSlot, offset: found),
                    slots.contains(header.firstSlot), slots.contains(header.lastSlot)
                {
                    return (found, header)
                }
            }
            chunkStart += UInt64(chunk.count - BlockHeader.length + 1)
        }
        return nil
    }
}

extension RawSpan {
    /// Where `byte` stands first at or behind `start`.
    fileprivate func firstOffset(of byte: UInt8, from start: Int) -> Int? {
        withUnsafeBytes { bytes in
            var offset = start
            while offset < bytes.count, bytes[offset] != byte { offset += 1 }
            return offset < bytes.count ? offset : nil
        }
    }

    fileprivate var isZero: Bool {
        withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count, bytes[offset] == 0 { offset += 1 }
            return offset == bytes.count
        }
    }
}

extension File {
    func corrupt(_ reason: String, at offset: UInt64) -> StorageError {
        .corrupt(Damage(kind: .corrupt, file: path, offset: offset, slots: nil, reason: reason))
    }

    /// The bytes from `offset` on; fewer than `count` only at the end of the file.
    func bytes(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { (buffer, length) throws(StorageError) in
            length = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}

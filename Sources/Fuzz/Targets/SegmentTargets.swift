// The chosen log's files: a whole segment, a block behind its compression, and the index and trailer by themselves.

import CZstd
import Fuzzing
import Paxos
import PaxosLog
import SystemPackage

/// Reads a folder with one segment.
enum SegmentReading {
    static let directory = FilePath("/n0/log")
    static let name = SegmentName(firstSlot: .first)

    /// - Returns: whether every byte was in order.
    static func read(_ bytes: [UInt8], inEveryWay: Bool) -> Bool {
        let fileSystem = MemoryFileSystem()
        fileSystem.install(bytes, at: directory.appending(name.description))
        let reader = ChosenLogReader(fileSystem, directory: directory)
        do {
            let isWhole = try readForwards(reader, bytes.count)
            guard inEveryWay else { return isWhole }
            try readBackwards(reader, bytes.count)
            for slot in [1, 9, 20] as [UInt64] { _ = try reader.block(holding: Slot(slot)) }
            _ = try reader.lastBlock()
            // What a node does with it when it starts.
            _ = try? ChosenLog.open(fileSystem, directory: directory)
            return isWhole
        } catch {
            fatalError("whatever the files hold is a finding: \(error)")
        }
    }

    private static func readBackwards(_ reader: ChosenLogReader, _ size: Int) throws {
        var cursor = try reader.backwards(from: Slot(20))
        var findings = 0
        while try cursor.next() != nil {
            findings += 1
            require(findings <= size + 1, "each finding takes a byte at least")
        }
    }

    private static func readForwards(_ reader: ChosenLogReader, _ size: Int) throws -> Bool {
        var isWhole = true
        var cursor = try reader.cursor(depth: .payloads)
        var findings = 0
        while let finding = try cursor.next() {
            switch finding {
            case .damage: isWhole = false
            case .block(let block):
                guard let raw = block.raw else { continue }
                do {
                    try raw.forEachEntry { entry, _ in
                        require(block.slots.contains(entry.slot), "a block holds the slots that it says")
                    }
                } catch {
                    fatalError("a block that was given out holds its entries")
                }
            }
            findings += 1
            require(findings <= size + 1, "each finding takes a byte at least")
        }
        return isWhole
    }
}

struct SegmentTarget: FuzzTarget {
    let name = "segment"
    /// What a header may claim that a block has, raw or stored; buffers that are used again grow to twice that.
    let largestAllocation = 3 * BlockHeader.longestRaw
    let mostAllocated = 64 * BlockHeader.longestRaw

    /// One that is sealed, and one that is being written.
    private static let samples = [makeSample(40), makeSample(12)]

    var corpus: [[UInt8]] { SegmentTarget.samples }

    func reseal(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        let first = Slot.first
        guard bytes.count >= SegmentHeader.length else { return }
        bytes.withUnsafeMutableBytes { bytes in
            func hash(_ range: Range<Int>, _ checksum: (UnsafeRawBufferPointer) -> UInt64, to offset: Int) {
                let value = checksum(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[range]))
                bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
            }
            func field(_ offset: Int) -> Int {
                Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            }
            hash(0..<72, SegmentChecksum.segmentHeader, to: 72)
            var offset = SegmentHeader.length
            while offset + BlockHeader.length <= bytes.count, bytes[offset] == 0x9C, bytes[offset + 1] == 0x42 {
                let stored = field(offset + 24)
                let end = offset + BlockHeader.length + stored
                if end <= bytes.count {
                    hash((offset + BlockHeader.length)..<end, SegmentChecksum.storedBytes, to: offset + 64)
                }
                hash(
                    offset..<(offset + 72),
                    { SegmentChecksum.blockHeader($0, segment: first, offset: UInt64(offset)) }, to: offset + 72)
                guard end <= bytes.count else { break }
                offset = end
            }
            let trailer = bytes.count - SegmentTrailer.length
            guard trailer >= offset + 16 else { return }
            hash(offset..<(trailer - 8), { SegmentChecksum.index($0, segment: first) }, to: trailer - 8)
            hash(trailer..<(trailer + 88), SegmentChecksum.trailer, to: trailer + 88)
        }
    }

    /// Most are read forwards only, which alone verifies payloads; that takes the least time.
    func decode(_ bytes: [UInt8]) -> Bool {
        SegmentReading.read(bytes, inEveryWay: bytes.reduce(0, &+).isMultiple(of: 4))
    }

    private static func makeSample(_ count: Int) -> [UInt8] {
        let fileSystem = MemoryFileSystem()
        do {
            var log = try ChosenLog.open(fileSystem, directory: SegmentReading.directory)
            try log.append(Samples.blocks(count))
        } catch {
            fatalError("a file system in memory does not fail: \(error)")
        }
        let path = SegmentReading.directory.appending(SegmentReading.name.description)
        guard let bytes = fileSystem.contents(of: path) else { fatalError("the log has its first segment") }
        return bytes
    }
}

/// The raw bytes of a block, mutated before they are compressed and sealed: what stands behind every checksum.
struct BlockTarget: FuzzTarget {
    let name = "block"
    let largestAllocation = 3 * BlockHeader.longestRaw
    let mostAllocated = 64 * BlockHeader.longestRaw

    private static let raw = Samples.blocks(40)[0]

    var corpus: [[UInt8]] { [BlockTarget.raw.bytes] }

    func decode(_ bytes: [UInt8]) -> Bool {
        let frame = BlockTarget.compressed(bytes)
        let start = SegmentHeader.length
        let header = BlockHeader(
            firstSlot: .first, count: BlockTarget.raw.count, rawLength: bytes.count, storedLength: frame.count,
            chainDigest: bytes.withUnsafeBytes { ChainDigest.start.followed(by: $0) },
            storedChecksum: frame.withUnsafeBytes { SegmentChecksum.storedBytes($0) })
        let segment = Samples.bytes(start + BlockHeader.length) { bytes in
            SegmentHeader(cluster: Samples.genesis.cluster, firstSlot: .first, previousDigest: .start)
                .encode(to: bytes)
            header.encode(
                to: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]), segment: .first, offset: UInt64(start))
        }
        return SegmentReading.read(segment + frame, inEveryWay: false)
    }

    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { frame, count in
            bytes.withUnsafeBytes { raw in
                count = ZSTD_compress(frame.baseAddress, frame.count, raw.baseAddress, raw.count, 1)
            }
        }
    }
}

/// An index and the trailer behind it.
struct IndexTarget: FuzzTarget {
    let name = "index"
    let largestAllocation = 4 * Mutator.longest
    let mostAllocated = 8 * Mutator.longest

    var corpus: [[UInt8]] {
        let headers = (0..<5).map { number in
            BlockHeader(
                firstSlot: Slot(UInt64(1 + 10 * number)), count: 10, rawLength: 900, storedLength: 300,
                chainDigest: .start, storedChecksum: 1)
        }
        let index = SegmentIndex(
            blocks: headers.enumerated().map { BlockPosition(offset: UInt64(80 + 380 * $0.offset), header: $0.element) }
        )
        let trailer = SegmentTrailer(
            blockCount: 5, indexOffset: 80 + 5 * 380, firstSlot: .first, lastSlot: Slot(50), rawBytes: 4500,
            chainDigest: .start)
        return [
            Samples.bytes(index.encodedLength + SegmentTrailer.length) { bytes in
                index.encode(to: bytes, segment: .first)
                trailer.encode(to: UnsafeMutableRawBufferPointer(rebasing: bytes[index.encodedLength...]))
            }
        ]
    }

    func reseal(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        let trailer = bytes.count - SegmentTrailer.length
        guard trailer >= 16 else { return }
        let (index, end) = bytes.withUnsafeBytes { bytes in
            (
                SegmentChecksum.index(UnsafeRawBufferPointer(rebasing: bytes[..<(trailer - 8)]), segment: .first),
                SegmentChecksum.trailer(UnsafeRawBufferPointer(rebasing: bytes[trailer..<(trailer + 88)]))
            )
        }
        bytes.setField(trailer - 8, 8, index)
        bytes.setField(trailer + 88, 8, end)
        if random.isOne(in: 2) { bytes.setField(4, 4, UInt64(max(0, (trailer - 16) / 32))) }
    }

    func decode(_ bytes: [UInt8]) -> Bool {
        let span = bytes.span.bytes
        let index = try? SegmentIndex(decoding: span, segment: .first)
        if let index {
            for slot in [0, 1, 25, 1 << 40] { _ = index.block(holding: Slot(UInt64(slot))) }
        }
        guard bytes.count >= SegmentTrailer.length else { return false }
        let trailer = try? SegmentTrailer(decoding: span.extracting(last: SegmentTrailer.length))
        _ = trailer?.fileLength
        return index != nil && trailer != nil
    }
}

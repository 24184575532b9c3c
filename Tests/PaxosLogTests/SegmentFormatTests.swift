import Paxos
import Testing

@testable import PaxosLog

@Suite struct SegmentFormatTests {
    private let digest = ChainDigest.start.followed(by: Array("before".utf8))

    private func encoded(_ length: Int, _ encode: (UnsafeMutableRawBufferPointer) -> Void) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xAA, count: length)
        bytes.withUnsafeMutableBytes { encode($0) }
        return bytes
    }

    private var segmentHeader: SegmentHeader {
        SegmentHeader(cluster: Sample.cluster, firstSlot: Slot(77), previousDigest: digest)
    }

    private var blockHeader: BlockHeader {
        BlockHeader(
            firstSlot: Slot(77), count: 3, rawLength: 300, storedLength: 111, chainDigest: digest,
            storedChecksum: 0x1234_5678_9ABC_DEF0)
    }

    private var index: SegmentIndex {
        SegmentIndex(blocks: [
            BlockPosition(offset: 80, header: blockHeader),
            BlockPosition(
                offset: 271,
                header: BlockHeader(
                    firstSlot: Slot(80), count: 5, rawLength: 400, storedLength: 99, chainDigest: digest,
                    storedChecksum: 1)),
        ])
    }

    private var trailer: SegmentTrailer {
        SegmentTrailer(
            blockCount: 2, indexOffset: 450, firstSlot: Slot(77), lastSlot: Slot(84), rawBytes: 700, chainDigest: digest
        )
    }

    @Test func segmentHeaderComesBack() throws {
        let bytes = encoded(SegmentHeader.length) { segmentHeader.encode(to: $0) }
        #expect(try SegmentHeader(decoding: bytes.span.bytes) == segmentHeader)
    }

    @Test func blockHeaderComesBack() throws {
        let bytes = encoded(BlockHeader.length) { blockHeader.encode(to: $0, segment: Slot(77), offset: 80) }
        #expect(try BlockHeader(decoding: bytes.span.bytes, segment: Slot(77), offset: 80) == blockHeader)
    }

    @Test func indexComesBack() throws {
        let bytes = encoded(index.encodedLength) { index.encode(to: $0, segment: Slot(77)) }
        #expect(try SegmentIndex(decoding: bytes.span.bytes, segment: Slot(77)) == index)
        #expect(SegmentIndex.blockCount(leading: bytes.span.bytes) == 2)
    }

    @Test func trailerComesBack() throws {
        let bytes = encoded(SegmentTrailer.length) { trailer.encode(to: $0) }
        #expect(try SegmentTrailer(decoding: bytes.span.bytes) == trailer)
    }

    @Test func everyFlippedBitIsRefused() {
        let segment = encoded(SegmentHeader.length) { segmentHeader.encode(to: $0) }
        let block = encoded(BlockHeader.length) { blockHeader.encode(to: $0, segment: Slot(77), offset: 80) }
        let index = encoded(index.encodedLength) { self.index.encode(to: $0, segment: Slot(77)) }
        let trailer = encoded(SegmentTrailer.length) { self.trailer.encode(to: $0) }
        for bit in 0..<(8 * SegmentHeader.length) {
            let bytes = flipped(segment, bit)
            #expect(throws: SegmentFault.self) { try SegmentHeader(decoding: bytes.span.bytes) }
        }
        for bit in 0..<(8 * BlockHeader.length) {
            let bytes = flipped(block, bit)
            #expect(throws: SegmentFault.self) {
                try BlockHeader(decoding: bytes.span.bytes, segment: Slot(77), offset: 80)
            }
        }
        for bit in 0..<(8 * index.count) {
            let bytes = flipped(index, bit)
            #expect(throws: SegmentFault.self) { try SegmentIndex(decoding: bytes.span.bytes, segment: Slot(77)) }
        }
        for bit in 0..<(8 * SegmentTrailer.length) {
            let bytes = flipped(trailer, bit)
            #expect(throws: SegmentFault.self) { try SegmentTrailer(decoding: bytes.span.bytes) }
        }
    }

    private func flipped(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
        var bytes = bytes
        bytes[bit / 8] ^= 1 << (bit % 8)
        return bytes
    }

    @Test func everyPrefixIsRefused() {
        let bytes = encoded(SegmentHeader.length) { segmentHeader.encode(to: $0) }
        let index = encoded(index.encodedLength) { self.index.encode(to: $0, segment: Slot(77)) }
        for length in 0..<bytes.count {
            let part = Array(bytes[..<length])
            #expect(throws: SegmentFault.truncated) { try SegmentHeader(decoding: part.span.bytes) }
        }
        for length in 0..<index.count {
            let part = Array(index[..<length])
            #expect(throws: SegmentFault.truncated) { try SegmentIndex(decoding: part.span.bytes, segment: Slot(77)) }
        }
    }

    @Test func zerosAreNothing() {
        let zeros = [UInt8](repeating: 0, count: 4096)
        #expect(throws: SegmentFault.wrongMagic) { try SegmentHeader(decoding: zeros.span.bytes) }
        #expect(throws: SegmentFault.wrongMagic) {
            try BlockHeader(decoding: zeros.span.bytes, segment: .first, offset: 80)
        }
        #expect(throws: SegmentFault.wrongMagic) { try SegmentIndex(decoding: zeros.span.bytes, segment: .first) }
        #expect(throws: SegmentFault.wrongMagic) { try SegmentTrailer(decoding: zeros.span.bytes) }
        #expect(zeros.withUnsafeBytes { SegmentChecksum.storedBytes($0) } != 0)
        #expect(SegmentChecksum.storedBytes(UnsafeRawBufferPointer(start: nil, count: 0)) != 0)
    }

    @Test func blockHeaderIsBoundToItsPlace() {
        let bytes = encoded(BlockHeader.length) { blockHeader.encode(to: $0, segment: Slot(77), offset: 80) }
        #expect(throws: SegmentFault.wrongChecksum) {
            try BlockHeader(decoding: bytes.span.bytes, segment: Slot(77), offset: 81)
        }
        #expect(throws: SegmentFault.wrongChecksum) {
            try BlockHeader(decoding: bytes.span.bytes, segment: Slot(78), offset: 80)
        }
    }

    @Test func unknownVersionIsNamed() {
        var bytes = encoded(SegmentHeader.length) { segmentHeader.encode(to: $0) }
        bytes[8] = 9
        #expect(throws: SegmentFault.wrongChecksum) { try SegmentHeader(decoding: bytes.span.bytes) }
        bytes.resealSegmentHeader()
        #expect(throws: SegmentFault.unsupportedVersion(9)) { try SegmentHeader(decoding: bytes.span.bytes) }
    }

    @Test(arguments: [
        (4, SegmentFault.unsupportedVersion(0)), (5, .unsupportedCodec(0)), (6, .reservedBytesInUse),
        (28, .reservedBytesInUse),
    ])
    func blockOfALaterVersionIsPassedOverByItsHeader(_ offset: Int, _ fault: SegmentFault) throws {
        var bytes = encoded(BlockHeader.length) { blockHeader.encode(to: $0, segment: Slot(77), offset: 80) }
        bytes[offset] ^= 1
        reseal(&bytes)
        let header = try BlockHeader(decoding: bytes.span.bytes, segment: Slot(77), offset: 80)
        #expect(header.unreadable == fault)
        #expect(header.slots == blockHeader.slots)
        #expect(header.storedLength == 111)
    }

    @Test(arguments: [(8, 8), (16, 4), (20, 4), (24, 4)]) func zeroFieldsAreOutOfBounds(_ offset: Int, _ width: Int) {
        var bytes = encoded(BlockHeader.length) { blockHeader.encode(to: $0, segment: Slot(77), offset: 80) }
        for at in offset..<(offset + width) { bytes[at] = 0 }
        reseal(&bytes)
        #expect(throws: SegmentFault.self) {
            try BlockHeader(decoding: bytes.span.bytes, segment: Slot(77), offset: 80)
        }
    }

    @Test(arguments: [(8, 8), (16, 4), (20, 4), (24, 4)]) func hugeFieldsAreOutOfBounds(_ offset: Int, _ width: Int) {
        var bytes = encoded(BlockHeader.length) { blockHeader.encode(to: $0, segment: Slot(77), offset: 80) }
        for at in offset..<(offset + width) { bytes[at] = 0xFF }
        reseal(&bytes)
        #expect(throws: SegmentFault.self) {
            try BlockHeader(decoding: bytes.span.bytes, segment: Slot(77), offset: 80)
        }
    }

    /// Gives a changed block header the checksum of what it now says.
    private func reseal(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { bytes in
            let covered = UnsafeRawBufferPointer(rebasing: bytes[..<72])
            bytes.storeField(SegmentChecksum.blockHeader(covered, segment: Slot(77), offset: 80), at: 72)
        }
    }

    @Test(arguments: [1, 80, 12_345_678_901, UInt64.max >> 1]) func segmentNameComesBack(_ slot: UInt64) {
        let name = SegmentName(firstSlot: Slot(slot))
        #expect(name.description.utf8.count == 28)
        #expect(SegmentName(name.description) == name)
    }

    @Test(arguments: [UInt64.max >> 1 + 1, UInt64.max]) func nameOfASlotThatCanNotBeIsNone(_ slot: UInt64) {
        #expect(SegmentName(SegmentName(firstSlot: Slot(slot)).description) == nil)
    }

    @Test(arguments: [
        "", "1.segment", "00000000000000000000.segment", "00000000000000000001.segment ",
        "+0000000000000000001.segment",
        "00000000000000000001.Segment", "99999999999999999999.segment", "0000000000000000000a.segment",
        "00000000000000000001.segment.tmp", "\u{661}0000000000000000000.segment",
    ])
    func otherNamesAreNoSegments(_ name: String) {
        #expect(SegmentName(name) == nil)
    }

    @Test func chainDigestIsThatOfSHA256() {
        // sha256sum over 32 zero bytes and "abc".
        let digest = ChainDigest.start.followed(by: Array("abc".utf8))
        #expect("\(digest)" == "365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370")
        #expect("\(ChainDigest.start)" == String(repeating: "0", count: 64))
    }

    /// Lengths around every border of SHA-256's blocks and padding.
    @Test(.enabled(if: ChainDigest.hashesPairs)) func digestsOfAPairAreThoseOfEach() {
        var generator = SplitMix64(seed: 3)
        let bytes = (0..<70_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let lengths = Array(32...200) + [65_535, 65_536, 65_537, 65_600, 69_000]
        for (index, length) in lengths.enumerated() {
            let other = lengths[(index * 7 + 3) % lengths.count]
            let previous = ChainDigest.start.followed(by: [UInt8(index % 256)])
            bytes.withUnsafeBytes { bytes in
                let one = UnsafeRawBufferPointer(rebasing: bytes[..<length])
                let second = UnsafeRawBufferPointer(rebasing: bytes[(index % 64)..<(index % 64 + other)])
                let pair = ChainDigest.pair((previous, one), (.start, second))
                #expect(pair.0 == previous.followed(by: one), "\(length) beside \(other)")
                #expect(pair.1 == ChainDigest.start.followed(by: second), "\(other) beside \(length)")
            }
        }
    }

    @Test func compressionComesBackAndKnowsNothingOfBefore() {
        var compressor = BlockCompressor()
        var decompressor = BlockDecompressor()
        let inputs = [
            Sample.body(Sample.entries(50)), [UInt8](repeating: 7, count: 100_000), [1],
            (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31) },
        ]
        func frame(_ raw: [UInt8], _ compressor: inout BlockCompressor) -> [UInt8] {
            var frame = [UInt8](repeating: 0, count: BlockCompressor.bound(raw.count))
            let length = frame.withUnsafeMutableBytes { frame in
                raw.withUnsafeBytes { compressor.compress($0, into: frame) }
            }
            return Array(frame[..<length])
        }
        func raws(_ stored: [UInt8], _ count: Int) -> [UInt8]? {
            var raw = [UInt8](repeating: 0, count: count)
            let isWhole = raw.withUnsafeMutableBytes { raw in
                stored.withUnsafeBytes { decompressor.decompress($0, into: raw) }
            }
            return isWhole ? raw : nil
        }
        for raw in inputs {
            let stored = frame(raw, &compressor)
            var fresh = BlockCompressor()
            #expect(stored == frame(raw, &fresh))
            #expect(raws(stored, raw.count) == raw)
            #expect(raws(stored, raw.count + 1) == nil)
            #expect(raws(stored + stored, raw.count) == nil)
            #expect(raws(Array(stored.dropLast()), raw.count) == nil)
        }
    }
}

// Damage of every kind at every place is reported with the slots that it costs, and costs no others.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct ChosenLogDamageTests {
    private static let limits = LogLimits(blockBytes: 256, segmentBytes: 600)
    /// Three segments, the last one open with two blocks.
    private static let written = Sample.threeSegments(ofEntries: 40, openBlocks: 2, limits: limits)
    private static let names: [SegmentName] = {
        var names = [SegmentName(firstSlot: .first)]
        for block in written where block.endsSegment { names.append(SegmentName(firstSlot: block.lastSlot.next)) }
        return names
    }()

    private func path(_ segment: Int) -> FilePath { Sample.directory.appending(Self.names[segment].description) }

    /// The slots that a byte of a segment holds, or names in a header; nil for what the blocks say too.
    private func owner(of offset: Int, in segment: Int, _ blocks: [LogBlock]) -> LogBlock? {
        blocks.first {
            $0.file == path(segment) && Int($0.offset) <= offset
                && offset < Int($0.offset) + BlockHeader.length + $0.header.storedLength
        }
    }

    @Test(arguments: [0, 1, 2]) func everyFlippedByteIsReportedWithItsSlots(_ segment: Int) throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let whole = try Reading(fileSystem)
        try #require(whole.damages.isEmpty)
        let bytes = try #require(fileSystem.contents(of: path(segment)))
        for offset in bytes.indices {
            let mask: UInt8 = offset % 9 == 8 ? 0xFF : 1 << (offset % 9)
            fileSystem.flipByte(of: path(segment), at: offset, mask: mask)
            defer { fileSystem.flipByte(of: path(segment), at: offset, mask: mask) }
            let reading = try Reading(fileSystem)
            let place: Comment = "segment \(segment), offset \(offset)"
            let damage = try #require(reading.damages.first, place)
            #expect(reading.damages.allSatisfy { $0.kind != .tornTail && $0.file == path(segment) }, place)
            let lost = owner(of: offset, in: segment, whole.blocks)
            let isLastHeader = lost == whole.blocks.last && offset < Int(lost?.offset ?? 0) + BlockHeader.length
            if isLastHeader {
                // Nothing behind it tells where the block ended.
                #expect(damage.slots?.lowerBound == lost?.slots.lowerBound, place)
            } else {
                #expect(damage.slots == lost?.slots, place)
            }
            #expect(damage.offset <= UInt64(offset), place)
            #expect(reading.raw == whole.blocks.filter { $0 != lost }.compactMap(\.raw), place)
        }
    }

    @Test(arguments: [0, 1, 2]) func recoveryNeverOpensALogWhoseLastSegmentIsDamaged(_ segment: Int) throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let whole = try Reading(fileSystem)
        let bytes = try #require(fileSystem.contents(of: path(segment)))
        let before = fileSystem.operations
        for offset in bytes.indices {
            // Payloads of sealed segments are read by whoever replays them.
            let isPayload = owner(of: offset, in: segment, whole.blocks) != nil
            if segment < 2, isPayload || isIndex(offset, in: bytes) { continue }
            fileSystem.flipByte(of: path(segment), at: offset)
            defer { fileSystem.flipByte(of: path(segment), at: offset) }
            #expect(throws: StorageError.self, "segment \(segment), offset \(offset)") {
                _ = try ChosenLog.open(fileSystem, directory: Sample.directory)
            }
        }
        #expect(fileSystem.operations == before)
    }

    private func isIndex(_ offset: Int, in bytes: [UInt8]) -> Bool {
        guard let trailer = try? SegmentTrailer(decoding: Array(bytes.suffix(SegmentTrailer.length)).span.bytes)
        else { return false }
        return offset >= Int(trailer.indexOffset) && offset < bytes.count - SegmentTrailer.length
    }

    @Test func everyCutOfASealedSegmentIsReportedWithItsSlots() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let whole = try Reading(fileSystem)
        let bytes = try #require(fileSystem.contents(of: path(0)))
        let blocks = whole.blocks.filter { $0.file == path(0) }
        for size in 0..<bytes.count {
            fileSystem.install(Array(bytes[..<size]), at: path(0))
            let reading = try Reading(fileSystem)
            let held = blocks.filter { Int($0.offset) + BlockHeader.length + $0.header.storedLength <= size }
            let isWhole = held.count == blocks.count
            let lost = isWhole ? nil : blocks[held.count].header.firstSlot...blocks[blocks.count - 1].header.lastSlot
            #expect(reading.damages.map(\.kind) == [.corrupt], "cut at \(size)")
            #expect(reading.damages.first?.slots == lost, "cut at \(size)")
            #expect(reading.raw == held.compactMap(\.raw) + whole.blocks.dropFirst(blocks.count).compactMap(\.raw))
            #expect(throws: StorageError.self) { _ = try ChosenLog.open(fileSystem, directory: Sample.directory) }
        }
    }

    @Test func aMissingSegmentIsAGap() throws {
        for missing in 0..<2 {
            let fileSystem = try Sample.fileSystem(Self.written)
            try fileSystem.remove(path(missing))
            let reading = try Reading(fileSystem)
            #expect(reading.damages.map(\.kind) == [.gap])
            let lost = Self.names[missing].firstSlot...Self.names[missing + 1].firstSlot.previous
            #expect(reading.damages.first?.slots == lost)
            #expect(throws: StorageError.self) { _ = try ChosenLog.open(fileSystem, directory: Sample.directory) }
        }
    }

    @Test func aSegmentOfAnotherClusterIsForeign() throws {
        let other = Sample.entries(40, limits: Self.limits, cluster: UniqueID(high: 1, low: 2))
        let foreign = try Sample.fileSystem(Sample.blocks(other, limits: Self.limits))
        let fileSystem = try Sample.fileSystem(Self.written)
        fileSystem.install(try #require(foreign.contents(of: path(1))), at: path(1))
        let reading = try Reading(fileSystem)
        #expect(reading.damages.map(\.kind) == [.foreign])
        #expect(reading.damages.first?.slots == Self.names[1].firstSlot...Self.names[2].firstSlot.previous)
        #expect(throws: StorageError.self) { _ = try ChosenLog.open(fileSystem, directory: Sample.directory) }
    }

    @Test func aRenamedSegmentIsForeign() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        fileSystem.install(try #require(fileSystem.contents(of: path(0))), at: path(1))
        let damages = try Reading(fileSystem).damages
        #expect(damages.map(\.kind) == [.foreign])
        #expect(damages.first?.slots == Self.names[1].firstSlot...Self.names[2].firstSlot.previous)
    }

    @Test func aSegmentThatBeginsWithinAnotherIsForeign() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let name = SegmentName(firstSlot: Slot(3)).description
        fileSystem.install(try #require(fileSystem.contents(of: path(0))), at: Sample.directory.appending(name))
        let reading = try Reading(fileSystem)
        #expect(reading.damages.contains { $0.kind == .foreign && $0.file.lastComponent?.string == name })
        #expect(throws: StorageError.self) { _ = try ChosenLog.open(fileSystem, directory: Sample.directory) }
    }

    @Test(arguments: [1, 2]) func aSegmentOfAnotherHistoryDoesNotFollow(_ segment: Int) throws {
        var entries = Sample.entries(40, limits: Self.limits)
        entries[2].payload[entries[2].payload.count - 1] ^= 1
        let blocks = Sample.blocks(entries, limits: Self.limits).prefix(Self.written.count)
        let other = try Sample.fileSystem(Array(blocks))
        let fileSystem = try Sample.fileSystem(Self.written)
        fileSystem.install(try #require(other.contents(of: path(segment))), at: path(segment))
        let damages = try Reading(fileSystem).damages
        #expect(damages.map(\.file) == (segment...2).map { path($0) })
        #expect(damages.allSatisfy { $0.kind == .corrupt && $0.slots == nil })
        #expect(throws: StorageError.self) { _ = try ChosenLog.open(fileSystem, directory: Sample.directory) }
    }

    @Test func aChangedEntryUnderValidChecksumsBreaksTheChain() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let block = try #require(try Reading(fileSystem).blocks.last)
        try Sample.forge(block, fileSystem)
        let reading = try Reading(fileSystem)
        #expect(reading.damages.map(\.slots) == [block.slots])
        #expect(reading.damages.first?.reason.contains("chain") == true)
        #expect(reading.raw == Self.written.dropLast())
        #expect(throws: StorageError.self) { _ = try ChosenLog.open(fileSystem, directory: Sample.directory) }
    }

    @Test func unknownVersionIsNamedAndPassedOver() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        var bytes = try #require(fileSystem.contents(of: path(1)))
        bytes[8] = 3
        bytes.resealSegmentHeader()
        fileSystem.install(bytes, at: path(1))
        let damages = try Reading(fileSystem).damages
        #expect(damages.map(\.kind) == [.unknownVersion])
        #expect(damages.first?.slots == Self.names[1].firstSlot...Self.names[2].firstSlot.previous)
    }

    @Test func anEntryOfAnUnknownKindIsNamed() throws {
        var body = Sample.body(Sample.entries(8))
        let last = Sample.body([Sample.entry(Slot(9), .noOp)])
        body += last
        body[body.count - last.count + 4] = 99
        let fileSystem = try Sample.fileSystem([
            RawBlock(firstSlot: .first, count: 9, bytes: body, endsSegment: false)
        ])
        let damages = try Reading(fileSystem).damages
        #expect(damages.map(\.kind) == [.unknownVersion])
        #expect(damages.first?.slots == slots(1...9))
        #expect(damages.first?.reason.contains("slot 9") == true)
    }

    /// Gives the first segment an index and a trailer that are valid in themselves, changed as `change` says.
    private func reseal(
        _ fileSystem: MemoryFileSystem, _ change: (inout [BlockPosition], inout SegmentTrailer) -> Void
    ) throws {
        let file = try SegmentFile(fileSystem, directory: Sample.directory, name: Self.names[0])
        var trailer = try #require(file.trailer)
        var blocks = try #require(try file.index?.get()).blocks
        change(&blocks, &trailer)
        let index = SegmentIndex(blocks: blocks)
        var bytes = [UInt8](repeating: 0, count: index.encodedLength + SegmentTrailer.length)
        bytes.withUnsafeMutableBytes { bytes in
            index.encode(to: bytes, segment: .first)
            trailer.encode(to: UnsafeMutableRawBufferPointer(rebasing: bytes[index.encodedLength...]))
        }
        fileSystem.overwrite(path(0), at: Int(trailer.indexOffset), with: bytes)
    }

    @Test func anIndexThatContradictsTheBlocksIsReported() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        try reseal(fileSystem) { blocks, _ in blocks.swapAt(0, 1) }
        let reading = try Reading(fileSystem)
        #expect(reading.damages.map(\.kind) == [.corrupt])
        #expect(reading.damages.first?.reason.contains("index") == true)
        #expect(reading.raw == Self.written)
    }

    @Test func anIndexThatPutsABlockIntoTheSegmentsHeaderLosesNone() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let block = try Reading(fileSystem).blocks[1]
        try reseal(fileSystem) { blocks, _ in blocks[1] = BlockPosition(offset: 40, header: block.header) }
        let reader = ChosenLogReader(fileSystem, directory: Sample.directory)
        guard case .block(let found) = try reader.block(holding: block.header.firstSlot) else {
            Issue.record("the block is not found")
            return
        }
        #expect(found == LogBlock(file: block.file, offset: block.offset, header: block.header, raw: nil))
    }

    @Test func aBlockThatRepeatsSlotsAndIsCutShortLeadsNowhere() throws {
        let written = Array(Self.written.dropLast())
        let fileSystem = try Sample.fileSystem(written)
        let last = try #require(written.last)
        let before = try #require(fileSystem.contents(of: path(2)))
        let header = BlockHeader(
            firstSlot: Self.names[2].firstSlot, count: 1, rawLength: 100, storedLength: 1_000, chainDigest: .start,
            storedChecksum: 1)
        var bytes = [UInt8](repeating: 0, count: BlockHeader.length)
        bytes.withUnsafeMutableBytes {
            header.encode(to: $0, segment: Self.names[2].firstSlot, offset: UInt64(before.count))
        }
        fileSystem.install(before + bytes, at: path(2))
        let reading = try Reading(fileSystem)
        #expect(reading.damages.map(\.kind) == [.tornTail])
        #expect(reading.damages.first?.slots?.lowerBound == last.lastSlot.next)
        #expect(reading.raw == written)
    }

    @Test func aTrailerThatContradictsTheBlocksIsReported() throws {
        for field in 0..<2 {
            let fileSystem = try Sample.fileSystem(Self.written)
            try reseal(fileSystem) { _, trailer in
                trailer = SegmentTrailer(
                    blockCount: trailer.blockCount, indexOffset: trailer.indexOffset, firstSlot: trailer.firstSlot,
                    lastSlot: trailer.lastSlot, rawBytes: trailer.rawBytes + (field == 0 ? 1 : 0),
                    chainDigest: field == 1 ? .start : trailer.chainDigest)
            }
            let reading = try Reading(fileSystem)
            #expect(reading.damages.contains { $0.reason.contains("trailer") }, "field \(field)")
            #expect(reading.raw == Self.written)
        }
    }

    @Test func aHoleFarFromTheEndIsNoTornTail() throws {
        // What a crash may leave lies within one sync of the end; a block a window behind proves that it was durable.
        var generator = SplitMix64(seed: 7)
        let limits = LogLimits(blockBytes: 300 << 10, segmentBytes: 64 << 20)
        let noise = (2...7).map { number in
            let value = (0..<(300 << 10)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            return Sample.set(Slot(UInt64(number)), [1], value)
        }
        let blocks = Sample.blocks([Sample.genesis(limits)] + noise, limits: limits)
        try #require(blocks.count == 6)
        for (hole, isTorn) in [(0, false), (1, false), (2, true), (5, true)] {
            let fileSystem = try Sample.fileSystem(blocks)
            let block = try Reading(fileSystem).blocks[hole]
            let sector = (Int(block.offset) / 512 + 4) * 512
            fileSystem.overwrite(block.file, at: sector, with: [UInt8](repeating: 0, count: 512))
            let damages = try Reading(fileSystem).damages
            #expect(damages.map(\.kind) == [isTorn ? .tornTail : .corrupt], "block \(hole)")
            #expect(damages.first?.slots?.lowerBound == block.slots.lowerBound)
            #expect(damages.first?.slots?.upperBound == (isTorn ? Slot(7) : block.slots.upperBound))
            if !isTorn {
                #expect(throws: StorageError.self) { _ = try ChosenLog.open(fileSystem, directory: Sample.directory) }
            }
        }
    }

    @Test func bytesBehindTheTrailerAreReported() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        fileSystem.install(try #require(fileSystem.contents(of: path(0))) + [1, 2, 3], at: path(0))
        let reading = try Reading(fileSystem)
        #expect(reading.damages.map(\.kind) == [.corrupt])
        #expect(reading.raw == Self.written)
    }

    @Test func strangersAreNamed() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        fileSystem.install([1], at: Sample.directory.appending("notes.txt"))
        let reader = ChosenLogReader(fileSystem, directory: Sample.directory)
        #expect(try reader.strangers().map(\.kind) == [.foreign])
        #expect(try Reading(fileSystem).damages.isEmpty)
    }

    @Test func aCopyOfABlockInsideAValueDoesNotPassForABlock() throws {
        // A client keeps a piece of this very log as a value; then the header of the block with that value is damaged.
        let limits = LogLimits(blockBytes: 256, segmentBytes: 1 << 20)
        let entries = Sample.entries(40, limits: limits)
        let next = try #require(Sample.blocks(entries, limits: limits).last?.lastSlot.next)
        func header(_ fileSystem: MemoryFileSystem) throws -> [UInt8] {
            let last = try #require(try Reading(fileSystem).blocks.last)
            let bytes = try #require(fileSystem.contents(of: path(0)))
            return Array(bytes[Int(last.offset)..<(Int(last.offset) + BlockHeader.length)])
        }
        // The header of a block that this segment will hold behind the copy, but from another place.
        let behind = Sample.blocks(entries + [Sample.set(next, [1], [UInt8](repeating: 2, count: 300))], limits: limits)
        let copied = try header(try Sample.fileSystem(behind))
        var generator = SplitMix64(seed: 1)
        func noise() -> [UInt8] { (0..<24_000).map { _ in UInt8.random(in: 0...255, using: &generator) } }
        var kept = entries.filter { $0.slot < next.previous }
        kept.append(Sample.set(next.previous, Array("copy".utf8), noise() + copied + noise()))
        kept += (0...12).map { Sample.entry(next + $0, .noOp) }
        let fileSystem = try Sample.fileSystem(Sample.blocks(kept, limits: limits))
        let whole = try Reading(fileSystem)
        let holder = try #require(whole.blocks.first { $0.slots.contains(next.previous) })
        let stored = try #require(fileSystem.contents(of: path(0)))[(Int(holder.offset) + BlockHeader.length)...]
        try #require(
            stored.indices.contains { stored[$0...].starts(with: copied) }, "zstd left the copy as it was")
        fileSystem.flipByte(of: path(0), at: Int(holder.offset) + 70)
        let reading = try Reading(fileSystem)
        #expect(reading.damages.map(\.slots) == [holder.slots])
        #expect(reading.raw == whole.raw.filter { $0.firstSlot != holder.header.firstSlot })
    }
}

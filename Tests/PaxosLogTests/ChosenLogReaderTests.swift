import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct ChosenLogReaderTests {
    private let blocks = Sample.blocks(Sample.entries(150))

    private func reader(_ fileSystem: MemoryFileSystem) -> ChosenLogReader {
        ChosenLogReader(fileSystem, directory: Sample.directory)
    }

    @Test func everySlotIsFoundByItsBlock() throws {
        let reader = reader(try Sample.fileSystem(blocks))
        for block in blocks {
            for slot in block.firstSlot.rawValue...block.lastSlot.rawValue {
                guard case .block(let found)? = try reader.block(holding: Slot(slot)) else {
                    Issue.record("slot \(slot) is not found")
                    continue
                }
                #expect(found.header.firstSlot == block.firstSlot)
                #expect(found.raw == nil)
                #expect(try reader.read(blockHolding: Slot(slot)) == readBack(block, found))
            }
        }
        #expect(try reader.block(holding: blocks[blocks.count - 1].lastSlot.next) == nil)
    }

    private func readBack(_ block: RawBlock, _ found: LogBlock) -> LogFinding {
        .block(LogBlock(file: found.file, offset: found.offset, header: found.header, raw: block))
    }

    @Test func readingFromAnySlotBeginsWithItsBlockAndEndsWithTheLog() throws {
        let fileSystem = try Sample.fileSystem(blocks)
        for (index, block) in blocks.enumerated() {
            for slot in [block.firstSlot, block.lastSlot] {
                let reading = try Reading(fileSystem, from: slot)
                #expect(reading.damages.isEmpty)
                #expect(reading.raw == Array(blocks[index...]))
            }
        }
    }

    @Test func readingFromTheMiddleVerifiesTheChain() throws {
        // The header of the block before says another digest: whoever begins behind it must notice.
        let fileSystem = try Sample.fileSystem(blocks)
        let whole = try Reading(fileSystem)
        let before = whole.blocks[1]
        let path = before.file
        var header = [UInt8](repeating: 0, count: BlockHeader.length)
        let forged = BlockHeader(
            firstSlot: before.header.firstSlot, count: before.header.count, rawLength: before.header.rawLength,
            storedLength: before.header.storedLength, chainDigest: .start,
            storedChecksum: before.header.storedChecksum)
        header.withUnsafeMutableBytes { forged.encode(to: $0, segment: .first, offset: before.offset) }
        fileSystem.overwrite(path, at: Int(before.offset), with: header)
        let damages = try Reading(fileSystem, from: blocks[2].firstSlot).damages
        #expect(damages.map(\.slots) == [whole.blocks[2].slots])
    }

    @Test func headersAreReadWithoutPayloads() throws {
        let fileSystem = try Sample.fileSystem(blocks)
        let whole = try Reading(fileSystem)
        // With every payload wiped, the headers still tell all.
        for block in whole.blocks {
            let zeros = [UInt8](repeating: 0x55, count: block.header.storedLength)
            fileSystem.overwrite(block.file, at: Int(block.offset) + BlockHeader.length, with: zeros)
        }
        let headers = try Reading(fileSystem, depth: .headers)
        #expect(headers.damages.isEmpty)
        #expect(headers.blocks.map(\.header) == whole.blocks.map(\.header))
        let reader = reader(fileSystem)
        for block in whole.blocks {
            guard case .block(let found)? = try reader.block(holding: block.header.lastSlot) else {
                Issue.record("\(block.slots) is not found")
                continue
            }
            #expect(found.header == block.header)
        }
        let damages = try Reading(fileSystem).damages
        #expect(damages.map(\.slots) == whole.blocks.map(\.slots), "\(damages.count) for \(whole.blocks.count)")
    }

    @Test func readingChangesNothing() throws {
        let fileSystem = try Sample.fileSystem(blocks)
        let before = fileSystem.operations
        _ = try Reading(fileSystem)
        _ = try reader(fileSystem).genesis()
        _ = try reader(fileSystem).lastBlock()
        #expect(fileSystem.operations == before)
    }

    @Test func genesisAndTheLastBlockAreFound() throws {
        for count in [1, 2, 5, blocks.count] {
            let fileSystem = try Sample.fileSystem(Array(blocks[..<count]))
            #expect(try reader(fileSystem).genesis()?.cluster == Sample.cluster)
            #expect(try reader(fileSystem).lastBlock()?.header.lastSlot == blocks[count - 1].lastSlot)
        }
        let empty = reader(MemoryFileSystem())
        #expect(try empty.genesis() == nil)
        #expect(try empty.lastBlock() == nil)
        #expect(try empty.block(holding: .first) == nil)
    }

    @Test func aReaderSeesWhatIsAppendedWhileItReads() throws {
        let fileSystem = MemoryFileSystem()
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        try log.append([blocks[0]])
        var cursor = try reader(fileSystem).cursor(depth: .payloads)
        var read: [RawBlock] = []
        for block in blocks.dropFirst() {
            if case .block(let found)? = try cursor.next(), let raw = found.raw { read.append(raw) }
            try log.append([block])
            if block.endsSegment { break }
        }
        while let finding = try cursor.next() {
            guard case .block(let found) = finding else {
                Issue.record("\(finding)")
                continue
            }
            read += [found.raw].compactMap(\.self)
        }
        #expect(read.map(\.bytes) == blocks.prefix(read.count).map(\.bytes))
        #expect(read.last?.endsSegment == true)
    }

    @Test func anAppendThatIsHalfWrittenIsNoDamage() throws {
        let fileSystem = MemoryFileSystem()
        var log = try ChosenLog.open(fileSystem, directory: Sample.directory)
        try log.append([blocks[0], blocks[1]])
        let path = Sample.directory.appending(SegmentName(firstSlot: .first).description)
        let whole = try #require(fileSystem.contents(of: path))
        let first = try #require(try Reading(fileSystem).blocks.first)
        let end = Int(first.offset) + BlockHeader.length + first.header.storedLength
        for size in [0, 79, 80, 81, end, end + 1, whole.count - 1] {
            fileSystem.install(Array(whole[..<size]), at: path)
            var cursor = try reader(fileSystem).cursor(depth: .payloads)
            if size > 81 { _ = try cursor.next() }
            fileSystem.overwriteWhole(path, with: whole)
            var damages: [Damage] = []
            while let finding = try cursor.next() {
                if case .damage(let damage) = finding { damages.append(damage) }
            }
            #expect(damages.isEmpty, "at size \(size): \(damages)")
        }
    }
}

extension MemoryFileSystem {
    /// As a writer that goes on: the file that readers hold open changes.
    fileprivate func overwriteWhole(_ path: FilePath, with bytes: [UInt8]) {
        truncate(path, to: bytes.count)
        overwrite(path, at: 0, with: bytes)
    }
}

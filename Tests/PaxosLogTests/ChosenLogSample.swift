// Small logs to test with: always the same entries for the same numbers, awkward keys among them.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

enum Sample {
    static let cluster = UniqueID(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
    static let directory = FilePath("/n0/log")
    /// Blocks of some entries, segments of some blocks.
    static let limits = LogLimits(blockBytes: 256, segmentBytes: 1024)

    static func genesis(_ limits: LogLimits = limits, cluster: UniqueID = cluster) -> Entry {
        let members = (0..<3).map { number in
            Genesis.Member(
                node: NodeID(UInt16(number)), incarnation: .first,
                journal: UniqueID(high: 0xA000_0000_0000_0000 | UInt64(number), low: UInt64(number)))
        }
        let genesis = Genesis(cluster: cluster, members: members, limits: limits)
        return entry(.first, .genesis, payload: genesis.encoded())
    }

    static func entry(_ slot: Slot, _ kind: Entry.Kind, sequence: UInt64 = 0, payload: [UInt8] = []) -> Entry {
        let session = SessionID(node: NodeID(UInt16(slot.rawValue % 3)), incarnation: .first, boot: 1_700_000_000_000)
        return Entry(
            slot: slot, kind: kind, time: 1_700_000_000_000_000 + slot.rawValue * 1_000, session: session,
            sequence: sequence, payload: payload)
    }

    /// An encoded command (docs/log-format.md): `set` of a key, or its `delete` when there is no value.
    static func command(key: [UInt8], value: [UInt8]?) -> [UInt8] {
        var bytes: [UInt8] = [1, 1, 0, 0, 1, 0, 0, 0]
        bytes += [value == nil ? 2 : 1, 0]
        bytes.appendLittleEndian(UInt16(key.count))
        bytes.appendLittleEndian(UInt32(value?.count ?? 0))
        bytes += [UInt8](repeating: 0, count: 12)
        return bytes + key + (value ?? [])
    }

    static func set(_ slot: Slot, _ key: [UInt8], _ value: [UInt8]?) -> Entry {
        entry(slot, .command, sequence: slot.rawValue, payload: command(key: key, value: value))
    }

    static let awkward: [[UInt8]] = [
        Array("plain".utf8), Array("with space".utf8), Array("a;b:c=d".utf8), [0x00], [0xFF, 0xFE, 0x80],
        Array("\"quoted\" 'twice' \\x20".utf8), Array("line\nfeed\ttab\r".utf8), Array("日本語 ключ".utf8),
        [0xE6, 0x97], Array("e\u{301}".utf8), Array("\u{301}".utf8), Array("/etc/../nul\0".utf8),
    ]

    /// Genesis in slot 1, then commands and no-ops up to and with slot `count`.
    static func entries(_ count: Int, limits: LogLimits = limits, cluster: UniqueID = cluster) -> [Entry] {
        (1...count).map { number in
            let slot = Slot(UInt64(number))
            if number == 1 { return genesis(limits, cluster: cluster) }
            if number % 7 == 0 { return entry(slot, .noOp) }
            let key = awkward[number % awkward.count]
            if number % 11 == 0 { return set(slot, key, nil) }
            return set(slot, key, Array("value \(number) ".utf8) + awkward[(number / 3) % awkward.count])
        }
    }

    static func body(_ entries: some Sequence<Entry>) -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries { entry.encode(into: &bytes) }
        return bytes
    }

    /// The whole blocks of these entries.
    static func blocks(_ entries: [Entry], limits: LogLimits = limits) -> [RawBlock] {
        var cutter = BlockCutter(limits: limits, next: entries[0].slot, segmentBytes: 0)
        return cutter.append(body: body(entries), firstSlot: entries[0].slot, count: entries.count)
    }

    /// The blocks of three segments that are cut from so many entries, of which the last one is open with `openBlocks`.
    static func threeSegments(ofEntries count: Int, openBlocks: Int, limits: LogLimits) -> [RawBlock] {
        let blocks = blocks(entries(count, limits: limits), limits: limits)
        let ends = blocks.indices.filter { blocks[$0].endsSegment }
        return Array(blocks[...(ends[1] + openBlocks)])
    }

    /// A file system with the log of these blocks in `directory`.
    static func fileSystem(_ blocks: [RawBlock], in directory: FilePath = directory) throws -> MemoryFileSystem {
        let fileSystem = MemoryFileSystem()
        var log = try ChosenLog.open(fileSystem, directory: directory)
        try log.append(blocks)
        return fileSystem
    }

    /// What a careless repair would do: puts a block that ends its file anew, with another value and its old chain
    /// digest.
    static func forge(_ block: LogBlock, _ fileSystem: MemoryFileSystem) throws {
        var raw = try #require(block.raw?.bytes)
        raw[raw.count - 1] ^= 1
        let name = try #require(block.file.lastComponent.flatMap { SegmentName($0.string) })
        var compressor = BlockCompressor()
        var bytes = [UInt8](repeating: 0, count: BlockHeader.length + BlockCompressor.bound(raw.count))
        let length = bytes.withUnsafeMutableBytes { bytes in
            let frame = UnsafeMutableRawBufferPointer(rebasing: bytes[BlockHeader.length...])
            let length = raw.withUnsafeBytes { compressor.compress($0, into: frame) }
            let header = BlockHeader(
                firstSlot: block.header.firstSlot, count: block.header.count, rawLength: raw.count,
                storedLength: length, chainDigest: block.header.chainDigest,
                storedChecksum: SegmentChecksum.storedBytes(UnsafeRawBufferPointer(rebasing: frame[..<length])))
            header.encode(to: bytes, segment: name.firstSlot, offset: block.offset)
            return BlockHeader.length + length
        }
        let before = try #require(fileSystem.contents(of: block.file))[..<Int(block.offset)]
        fileSystem.install(Array(before) + Array(bytes[..<length]), at: block.file)
    }

    /// Every file of the log, by name.
    static func files(_ fileSystem: MemoryFileSystem, in directory: FilePath = directory) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try fileSystem.list(directory) {
            files[name] = fileSystem.contents(of: directory.appending(name))
        }
        return files
    }
}

/// Everything that a reading of a log comes upon.
struct Reading {
    var blocks: [LogBlock] = []
    var damages: [Damage] = []

    init(
        _ fileSystem: any FileSystem, from: Slot = .first, depth: ReadingDepth = .payloads,
        directory: FilePath = Sample.directory
    ) throws {
        var cursor = try ChosenLogReader(fileSystem, directory: directory).cursor(from: from, depth: depth)
        while let finding = try cursor.next() {
            switch finding {
            case .block(let block): blocks.append(block)
            case .damage(let damage): damages.append(damage)
            }
        }
    }

    var raw: [RawBlock] { blocks.compactMap(\.raw) }
}

func slots(_ range: ClosedRange<UInt64>) -> ClosedRange<Slot> { Slot(range.lowerBound)...Slot(range.upperBound) }

extension [UInt8] {
    /// Gives the segment that these are the checksum of what its header now says.
    mutating func resealSegmentHeader() {
        withUnsafeMutableBytes { bytes in
            let covered = UnsafeRawBufferPointer(rebasing: bytes[..<72])
            bytes.storeField(SegmentChecksum.segmentHeader(covered), at: 72)
        }
    }
}

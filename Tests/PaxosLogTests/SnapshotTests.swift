import Crypto
import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct SnapshotTests {
    private static let samples = [
        SnapshotSample(0, length: 0, sessionBytes: 0, isReadmitted: false), SnapshotSample(40, length: 90),
        SnapshotSample(900, length: 1_000, sessionBytes: 150_000), SnapshotSample(3, length: 200_000),
    ]

    @Test(arguments: samples) func whatIsWrittenIsReadBack(_ sample: SnapshotSample) throws {
        let fileSystem = MemoryFileSystem()
        let written = try sample.write(fileSystem)
        #expect(try SnapshotSample.read(fileSystem) == sample)
        let bytes = try #require(fileSystem.contents(of: SnapshotSample.path))
        #expect(written.name == SnapshotSample.name && written.bytes == UInt64(bytes.count))
        #expect(written.digest == FileDigest(Array(SHA256.hash(data: bytes))))
        #expect(try SnapshotReader(fileSystem, SnapshotSample.path).verify() == written.digest)
    }

    @Test(arguments: samples) func aKeyIsFoundByTheIndex(_ sample: SnapshotSample) throws {
        let fileSystem = MemoryFileSystem()
        try sample.write(fileSystem)
        let reader = try SnapshotReader(fileSystem, SnapshotSample.path)
        for key in sample.keys {
            let found = try #require(try reader.value(of: key.key))
            #expect(found.value == key.value && found.created == key.created && found.modified == key.modified)
            #expect(try reader.value(of: key.key + [0]) == nil)
        }
        #expect(try reader.value(of: []) == nil)
        #expect(try reader.value(of: [0xFF, 0xFF]) == nil)
    }

    @Test func noByteCanChangeUnseen() throws {
        let fileSystem = MemoryFileSystem()
        try SnapshotSample(40, length: 20).write(fileSystem)
        let count = try #require(fileSystem.contents(of: SnapshotSample.path)?.count)
        #expect(count > 1_000)
        for offset in 0..<count {
            for mask: UInt8 in [0x01, 0x80] {
                fileSystem.flipByte(of: SnapshotSample.path, at: offset, mask: mask)
                let error = #expect(throws: StorageError.self, "the flipped byte at \(offset) was not seen") {
                    try SnapshotReader(fileSystem, SnapshotSample.path).verify()
                }
                guard case .corrupt(let damage)? = error else { continue }
                #expect(damage.file == SnapshotSample.path && damage.offset <= offset && damage.kind == .corrupt)
                fileSystem.flipByte(of: SnapshotSample.path, at: offset, mask: mask)
            }
        }
        #expect(throws: Never.self) { try SnapshotReader(fileSystem, SnapshotSample.path).verify() }
    }

    @Test func noCutGoesUnseen() throws {
        let fileSystem = MemoryFileSystem()
        try SnapshotSample(40, length: 20).write(fileSystem)
        let bytes = try #require(fileSystem.contents(of: SnapshotSample.path))
        for size in 0..<bytes.count {
            fileSystem.install(Array(bytes[..<size]), at: SnapshotSample.path)
            #expect(throws: StorageError.self) { try SnapshotReader(fileSystem, SnapshotSample.path).verify() }
        }
        fileSystem.install(bytes + [0], at: SnapshotSample.path)
        #expect(throws: StorageError.self) { try SnapshotReader(fileSystem, SnapshotSample.path).verify() }
    }

    /// What a checksum no longer protects: no field leads the reader astray, and none is believed against the others.
    @Test(arguments: 0..<400 as Range<UInt64>) func damageUnderAChecksumThatFitsIsRefused(seed: UInt64) throws {
        let sample = SnapshotSample(40, length: 20)
        let fileSystem = MemoryFileSystem()
        try sample.write(fileSystem)
        var bytes = try #require(fileSystem.contents(of: SnapshotSample.path))
        let slot = SnapshotSample.name.slot
        let block = sample.header.encoded().count
        let trailer = bytes.count - SnapshotTrailer.length
        let index = Int(bytes.span.bytes.field(UInt64.self, at: trailer + 24))
        let parts: [(Range<Int>, (UnsafeRawBufferPointer) -> UInt64)] = [
            (0..<136, { SnapshotChecksum.header($0) }),
            (block..<(block + 32), { SnapshotChecksum.blockHeader($0, of: slot, offset: UInt64(block)) }),
            (index..<(trailer - 8), { SnapshotChecksum.index($0, of: slot) }),
            (trailer..<(bytes.count - 8), { SnapshotChecksum.trailer($0) }),
        ]
        var generator = SplitMix64(seed: seed)
        let (part, checksum) = parts[Int(seed % 4)]
        let length = 1 << (generator.next() % 4)
        let start = part.lowerBound + Int(generator.next() % UInt64(part.count))
        for place in start..<min(start + length, part.upperBound) { bytes[place] = UInt8(generator.next() & 0xFF) }
        bytes.withUnsafeMutableBytes { bytes in
            bytes.storeField(checksum(UnsafeRawBufferPointer(rebasing: bytes[part])), at: part.upperBound)
        }
        guard bytes != fileSystem.contents(of: SnapshotSample.path) else { return }
        fileSystem.install(bytes, at: SnapshotSample.path)
        // What only the log and the state machine can tell is wrong: time, the two digests, the configuration's slot.
        let isUntold =
            seed % 4 == 0 && (start..<(start + length)).contains { (40..<96).contains($0) || (120..<128).contains($0) }
        guard let reader = try? SnapshotReader(fileSystem, SnapshotSample.path) else { return }
        _ = try? reader.value(of: Array("key 7919".utf8))
        guard (try? reader.verify()) != nil else { return }
        #expect(isUntold)
    }

    /// Each block is whole by itself; only what is said of all of them tells.
    @Test func aBlockInAnothersPlaceIsSeen() throws {
        let fileSystem = MemoryFileSystem()
        try SnapshotSample(900, length: 1_000).write(fileSystem)
        let bytes = try #require(fileSystem.contents(of: SnapshotSample.path))
        let magic: [UInt8] = [0x9C, 0x53, 0x42, 0x6B]
        let starts = bytes.indices.dropLast(3).filter { Array(bytes[$0..<($0 + 4)]) == magic }
        #expect(starts.count > 4)
        let without = Array(bytes[..<starts[2]]) + Array(bytes[starts[3]...])
        fileSystem.install(without, at: SnapshotSample.path)
        #expect(throws: StorageError.self) { try SnapshotReader(fileSystem, SnapshotSample.path).verify() }
    }

    @Test func anotherSlotsNameIsSeen() throws {
        let fileSystem = MemoryFileSystem()
        try SnapshotSample(3, length: 9).write(fileSystem)
        let bytes = try #require(fileSystem.contents(of: SnapshotSample.path))
        let other = SnapshotSample.directory.appending(SnapshotName(slot: Slot(60)).description)
        fileSystem.install(bytes, at: other)
        #expect(throws: StorageError.self) { try SnapshotReader(fileSystem, other) }
    }

    @Test func keysOutOfOrderStopTheWriter() async {
        await #expect(processExitsWith: .failure) {
            var writer = try SnapshotWriter.begin(
                MemoryFileSystem(), directory: SnapshotSample.directory,
                header: SnapshotSample(0, length: 0, sessionBytes: 0).header, sessions: [])
            _ = try writer.append(key: [2], value: [], created: .first, modified: .first)
            _ = try writer.append(key: [1], value: [], created: .first, modified: .first)
        }
    }
}

@Suite struct SnapshotFolderTests {
    private let sample = SnapshotSample(40, length: 90)

    private static let rules: [CrashRule] =
        [
            .nothing, .everything, CrashRule(contents: .none, names: .all), CrashRule(contents: .all, names: .none),
        ] + (0..<8).map { .random(seed: $0) }

    /// A snapshot of more than one sync window, so that the power also goes between them.
    @Test(arguments: rules) func aCrashLeavesAWholeSnapshotOrNone(_ rule: CrashRule) throws {
        let whole = MemoryFileSystem()
        let written = try sample.write(whole)
        for crash in 1...whole.operations {
            let fileSystem = MemoryFileSystem()
            fileSystem.crashAtOperation = crash
            #expect(throws: StorageError.self) { try sample.write(fileSystem) }
            let after = fileSystem.afterCrash(keeping: rule)
            let folder = SnapshotFolder(after, directory: SnapshotSample.directory)
            for name in try folder.names() { #expect(try folder.reader(name).verify() == written.digest) }
            try folder.removeUnfinished()
            #expect(try after.list(SnapshotSample.directory) == folder.names().map(\.description))
            #expect(try sample.write(after).digest == written.digest)
        }
    }

    @Test func theNewestThatIsWholeIsTaken() throws {
        let fileSystem = MemoryFileSystem()
        try sample.write(fileSystem)
        let bytes = try #require(fileSystem.contents(of: SnapshotSample.path))
        let folder = SnapshotFolder(fileSystem, directory: SnapshotSample.directory)
        fileSystem.install(Array(bytes.dropLast()), at: folder.path(of: SnapshotName(slot: Slot(60))))
        fileSystem.install(bytes, at: SnapshotSample.directory.appending("notes"))
        fileSystem.install([1], at: folder.path(of: SnapshotName(slot: Slot(61))))
        var bad: [Slot] = []
        let found = try folder.newestGood { reader throws(StorageError) in
            _ = try reader.verify()
            return reader.header.slot
        } bad: { damage in
            bad.append(SnapshotName(damage.file.lastComponent?.string ?? "")?.slot ?? .zero)
        }
        #expect(found == Slot(59))
        #expect(bad == [Slot(61), Slot(60)])
    }

    @Test func theTwoNewestVerifiedAreKeptAndWhatIsNewer() throws {
        let fileSystem = MemoryFileSystem()
        let folder = SnapshotFolder(fileSystem, directory: SnapshotSample.directory)
        for slot: UInt64 in [10, 20, 30, 40, 50] {
            fileSystem.install([1], at: folder.path(of: SnapshotName(slot: Slot(slot))))
        }
        try folder.dropOld(verified: [Slot(40)])
        #expect(try folder.names().count == 5)
        try folder.dropOld(verified: [Slot(10), Slot(40), Slot(20)])
        #expect(try folder.names().map(\.slot.rawValue) == [50, 40, 30, 20])
    }
}

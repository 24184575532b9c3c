// A snapshot that is kept for ever: what was written once is read, and is written still, byte for byte.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct SnapshotGoldenTests {
    private static let path = FilePath(#filePath).removingLastComponent()
        .appending("Fixtures/snapshot-v1").appending(SnapshotSample.name.description)

    /// Awkward keys, two blocks of keys, and a configuration.
    private static let sample = SnapshotSample(40, length: 3_000)

    /// Another zstd build may store other bytes: then this fails, and nodes with it write snapshots that differ in bytes
    /// from those of other nodes, though not in digests.
    @Test func theWriterStillWritesTheseBytes() throws {
        let fileSystem = MemoryFileSystem()
        let written = try Self.sample.write(fileSystem)
        let file = try PosixFileSystem().open(Self.path, for: .read)
        #expect(try file.bytes(at: 0, count: Int(file.size())) == fileSystem.contents(of: SnapshotSample.path))
        #expect("\(written.digest)" == Self.digest)
    }

    @Test func theReaderStillReadsThem() throws {
        #expect(try SnapshotSample.read(PosixFileSystem(), Self.path) == Self.sample)
        #expect("\(try SnapshotReader(PosixFileSystem(), Self.path).verify())" == Self.digest)
    }

    private static let digest = "cdbb36ccc2ed235f275db53a1eb2125c143b30b1fa47b186d83511272a9279cc"
}

// A log that is kept for ever: what was written once is read, and is written still, byte for byte.

import Paxos
import PaxosLog
import SystemPackage
import Testing

@Suite struct ChosenLogGoldenTests {
    private static let directory = FilePath(#filePath).removingLastComponent().appending("Fixtures/log-v1/log")

    /// Awkward keys, a segment that a seal ends early, one that its size ends, and an open one.
    private static let entries: [Entry] = Sample.entries(60).map { entry in
        entry.slot == Slot(20) ? Sample.entry(entry.slot, .seal) : entry
    }

    private func files(_ fileSystem: any FileSystem, _ directory: FilePath) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try fileSystem.list(directory) {
            let file = try fileSystem.open(directory.appending(name), for: .read)
            var bytes = [UInt8](repeating: 0, count: Int(try file.size()))
            let count = try bytes.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }
            #expect(count == bytes.count)
            files[name] = bytes
        }
        return files
    }

    /// Another zstd build may store other bytes: then this fails, and nodes with it write logs that differ in bytes from
    /// those of older nodes, though not in digests.
    @Test func theWriterStillWritesTheseBytes() throws {
        let written = try files(try Sample.fileSystem(Sample.blocks(Self.entries)), Sample.directory)
        #expect(written.count == 5)
        #expect(try files(PosixFileSystem(), Self.directory) == written)
    }

    @Test func theReaderStillReadsThem() throws {
        let reading = try Reading(PosixFileSystem(), directory: Self.directory)
        #expect(reading.damages.isEmpty)
        #expect(reading.raw == Sample.blocks(Self.entries))
        #expect("\(reading.blocks.last?.header.chainDigest ?? .start)" == Self.lastDigest)
    }

    private static let lastDigest = "30991a12aa439af42ade4c8ea3ba2c45c13fc3d6ac74bb01928cc496a57a1523"
}

// identity.json: written whole or not at all, and refused when it is not what was written.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct JournalIdentityTests {
    let fileSystem = MemoryFileSystem()
    let directory: FilePath = "/n1"
    let path: FilePath = "/n1/identity.json"
    let identity = Identity(
        node: NodeID(1), cluster: UniqueID(high: 0xA0, low: 0xB1), incarnation: .first, boot: 1_700_000_000_000,
        journal: UniqueID(high: 0xC2, low: 0xD3))

    init() throws {
        try fileSystem.createDirectory(directory)
    }

    @Test func oneFieldStandsOnEachLine() {
        #expect(
            identity.encoded == """
                {
                  "version": 1,
                  "node": "n1",
                  "cluster": "00000000000000a000000000000000b1",
                  "incarnation": 1,
                  "boot": 1700000000000,
                  "journal": "00000000000000c200000000000000d3",
                  "vote": "00000000000000c200000000000000d3",
                  "checksum": "44a530f5257235b3"
                }

                """)
    }

    @Test func whatIsWrittenIsRead() throws {
        #expect(try Identity.read(fileSystem, directory) == nil)
        try identity.write(fileSystem, directory)
        #expect(try Identity.read(fileSystem, directory) == identity)
        var next = identity
        next.cluster = nil
        next.incarnation = .learner
        next.boot = .max
        try next.write(fileSystem, directory)
        #expect(try Identity.read(fileSystem.afterCrash(keeping: .nothing), directory) == next)
        #expect(try fileSystem.list(directory) == ["identity.json"])
    }

    @Test func anyFlippedBitIsDamage() throws {
        try identity.write(fileSystem, directory)
        let whole = try #require(fileSystem.contents(of: path))
        // What stands behind the checksum's end says nothing.
        for offset in whole.indices.dropLast(4) {
            for bit in 0..<8 {
                fileSystem.install(whole, at: path)
                fileSystem.flipByte(of: path, at: offset, mask: 1 << bit)
                let error = #expect(throws: StorageError.self) { try Identity.read(fileSystem, directory) }
                #expect(error?.damage?.kind == .corrupt)
            }
        }
    }

    @Test func aCutFileIsCorrupt() throws {
        try identity.write(fileSystem, directory)
        let whole = try #require(fileSystem.contents(of: path))
        for size in stride(from: 0, to: whole.count - 2, by: 3) {
            fileSystem.install(Array(whole.prefix(size)), at: path)
            #expect {
                try Identity.read(fileSystem, directory)
            } throws: { error in
                if case .corrupt(let damage)? = error as? StorageError { damage.file == path } else { false }
            }
        }
    }

    @Test func anUnknownVersionIsRefusedByName() throws {
        let text = Identity.sealed("  \"version\": 3,\n  \"name\": \"n1\",\n")
        fileSystem.install([UInt8](text.utf8), at: path)
        #expect(throws: StorageError.unsupportedVersion(file: path, found: 3, supported: 1)) {
            try Identity.read(fileSystem, directory)
        }
    }

    @Test func aCrashLeavesTheOldOrTheNew() throws {
        var next = identity
        next.boot += 1
        for operation in 1...7 {
            for rule in [CrashRule.nothing, .everything] + (UInt64(0)..<20).map(CrashRule.random) {
                let fileSystem = MemoryFileSystem()
                try fileSystem.createDirectory(directory)
                try identity.write(fileSystem, directory)
                fileSystem.crashAtOperation = fileSystem.operations + operation
                let isWritten = (try? next.write(fileSystem, directory)) != nil
                let after = fileSystem.afterCrash(keeping: rule)
                let found = try #require(try Identity.read(after, directory))
                #expect(found == next || (found == identity && !isWritten))
                try next.write(after, directory)
                #expect(try Identity.read(after, directory) == next)
            }
        }
    }
}

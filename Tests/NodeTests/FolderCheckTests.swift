import Paxos
import PaxosLog
import Replication
import SystemPackage
import Testing

@testable import Node

@Suite struct FolderCheckTests {
    private func configuration(_ id: String, _ peers: String?) throws -> NodeConfiguration {
        var flags: [Setting: String] = [.id: id, .data: "node", .http: "127.0.0.1:0"]
        if let peers {
            flags[.peers] = peers
            flags[.listen] = "127.0.0.1:1"
        }
        return try NodeConfiguration(GivenSettings(flags: flags, environment: [:]))
    }

    private func failure(
        _ id: String, _ peers: String? = nil, _ fileSystem: MemoryFileSystem
    ) throws -> StartFailure? {
        do {
            let before = fileSystem.operations
            defer { #expect(fileSystem.operations == before, "nothing is written") }
            try FolderCheck.verify(configuration(id, peers), fileSystem)
            return nil
        } catch let failure as StartFailure {
            return failure
        }
    }

    @Test func emptyAndOwnFoldersPass() throws {
        let fileSystem = MemoryFileSystem()
        #expect(try failure("n0", nil, fileSystem) == nil)
        _ = try NodeFolder.open(
            fileSystem, directory: "node", node: NodeID(0), now: 1, seed: 1, journalFileBytes: 4 << 20)
        #expect(try failure("n0", nil, fileSystem) == nil)
    }

    @Test func folderOfAnotherNodeIsRefused() throws {
        let fileSystem = MemoryFileSystem()
        _ = try NodeFolder.open(
            fileSystem, directory: "node", node: NodeID(0), now: 1, seed: 1, journalFileBytes: 4 << 20)
        let found = try #require(try failure("n1", nil, fileSystem))
        #expect(found.status == 78 && found.message.contains("folder of n0, not of n1"), "\(found.message)")
    }

    @Test func missingIdentityBesideDataIsRefused() throws {
        let fileSystem = MemoryFileSystem()
        _ = try NodeFolder.open(
            fileSystem, directory: "node", node: NodeID(0), now: 1, seed: 1, journalFileBytes: 4 << 20)
        try fileSystem.remove("node/identity.json")
        let found = try #require(try failure("n0", nil, fileSystem))
        #expect(found.status == 78 && found.message.contains("identity.json is missing"), "\(found.message)")
    }

    @Test func folderOfAnotherMemberListIsRefusedEvenBeforeItsFirstBlock() throws {
        let fileSystem = MemoryFileSystem()
        let journal: Journal
        do {
            let folder = try NodeFolder.open(
                fileSystem, directory: "node", node: NodeID(0), now: 1, seed: 1, journalFileBytes: 4 << 20)
            journal = folder.journal
        }
        let entry = LogSample.genesis([NodeID(0), NodeID(1), NodeID(2)])
        try journal.append([
            [.chosen(Run(ballot: .none, firstSlot: .first, count: 1, body: entry, sealedBy: Run.xxh3))]
        ])
        let found = try #require(try failure("n0", nil, fileSystem))
        #expect(found.status == 78 && found.message.contains("cluster of n0,n1,n2"), "\(found.message)")
        #expect(try failure("n0", "n0=h:1,n1=h:2,n2=h:3", fileSystem) == nil)
    }

    static let errors: [(StorageError, Int32, String)] = [
        (
            .corrupt(
                Damage(kind: .corrupt, file: "j", offset: 4096, slots: Slot(5)...Slot(9), reason: "its checksum")), 65,
            "corrupt in j at offset 4096, slots 5 to 9: its checksum; nothing was changed; look with: logtool verify d"
        ),
        (.unsupportedVersion(file: "f", found: 3, supported: 1), 65, "version 3"),
        (.foreign(file: "f", reason: "r"), 78, "belongs elsewhere"), (.missing(file: "f", reason: "r"), 78, "missing"),
        (.io(.resourceBusy, operation: "lock", path: "d/lock"), 78, "in use by another process"),
        (.io(.permissionDenied, operation: "open", path: "d"), 78, "can't be used"),
        (.io(.ioError, operation: "read", path: "d"), 74, "read of d failed"),
    ]

    @Test(arguments: errors) func whatTheDiskSaysBecomesOneLineAndAStatus(
        _ error: StorageError, _ status: Int32, _ text: String
    ) {
        let found = StartFailure(error, folder: "d")
        #expect(found.status == status && found.message.contains(text), "\(found.message)")
        #expect(!found.message.contains("\n"))
    }
}

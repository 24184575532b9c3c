// What a new cluster begins with: the state that was asked for, the same log for every member, and folders that a node
// opens as a voter's.

import ArgumentParser
import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage
import Testing

@testable import logtool

@Suite struct RestoreTests {
    let fixture = FolderFixture()
    static let cluster = UniqueID(high: 70, low: 80)
    static let members = [NodeID(0), NodeID(1), NodeID(5)]

    init() throws {
        try fixture.write(0, try FolderFixture.entries(60))
    }

    private func past(_ slot: UInt64) throws -> PastState {
        try PastState(of: fixture.log(0), at: .slot(Slot(slot)))
    }

    private func restore(_ past: PastState, in fileSystem: MemoryFileSystem? = nil) throws -> NewCluster.Summary {
        try NewCluster(
            Self.cluster, members: Self.members, in: "/new", now: 1_800_000_000_000_000,
            fileSystem ?? fixture.fileSystem, journalFileBytes: 64 << 10
        ).write(past.store)
    }

    private func open(_ node: NodeID) throws -> RecoveredNode {
        let folder = try NodeFolder.open(
            fixture.fileSystem, directory: FilePath("/new").appending("\(node)"), node: node,
            now: 1_800_000_001_000_000, seed: 1, journalFileBytes: 64 << 10)
        return folder.unpack { _, _, recovered in recovered }
    }

    private func contents(of store: KeyValueStore) -> [[UInt8]: [UInt8]] {
        var contents: [[UInt8]: [UInt8]] = [:]
        for (key, stored) in store.sortedKeys() { contents[key] = stored.value }
        return contents
    }

    @Test(arguments: [1, 20, 60]) func memberStartsWithThatState(slot: UInt64) throws {
        let past = try past(slot)
        let summary = try restore(past)
        for node in Self.members {
            let recovered = try open(node)
            #expect(contents(of: recovered.store) == contents(of: past.store))
            #expect("\(recovered.store.digest)" == summary.stateDigest)
            #expect(recovered.logThrough.rawValue == summary.slots)
            #expect(recovered.identity.cluster == Self.cluster)
            #expect(recovered.identity.incarnation == .first)
            let genesis = try #require(recovered.genesis?.value)
            #expect(genesis.members.map(\.node) == Self.members)
            #expect(genesis.membership.incarnation(of: node, journal: recovered.identity.vote) == .first)
        }
    }

    @Test func logsOfAllMembersAreTheSameBytes() throws {
        _ = try restore(past(60))
        let logs = try Self.members.map { node in
            let directory = FilePath("/new/\(node)/log")
            return try fixture.fileSystem.list(directory).map {
                fixture.fileSystem.contents(of: directory.appending($0))
            }
        }
        #expect(!logs[0].isEmpty && logs.allSatisfy { $0 == logs[0] })
    }

    @Test func everythingIsInTheLogAndClean() throws {
        _ = try restore(past(60))
        let report = try Verification(NodeLog("/new/n5", fileSystem: fixture.fileSystem))
        #expect(report.verdict == .clean && report.damage.isEmpty)
        #expect(report.summary.chosenThrough == report.summary.logThrough)
    }

    @Test func folderThatHoldsSomethingIsRefused() throws {
        fixture.fileSystem.install([1], at: "/new/note")
        #expect { try restore(past(60)) } throws: { ($0 as? Failure)?.status == 64 }
    }

    @Test func crashLeavesNoFolderThatStartsWithLess() throws {
        let past = try past(60)
        let counter = MemoryFileSystem()
        _ = try restore(past, in: counter)
        for operation in 1...counter.operations {
            let fileSystem = MemoryFileSystem()
            fileSystem.crashAtOperation = operation
            #expect(throws: StorageError.self) { try restore(past, in: fileSystem) }
            let left = fileSystem.afterCrash(
                keeping: .random(seed: UInt64(operation)))
            for node in Self.members {
                let directory = FilePath("/new/\(node)")
                guard try Identity.read(left, directory) != nil else { continue }
                let folder = try NodeFolder.open(
                    left, directory: directory, node: node, now: 1, seed: 1, journalFileBytes: 64 << 10)
                #expect(contents(of: folder.recovered.store) == contents(of: past.store), "operation \(operation)")
            }
        }
    }

    @Test func manyKeysMakeManyBlocks() throws {
        var store = KeyValueStore()
        for number: UInt64 in 1...3_000 {
            let command = Command.set(key: Array("key \(number)".utf8), value: [UInt8](repeating: 7, count: 200))
            let bytes = try command.encoded()
            _ = try store.apply(
                slot: Slot(number), time: 1, session: FolderFixture.session(0), sequence: 0, command: bytes.span.bytes)
        }
        let cluster = try NewCluster(
            Self.cluster, members: Self.members, in: "/new", now: 1_800_000_000_000_000, fixture.fileSystem,
            journalFileBytes: 64 << 10)
        let summary = try cluster.write(store)
        #expect(summary.keys == 3_000 && summary.slots == 3_002)
        #expect(try open(Self.members[1]).store.count == 3_000)
    }

    @Test(arguments: [
        ("n0,n1,n2", [NodeID(0), NodeID(1), NodeID(2)]), ("n4", [NodeID(4)]), ("n1,n0", [NodeID(0), NodeID(1)]),
        ("n1,n1", nil), ("", nil), ("n1,", nil), ("x", nil),
    ])
    func membersAreNames(text: String, nodes: [NodeID]?) {
        #expect(MemberList(argument: text)?.nodes == nodes)
    }

    @Test func oldClusterIsNoNewOne() throws {
        let given = try NewClusterOptions.parse(["--to", "x", "--cluster", "\(Self.cluster)"])
        #expect(try given.cluster(otherThan: FolderFixture.cluster) == Self.cluster)
        #expect(throws: ValidationError.self) { try given.cluster(otherThan: Self.cluster) }
        #expect(throws: (any Error).self) { try NewClusterOptions.parse(["--to", "x", "--cluster", "abc"]) }
    }
}

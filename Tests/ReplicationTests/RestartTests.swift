// A folder with snapshots, opened: the newest good one and the log behind it give the same state as all of the log, whatever
// is damaged, dropped or lost.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage
import Testing

@testable import Replication

@Suite struct RestartTests {
    private static let node = NodeID(0)
    private static let journal = UniqueID(high: 70, low: 0)
    private static let places = NodeFolder.Places("/data")
    private static let slots = 400
    private static let seal = 150
    private static let genesis = Genesis(
        cluster: UniqueID(high: 9, low: 9),
        members: (0..<3).map {
            Genesis.Member(node: NodeID($0), incarnation: .first, journal: UniqueID(high: 70 + UInt64($0), low: 0))
        }, limits: LogLimits(blockBytes: 900, segmentBytes: 5_000))
    private static var readmission: Membership {
        var membership = genesis.membership
        membership.slot = Slot(100)
        membership.members[2].incarnation = Incarnation(2)
        membership.members[2].journal = UniqueID(high: 80, low: 1)
        return membership
    }

    private static func body(_ slots: ClosedRange<Int>) throws -> [UInt8] {
        var body: [UInt8] = []
        for slot in slots {
            let (kind, payload) = try content(of: slot)
            Entry(
                slot: Slot(UInt64(slot)), kind: kind, time: 1_000 + UInt64(slot * 7 % 50),
                session: SessionID(node: NodeID(UInt16(slot % 3)), incarnation: .first, boot: 1),
                sequence: kind == .command ? UInt64(slot) : 0, payload: payload
            ).encode(into: &body)
        }
        return body
    }

    private static func content(of slot: Int) throws -> (Entry.Kind, [UInt8]) {
        if slot == 1 { return (.genesis, genesis.encoded()) }
        if slot == 100 { return (.configuration, readmission.encoded()) }
        if slot == seal { return (.seal, []) }
        if slot % 5 == 0 { return (.command, try Command.delete(key: [UInt8(slot % 23)]).encoded()) }
        return (.command, try Command.set(key: [UInt8(slot % 31)], value: Array("\(slot)".utf8)).encoded())
    }

    private struct Folder {
        var disk: MemoryFileSystem
        /// The slots of the snapshots, in order.
        var snapshots: [Slot]
        var logThrough: Slot
    }

    /// A member's folder with all of the log, a snapshot at the end of some segments, and the last slots in the journal.
    private static func folder(snapshotAt wanted: Set<Int> = [0, 2, 4]) throws -> Folder {
        let disk = MemoryFileSystem()
        try disk.createDirectory("/data")
        try Identity(node: node, cluster: genesis.cluster, incarnation: .first, boot: 5, journal: journal)
            .write(disk, "/data")
        var cutter = BlockCutter(limits: genesis.limits, next: .first, segmentBytes: 0)
        var log = try ChosenLog.open(disk, directory: places.log)
        var store = KeyValueStore()
        var membership: Membership?
        var snapshots: [Slot] = []
        var ended = 0
        for block in cutter.append(body: try body(1...slots), firstSlot: .first, count: slots) {
            try log.append([block])
            membership = try store.apply(entriesOf: block.bytes) ?? membership
            guard block.endsSegment else { continue }
            if wanted.contains(ended) {
                snapshots.append(try snapshot(disk, store, log.chainDigest, membership).name.slot)
            }
            ended += 1
        }
        let (acceptor, _) = try Journal.open(
            disk, directory: places.journal, identity: JournalIdentity(node: node, journal: journal),
            fileBytes: 64 << 10, seed: 1, logThrough: log.through)
        let first = Int(log.through.rawValue) + 1
        let ballot = Ballot(round: 3, node: node, incarnation: .first)
        try acceptor.append([
            [
                .promise(ballot),
                .accepted(
                    Run(
                        ballot: ballot, firstSlot: log.through.next, count: slots - first + 1,
                        body: try body(first...slots), sealedBy: Run.xxh3)),
            ], [.chosenThrough(Slot(UInt64(slots)), ballot: ballot)],
        ])
        try acceptor.markDurable()
        return Folder(disk: disk, snapshots: snapshots, logThrough: log.through)
    }

    private static func snapshot(
        _ disk: MemoryFileSystem, _ store: KeyValueStore, _ chainDigest: ChainDigest, _ membership: Membership?
    ) throws -> WrittenSnapshot {
        let view = SnapshotView(
            store: store, chainDigest: chainDigest, founding: .init(value: genesis, entry: try body(1...1)),
            membership: membership)
        var taking = try SnapshotTaking.begin(disk, directory: places.snapshots, view)
        var isUnfinished = true
        while isUnfinished { isUnfinished = try taking.step() }
        return try taking.finish()
    }

    private static func open(_ disk: MemoryFileSystem, mends: Bool = true) throws -> RecoveredNode {
        try NodeFolder.open(
            disk, directory: "/data", node: node, now: 7_000, seed: 3, journalFileBytes: 64 << 10, mends: mends
        ).recovered
    }

    private static func drop(_ disk: MemoryFileSystem, through slot: Slot) throws {
        var log = try ChosenLog.open(
            disk, directory: places.log, base: SnapshotReader(disk, path(slot)).header.base)
        try log.drop(through: slot, to: nil)
    }

    private static func path(_ slot: Slot) -> FilePath {
        places.snapshots.appending(SnapshotName(slot: slot).description)
    }

    private static func expectSame(_ found: RecoveredNode, _ expected: RecoveredNode) {
        #expect(found.store.summary == expected.store.summary)
        #expect(found.store.encodedSessions == expected.store.encodedSessions)
        #expect(found.store.digest == found.store.recomputedDigest())
        #expect(found.membership == expected.membership)
        #expect(found.genesis?.entry == expected.genesis?.entry)
        #expect(found.segmentBytes == expected.segmentBytes)
        #expect(found.logThrough == expected.logThrough)
        #expect(found.chosen == expected.chosen)
        #expect(found.identity.incarnation == .first)
    }

    private static func whole() throws -> RecoveredNode { try open(try folder(snapshotAt: []).disk) }

    @Test func snapshotAndRestOfTheLogGiveTheStateOfAllOfIt() throws {
        let whole = try Self.whole()
        #expect(whole.snapshot == nil && whole.membership == Self.readmission)
        let folder = try Self.folder()
        #expect(folder.snapshots.count == 3)
        let found = try Self.open(folder.disk)
        #expect(found.snapshot == folder.snapshots[2] && found.setAside.isEmpty)
        Self.expectSame(found, whole)
        try Self.drop(folder.disk, through: folder.snapshots[1])
        #expect(try folder.disk.list(Self.places.log).count < 10)
        Self.expectSame(try Self.open(folder.disk), whole)
        try Self.drop(folder.disk, through: folder.snapshots[2])
        Self.expectSame(try Self.open(folder.disk), whole)
    }

    @Test func whatTheLogHoldsBehindItsLastSealIsCounted() throws {
        let whole = try Self.whole()
        let end = Int(whole.logThrough.rawValue)
        #expect(try whole.bytesSinceSeal == Self.body(Self.seal + 1...end).count)
        #expect(whole.snapshotBytes == 0)
        let folder = try Self.folder()
        let found = try Self.open(folder.disk)
        // A snapshot is taken for one of a seal.
        #expect(try found.bytesSinceSeal == Self.body(Int(folder.snapshots[2].rawValue) + 1...end).count)
        #expect(
            try found.snapshotBytes == UInt64(#require(folder.disk.contents(of: Self.path(folder.snapshots[2]))).count))
    }

    @Test(arguments: [false, true]) func aBadSnapshotFallsBackToTheOneBefore(mends: Bool) throws {
        let whole = try Self.whole()
        let folder = try Self.folder()
        try Self.drop(folder.disk, through: folder.snapshots[0])
        folder.disk.flipByte(of: Self.path(folder.snapshots[2]), at: 500)
        let found = try Self.open(folder.disk, mends: mends)
        #expect(found.snapshot == folder.snapshots[1])
        #expect(found.setAside.count == 1 && found.setAside[0].reason.contains("\(Self.path(folder.snapshots[2]))"))
        #expect(found.setAside[0].kept.allSatisfy { folder.disk.contents(of: $0) != nil })
        Self.expectSame(found, whole)
        let again = try Self.open(folder.disk, mends: mends)
        #expect(again.setAside.isEmpty && again.snapshot == folder.snapshots[1])
    }

    @Test func withoutAGoodSnapshotAllOfTheLogIsReplayed() throws {
        let folder = try Self.folder()
        for slot in folder.snapshots { folder.disk.flipByte(of: Self.path(slot), at: 3) }
        let found = try Self.open(folder.disk)
        #expect(found.snapshot == nil && found.setAside.count == 3)
        Self.expectSame(found, try Self.whole())
    }

    @Test(arguments: [false, true]) func withNeitherTheStartSaysWhatIsMissing(mends: Bool) throws {
        let folder = try Self.folder()
        try Self.drop(folder.disk, through: folder.snapshots[1])
        for slot in folder.snapshots { try folder.disk.remove(Self.path(slot)) }
        let first = folder.snapshots[1].next
        #expect(
            throws: StorageError.missing(
                file: Self.places.log, reason: "the log begins with slot \(first), and no good snapshot goes before it")
        ) { try Self.open(folder.disk, mends: mends) }
    }

    /// The segments behind the second snapshot, or all, are gone; and the journal holds what the last one does not.
    @Test(arguments: [1, 0]) func aLogThatEndsBeforeTheSnapshotBeginsAnewBehindIt(kept: Int) throws {
        let folder = try Self.folder()
        for name in try folder.disk.list(Self.places.log).dropFirst(kept) {
            try folder.disk.remove(Self.places.log.appending(name))
        }
        let found = try Self.open(folder.disk)
        #expect(found.snapshot == folder.snapshots[2] && found.logThrough == folder.snapshots[2])
        #expect(found.store.appliedThrough == folder.snapshots[2] && found.segmentBytes == 0)
        #expect(found.setAside.filter { $0.reason.contains("before the snapshot") }.count == kept)
        #expect(try folder.disk.list(Self.places.log).isEmpty)
        #expect(try Self.open(folder.disk).logThrough == folder.snapshots[2])
    }

    @Test func damageBehindTheSnapshotCutsTheLogNoFurtherThanThere() throws {
        let folder = try Self.folder()
        let segments = try folder.disk.list(Self.places.log).map { Self.places.log.appending($0) }
        for segment in segments.dropFirst(1) { folder.disk.flipByte(of: segment, at: 90) }
        #expect(throws: StorageError.self) { try Self.open(folder.disk, mends: false) }
        let found = try Self.open(folder.disk)
        #expect(found.logThrough == folder.snapshots[2] && found.identity.incarnation == .first)
        #expect(found.vouchedThrough == Slot(UInt64(Self.slots)))
        #expect(try folder.disk.list(Self.places.log).count == 5)
    }

    @Test func damageThatASnapshotStandsForIsSaidAndCostsNothing() throws {
        let folder = try Self.folder()
        let segment = Self.places.log.appending(try folder.disk.list(Self.places.log)[1])
        folder.disk.flipByte(of: segment, at: 20)
        let found = try Self.open(folder.disk, mends: false)
        #expect(found.setAside.map(\.kept) == [[]] && found.setAside[0].reason.contains("\(segment)"))
        Self.expectSame(found, try Self.whole())
    }

    @Test func anUnfinishedSnapshotIsRemoved() throws {
        let folder = try Self.folder()
        let path = Self.places.snapshots.appending(SnapshotName(slot: Slot(390)).description + ".partial")
        folder.disk.install([1, 2, 3], at: path)
        #expect(try Self.open(folder.disk).setAside.isEmpty)
        #expect(folder.disk.contents(of: path) == nil)
    }

    private static func snapshotBytes(_ store: KeyValueStore) throws -> [UInt8] {
        let disk = MemoryFileSystem()
        let name = try snapshot(disk, store, .start, nil).name
        return try #require(disk.contents(of: path(name.slot)))
    }

    private static func apply(_ command: Command, _ store: inout KeyValueStore) throws {
        let slot = store.appliedThrough.next
        let bytes = try command.encoded()
        _ = try store.apply(
            slot: slot, time: 5, session: SessionID(node: NodeID(1), incarnation: .first, boot: 1),
            sequence: slot.rawValue, command: bytes.span.bytes)
    }

    @Test func equalStatesReachedDifferentlyHaveTheSameSnapshot() throws {
        var straight = KeyValueStore()
        var roundabout = KeyValueStore()
        for number in 0..<3_000 {
            let key = Array("key \(number * 7919 % 3_000)".utf8)
            try Self.apply(.set(key: Array("other \(number % 50)".utf8), value: [1]), &roundabout)
            try Self.apply(.delete(key: Array("never there".utf8)), &straight)
            for _ in 0..<2 {
                try Self.apply(.set(key: key, value: key), &straight)
                try Self.apply(.set(key: key, value: key), &roundabout)
            }
        }
        for number in 0..<50 {
            try Self.apply(.delete(key: Array("other \(number)".utf8)), &roundabout)
            try Self.apply(.delete(key: Array("other \(number)".utf8)), &straight)
        }
        let bytes = try Self.snapshotBytes(straight)
        #expect(bytes == (try Self.snapshotBytes(roundabout)))
        try Self.apply(.delete(key: Array("key 1".utf8)), &straight)
        #expect(bytes != (try Self.snapshotBytes(straight)))
    }

    /// The power goes at every operation of a start that meets a bad snapshot, and a log that ends before the good one.
    @Test func crashInTheRepairChangesNothing() throws {
        let folder = try Self.folder()
        folder.disk.flipByte(of: Self.path(folder.snapshots[2]), at: 500)
        for name in try folder.disk.list(Self.places.log).dropFirst(2) {
            try folder.disk.remove(Self.places.log.appending(name))
        }
        let damaged = folder.disk.afterCrash(keeping: .everything)
        let once = damaged.afterCrash(keeping: .everything)
        let expected = try Self.open(once)
        #expect(expected.snapshot == folder.snapshots[1] && once.operations > 10)
        for operation in 1...once.operations {
            for rule in [CrashRule.nothing, .everything, .random(seed: UInt64(operation))] {
                let disk = damaged.afterCrash(keeping: .everything)
                disk.crashAtOperation = operation
                #expect(throws: StorageError.self) { try Self.open(disk) }
                let found = try Self.open(disk.afterCrash(keeping: rule))
                #expect(found.snapshot == expected.snapshot && found.logThrough == expected.logThrough)
                #expect(found.store.summary == expected.store.summary)
                #expect(found.vouchedThrough == expected.vouchedThrough)
            }
        }
    }
}

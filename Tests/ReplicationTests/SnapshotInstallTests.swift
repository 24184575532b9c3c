// A peer's snapshot in the place of a log that ends before it, and what is dropped from a log that two snapshots stand
// for; whatever the crash in the middle leaves, a node starts from it.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage
import Testing

@testable import Replication

@Suite struct SnapshotInstallTests {
    static let places = NodeFolder.Places("/data")
    static let node = NodeID(0)
    static let genesis = Genesis(
        cluster: UniqueID(high: 9, low: 9),
        members: (0..<3).map {
            Genesis.Member(node: NodeID($0), incarnation: .first, journal: UniqueID(high: 70 + UInt64($0), low: 0))
        }, limits: LogLimits(blockBytes: 600, segmentBytes: 2_000))
    /// Where the cluster's log was sealed.
    private static let seals: [UInt64] = [60, 120, 180]
    static let slots: UInt64 = 200

    private static func entry(_ slot: UInt64) -> Entry {
        let session = SessionID(node: node, incarnation: .first, boot: 1)
        let kind: Entry.Kind = slot == 1 ? .genesis : seals.contains(slot) ? .seal : .command
        let command = Command.set(key: Array("key \(slot % 17)".utf8), value: Array("value \(slot)".utf8))
        let payload = kind == .genesis ? genesis.encoded() : kind == .seal ? [] : (try? command.encoded()) ?? []
        return Entry(
            slot: Slot(slot), kind: kind, time: slot, session: session, sequence: kind == .command ? slot : 0,
            payload: payload)
    }

    /// A member's folder whose log holds the whole blocks through `slot`, and snapshots of the states at some seals.
    static func folder(through slot: UInt64, snapshots: [UInt64] = []) throws -> MemoryFileSystem {
        let disk = MemoryFileSystem()
        try disk.createDirectory("/data")
        let journal = UniqueID(high: 70, low: 0)
        try Identity(node: node, cluster: genesis.cluster, incarnation: .first, boot: 5, journal: journal)
            .write(disk, "/data")
        _ = try Journal.open(
            disk, directory: places.journal, identity: JournalIdentity(node: node, journal: journal),
            fileBytes: 64 << 10, seed: 1, logThrough: .zero)
        var log = try ChosenLog.open(disk, directory: places.log)
        var cutter = BlockCutter(limits: genesis.limits, next: .first, segmentBytes: 0)
        var store = KeyValueStore()
        var first: [UInt8] = []
        for number in 1...slot {
            var bytes: [UInt8] = []
            entry(number).encode(into: &bytes)
            if number == 1 { first = bytes }
            _ = try store.apply(entriesOf: bytes)
            try log.append(cutter.append(body: bytes, firstSlot: Slot(number), count: 1))
            guard snapshots.contains(number) else { continue }
            let view = SnapshotView(
                store: store, chainDigest: log.chainDigest, founding: .init(value: genesis, entry: first),
                membership: nil)
            var taking = try SnapshotTaking.begin(disk, directory: places.snapshots, view)
            while try taking.step() {}
            try taking.finish().verify(SnapshotFolder(disk, directory: places.snapshots))
        }
        return disk
    }

    static func open(_ disk: MemoryFileSystem) throws -> NodeFolder {
        try NodeFolder.open(
            disk, directory: "/data", node: node, now: 7_000, seed: 3, journalFileBytes: 64 << 10, mends: true)
    }

    private static let incoming = SnapshotName(slot: Slot(180))

    /// A folder that is behind, with a peer's snapshot whole in `incoming/`.
    private static func behind(_ change: (inout [UInt8]) -> Void = { _ in }) throws -> MemoryFileSystem {
        let peer = try folder(through: slots, snapshots: [180])
        var bytes = try #require(
            peer.contents(of: SnapshotFolder(peer, directory: places.snapshots).path(of: incoming)))
        change(&bytes)
        let disk = try folder(through: 100)
        _ = try IncomingFolder(disk, in: "/data").append(bytes, at: 0, to: .snapshot(incoming))
        return disk
    }

    private static func install(_ disk: MemoryFileSystem) throws -> Result<RestoredSnapshot, SnapshotRefusal> {
        var log = try ChosenLog.open(disk, directory: places.log)
        return try RestoredSnapshot.install(
            incoming, from: IncomingFolder(disk, in: "/data"), disk, places, cluster: genesis.cluster, log: &log,
            archive: nil)
    }

    @Test func aNodeGoesOnBehindAPeersSnapshotAsOneThatAppliedEverything() throws {
        let disk = try Self.behind()
        let restored = try Self.install(disk).get()
        let whole = try Self.open(try Self.folder(through: 180)).recovered
        #expect(restored.store.digest == whole.store.digest && restored.base.through == Slot(180))
        let recovered = try Self.open(disk).recovered
        #expect(recovered.store.digest == whole.store.digest && recovered.snapshot == Slot(180))
        #expect(recovered.logThrough == Slot(180) && recovered.genesis?.value == Self.genesis)
        #expect(recovered.setAside.isEmpty)
    }

    @Test func aDamagedOrForeignSnapshotChangesNothing() throws {
        for offset in [20, 200, 400] {
            let disk = try Self.behind { $0[offset] ^= 1 }
            let before = try disk.list(Self.places.log)
            #expect(throws: SnapshotRefusal.self) { try Self.install(disk).get() }
            #expect(try disk.list(Self.places.log) == before && disk.list(Self.places.snapshots).isEmpty)
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func aCrashAtAnyOperationLeavesAFolderThatStarts(_ seed: UInt64) throws {
        let states = try [Self.folder(through: 100), Self.folder(through: 180)].map {
            try Self.open($0).recovered.store.digest
        }
        var crash = 1
        while true {
            let disk = try Self.behind()
            disk.crashAtOperation = disk.operations + crash
            let isDone = (try? Self.install(disk).get()) != nil
            let recovered = try Self.open(disk.afterCrash(keeping: .random(seed: seed))).recovered
            #expect(states.contains(recovered.store.digest), "crash at \(crash): \(recovered.store.appliedThrough)")
            if isDone {
                #expect(recovered.store.digest == states[1])
                break
            }
            crash += 1
        }
        #expect(crash > 5)
    }

    // MARK: Compaction

    private static func compact(_ disk: MemoryFileSystem, _ verified: [UInt64], archive: Archive? = nil) throws -> Slot
    {
        var log = try ChosenLog.open(disk, directory: places.log)
        return try LogRetention(policy: CompactionPolicy(keptSegments: 1), archive: archive).apply(
            to: &log, verified: verified.map { Slot($0) }, now: 1_000, disk, places
        ).first
    }

    @Test func theLogGoesBelowTheSecondNewestSnapshotAlone() throws {
        let disk = try Self.folder(through: Self.slots, snapshots: Self.seals)
        let whole = try Self.open(try Self.folder(through: Self.slots)).recovered
        #expect(try Self.compact(disk, [180]) == .first, "one snapshot may turn out to be bad")
        #expect(try Self.compact(disk, [120, 180]) == Slot(121))
        #expect(
            try SnapshotFolder(disk, directory: Self.places.snapshots).names().map(\.slot) == [Slot(180), Slot(120)])
        #expect(try Self.open(disk).recovered.store.digest == whole.store.digest)
        // The newest is bad after all: the one before it, and the log behind that, give the same state.
        disk.flipByte(
            of: SnapshotFolder(disk, directory: Self.places.snapshots).path(of: SnapshotName(slot: Slot(180))), at: 300)
        let recovered = try Self.open(disk).recovered
        #expect(recovered.store.digest == whole.store.digest && recovered.snapshot == Slot(120))
        #expect(recovered.setAside.count == 1)
    }

    @Test(arguments: [[], [180], [120, 180], [60, 120], [60, 180]] as [[UInt64]])
    func whatIsPlannedIsDropped(verified: [UInt64]) throws {
        let disk = try Self.folder(through: Self.slots, snapshots: Self.seals)
        let reader = ChosenLogReader(disk, directory: Self.places.log)
        let snapshots = SnapshotFolder(disk, directory: Self.places.snapshots)
        let (segments, taken) = (try reader.segments(), try snapshots.names())
        let plan = try LogRetention(policy: CompactionPolicy(keptSegments: 1))
            .plan(reader, snapshots, verified: verified.map { Slot($0) }, now: 1_000)
        #expect(plan.segments.isEmpty == (plan.through == nil))
        _ = try Self.compact(disk, verified)
        #expect(try plan.segments + reader.segments() == segments)
        #expect(try snapshots.names() + plan.snapshots.reversed() == taken)
    }

    @Test func whatIsDroppedStandsInTheArchive() throws {
        let disk = try Self.folder(through: Self.slots, snapshots: Self.seals)
        let before = try disk.list(Self.places.log)
        let archive = Archive(disk, directory: "/archive")
        _ = try Self.compact(disk, [120, 180], archive: archive)
        #expect(try disk.list("/archive") + disk.list(Self.places.log) == before)
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func aCrashInCompactionLeavesTheSameState(_ seed: UInt64) throws {
        let whole = try Self.open(try Self.folder(through: Self.slots)).recovered.store.digest
        var crash = 1
        while true {
            let disk = try Self.folder(through: Self.slots, snapshots: Self.seals)
            disk.crashAtOperation = disk.operations + crash
            let isDone =
                (try? Self.compact(disk, [120, 180], archive: Archive(disk, directory: "/archive"))) != nil
            let recovered = try Self.open(disk.afterCrash(keeping: .random(seed: seed))).recovered
            #expect(recovered.store.digest == whole && recovered.setAside.isEmpty, "crash at \(crash)")
            if isDone { break }
            crash += 1
        }
        #expect(crash > 5)
    }
}

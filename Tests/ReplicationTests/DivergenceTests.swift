// A node whose state is not the one that was agreed on: it serves nobody, over restarts, until it is rebuilt; and what a
// crash leaves of rebuilding can be rebuilt.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage
import Testing

@testable import Replication

@Suite struct DivergenceTests {
    private static let places = NodeFolder.Places("/data")
    private static let node = NodeID(0)
    private static let journal = UniqueID(high: 70, low: 0)
    private static let genesis = Genesis(
        cluster: UniqueID(high: 9, low: 9),
        members: (0..<3).map {
            Genesis.Member(node: NodeID($0), incarnation: .first, journal: UniqueID(high: 70 + UInt64($0), low: 0))
        }, limits: LogLimits(blockBytes: 300, segmentBytes: 5_000))
    /// Where the log was sealed.
    private static let seals: Set<UInt64> = [10, 18, 24]
    private static let interval: UInt64 = 4

    /// A member's folder with a log of 24 slots and a snapshot at each of these seals. There are checkpoints of slots 8
    /// and 16; the second names another state where the log is `altered`.
    private static func folder(isAltered: Bool = false, snapshots: Set<UInt64> = []) throws -> MemoryFileSystem {
        let disk = MemoryFileSystem()
        try disk.createDirectory("/data")
        try Identity(node: node, cluster: genesis.cluster, incarnation: .first, boot: 5, journal: journal)
            .write(disk, "/data")
        _ = try Journal.open(
            disk, directory: places.journal, identity: JournalIdentity(node: node, journal: journal),
            fileBytes: 64 << 10, seed: 1, logThrough: .zero)
        var log = try ChosenLog.open(disk, directory: places.log)
        var cutter = BlockCutter(limits: genesis.limits, next: .first, segmentBytes: 0)
        var store = KeyValueStore()
        var digests: [UInt64: StateDigest] = [:]
        var first: [UInt8] = []
        for number in 1...24 as ClosedRange<UInt64> {
            var bytes: [UInt8] = []
            try entry(number, digests, isAltered).encode(into: &bytes)
            if number == 1 { first = bytes }
            _ = try store.apply(entriesOf: bytes)
            digests[number] = store.digest
            try log.append(cutter.append(body: bytes, firstSlot: Slot(number), count: 1))
            guard snapshots.contains(number) else { continue }
            var taking = try SnapshotTaking.begin(
                disk, directory: places.snapshots,
                SnapshotView(
                    store: store, chainDigest: log.chainDigest, founding: .init(value: genesis, entry: first),
                    membership: nil))
            while try taking.step() {}
            _ = try taking.finish()
        }
        return disk
    }

    private static func entry(
        _ slot: UInt64, _ digests: [UInt64: StateDigest], _ isAltered: Bool
    ) throws -> Entry {
        var (kind, payload): (Entry.Kind, [UInt8]) = (.command, [])
        switch slot {
        case 1: (kind, payload) = (.genesis, genesis.encoded())
        case _ where seals.contains(slot): kind = .seal
        case 13, 21:
            let digest = isAltered && slot == 21 ? StateDigest() : digests[slot - 5] ?? StateDigest()
            payload = Checkpoint(slot: Slot(slot - 5), subject: .state(digest.bytes)).encoded()
            kind = .checkpoint
        default: payload = try Command.set(key: Array("key \(slot % 7)".utf8), value: [UInt8(slot)]).encoded()
        }
        return Entry(
            slot: Slot(slot), kind: kind, time: slot, session: SessionID(node: node, incarnation: .first, boot: 1),
            sequence: kind == .command ? slot : 0, payload: payload)
    }

    private static func open(_ disk: MemoryFileSystem) throws -> RecoveredNode {
        try NodeFolder.open(
            disk, directory: "/data", node: node, now: 7_000, seed: 3, journalFileBytes: 64 << 10, mends: true,
            checkpointSlots: interval
        ).recovered
    }

    private static func driver(_ recovered: RecoveredNode) -> ReplicaDriver {
        ReplicaDriver(
            configuration: DriverConfiguration(node: node, members: (0..<3).map { NodeID($0) }), recovered: recovered,
            seed: 1)
    }

    private static func notes(_ effects: [Effect]) -> [DivergenceReport] {
        effects.compactMap { if case .noteDivergence(let report) = $0 { report } else { nil } }
    }

    private static let report = DivergenceReport(
        slot: Slot(16), own: [UInt8](repeating: 1, count: 16), agreed: [UInt8](repeating: 2, count: 16),
        lastAgreed: Slot(12), time: 77)

    // MARK: Serving nobody

    @Test func aReplayFindsThatItsStateIsNotTheOneAgreedOn() throws {
        let recovered = try Self.open(try Self.folder(isAltered: true))
        var driver = Self.driver(recovered)
        let noted = Self.notes(driver.takeEffects())
        #expect(noted.map(\.slot) == [Slot(16)] && noted.first?.agreed == StateDigest().bytes)
        #expect(noted.first?.lastAgreed == Slot(8))
        #expect(driver.status.unhealthyReason == "diverged at slot 16")
    }

    @Test func aStateThatIsTheOneAgreedOnIsServed() throws {
        let recovered = try Self.open(try Self.folder())
        #expect(recovered.audit.divergence == nil && recovered.audit.agreed == Slot(16))
        var driver = Self.driver(recovered)
        #expect(Self.notes(driver.takeEffects()).isEmpty && driver.divergence == nil)
        driver.handle(.request(RequestID(1), .readLocal(key: Array("key 1".utf8))))
        #expect(ReplicaDriverTests.answers(driver.takeEffects()).count == 1)
    }

    @Test func whoDivergedAnswersNobodyAndShipsNothing() throws {
        let disk = try Self.folder(snapshots: [10, 18])
        try Self.report.write(disk, "/data")
        let recovered = try Self.open(disk)
        #expect(recovered.divergence == Self.report)
        var driver = Self.driver(recovered)
        #expect(Self.notes(driver.takeEffects()).isEmpty, "it is written down already")
        let requests: [Request] = [
            .read(key: [1]), .readLocal(key: [1]), .noOp, .seal, try ReplicaDriverTests.set("k", "v"),
        ]
        for (number, request) in requests.enumerated() {
            driver.handle(.request(RequestID(UInt64(number)), request))
            #expect(ReplicaDriverTests.answers(driver.takeEffects()) == [.refused(.diverged(Slot(16)))])
        }
        let question = PieceQuestion(file: .snapshot(SnapshotName(slot: Slot(18))), offset: 0, length: 100)
        driver.handle(
            .message(
                PeerMessage(
                    cluster: Self.genesis.cluster, incarnation: .first, configuration: .first,
                    content: .shipping(.question(question))), from: NodeID(1)))
        let pieces = driver.takeEffects().compactMap { effect -> FilePiece? in
            guard case .send(let message, to: NodeID(1), _) = effect,
                case .shipping(.piece(let piece)) = message.content
            else { return nil }
            return piece
        }
        #expect(pieces.map(\.fileSize) == [0], "it says that it has none")
        #expect(driver.provenSnapshots.isEmpty)
    }

    /// What is sent to a peer that wants `slot`, which the log can't give.
    private static func answers(_ driver: inout ReplicaDriver, to slot: UInt64) -> [PeerMessage.Content] {
        let request = Message.CatchUp(from: Slot(slot), through: Slot(slot))
        driver.handle(
            .message(
                PeerMessage(
                    cluster: genesis.cluster, incarnation: .first, configuration: .first,
                    content: .shipping(.wanted(request))), from: NodeID(1)))
        _ = driver.takeEffects()
        driver.handle(.logRead(peer: NodeID(1), .blocks([])))
        return driver.takeEffects().compactMap { effect in
            if case .send(let message, to: NodeID(1), _) = effect { message.content } else { nil }
        }
    }

    @Test func aSnapshotThatIsProvenStandsForTheLog() throws {
        var driver = Self.driver(try Self.open(try Self.folder(snapshots: [10])))
        #expect(driver.provenSnapshots == [Slot(10)])
        #expect(Self.answers(&driver, to: 5) == [.shipping(.compacted(SnapshotName(slot: Slot(10))))])
        #expect(Self.answers(&driver, to: 11).isEmpty)
    }

    @Test func whereNothingElseIsLeftOneThatIsNotProvenDoes() throws {
        let disk = try Self.folder(snapshots: [18])
        var driver = Self.driver(try Self.open(disk))
        #expect(driver.provenSnapshots.isEmpty)
        #expect(Self.answers(&driver, to: 5) == [.shipping(.compacted(SnapshotName(slot: Slot(18))))])
        #expect(Self.answers(&driver, to: 19).isEmpty)
        try Self.report.write(disk, "/data")
        var diverged = Self.driver(try Self.open(disk))
        #expect(Self.answers(&diverged, to: 5).isEmpty)
    }

    @Test func whoDivergedDoesNotStandForElectionAndTellsNoDigests() throws {
        let disk = try Self.folder()
        try Self.report.write(disk, "/data")
        var driver = Self.driver(try Self.open(disk))
        var sent: [PeerMessage.Content] = []
        for now in 1...400 as ClosedRange<UInt64> {
            driver.handle(.tick(now: now * 10_000))
            for effect in driver.takeEffects() {
                if case .send(let message, _, _) = effect { sent.append(message.content) }
            }
        }
        #expect(!sent.isEmpty, "it tells how it is")
        for content in sent {
            if case .paxos(.preVote) = content { Issue.record("it asks to be elected") }
            if case .checkpoint = content { Issue.record("it tells what its state comes to") }
        }
    }

    @Test func aReportThatCanNotBeReadKeepsTheNodeFromStarting() throws {
        let disk = try Self.folder()
        disk.install([1, 2, 3], at: "/data/divergence.json")
        #expect(throws: StorageError.self) { try Self.open(disk) }
        disk.install(Array("{\"version\":3}".utf8), at: "/data/divergence.json")
        #expect(throws: StorageError.unsupportedVersion(file: "/data/divergence.json", found: 3, supported: 1)) {
            try Self.open(disk)
        }
    }

    // MARK: Rebuilding

    private static func rebuild(_ disk: MemoryFileSystem) throws -> NodeFolder.Rebuilding? {
        try NodeFolder.rebuild(disk, directory: "/data")
    }

    private static func diverged(snapshots: Set<UInt64> = [10, 18]) throws -> MemoryFileSystem {
        let disk = try folder(snapshots: snapshots)
        try report.write(disk, "/data")
        return disk
    }

    @Test func aFolderThatHasNotDivergedStaysAsItIs() throws {
        let disk = try Self.folder(snapshots: [10])
        #expect(try Self.rebuild(disk) == nil)
        #expect(try disk.list(Self.places.snapshots).count == 1)
    }

    @Test func snapshotsOfStatesThatWereTheSameStay() throws {
        let disk = try Self.diverged()
        let done = try #require(try Self.rebuild(disk))
        #expect(done.snapshot == SnapshotName(slot: Slot(10)) && done.keepsLog && done.report == Self.report)
        #expect(try disk.list("/data/quarantine").count == 2)
        let recovered = try Self.open(disk)
        let whole = try Self.open(try Self.folder()).store.digest
        #expect(recovered.divergence == nil && recovered.snapshot == Slot(10) && recovered.store.digest == whole)
        #expect(recovered.identity.incarnation == .first, "it keeps its vote")
    }

    @Test func whereTheLogDoesNotReachBackTheOthersGiveAllOfIt() throws {
        let disk = try Self.diverged(snapshots: [18])
        var log = try ChosenLog.open(disk, directory: Self.places.log)
        try log.drop(through: Slot(18), to: nil)
        let done = try #require(try Self.rebuild(disk))
        #expect(done.snapshot == nil && !done.keepsLog)
        #expect(try disk.list(Self.places.log).isEmpty)
        let recovered = try Self.open(disk)
        #expect(recovered.genesis == nil && recovered.identity.incarnation == .learner)
        #expect(recovered.identity.cluster == Self.genesis.cluster, "it is no empty folder that founds a cluster")
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func aCrashAtAnyOperationLeavesWhatCanBeRebuilt(_ seed: UInt64) throws {
        let whole = try Self.open(try Self.folder()).store.digest
        var crash = 1
        while true {
            let disk = try Self.diverged()
            disk.crashAtOperation = disk.operations + crash
            let isDone = (try? Self.rebuild(disk)) != nil
            let left = disk.afterCrash(keeping: .random(seed: seed))
            _ = try Self.rebuild(left)
            let recovered = try Self.open(left)
            #expect(recovered.divergence == nil && recovered.store.digest == whole, "crash at \(crash)")
            if isDone { break }
            crash += 1
        }
        #expect(crash > 5)
    }
}

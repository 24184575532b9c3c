// One node of the simulated cluster: the driver that ships, on a disk in memory that forgets what was not synced. It
// carries effects out as the server does, but when a write is durable is decided by the simulation.

import NIOCore
import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage

final class SimulatedNode {
    let id: NodeID
    let members: [NodeID]
    private let electionTicks: Int
    let keptSegments: Int
    private(set) var disk = MemoryFileSystem() {
        didSet {
            diskBefore = oldValue
            disk.readFault = { [unowned self] _ in nextReadFails() ? .ioError : nil }
        }
    }
    /// The disk of the life that ended last, for as long as somebody holds a file of it.
    private(set) weak var diskBefore: MemoryFileSystem?
    /// How many reads and openings of files succeed before one that does not; nil while all do.
    var readsUntilError: Int?
    /// Whether the journal says of all that it holds that it is durable. Damage to what comes behind can't be told from
    /// a torn tail (docs/guarantees.md).
    private(set) var isJournalMarked = false
    /// Counts the journal's writes.
    private(set) var journalWrites = 0
    /// The disk as it was at some earlier time.
    var image: MemoryFileSystem?
    private let restartsStrictly: Bool
    /// Nil for a node as it ships.
    private var seam: FlawedSeam?
    /// Whether it starts from no damaged disk, as with --readmission off.
    private var refusesDamage: Bool { seam?.flaw == .cutAtDamage }
    /// Until when its disk takes long over everything.
    var slowUntil: UInt64 = 0
    private(set) var running: Running?
    private(set) var starts = 0

    struct Running {
        var driver: ReplicaDriver
        let journal: Journal
        let log: LogBox
        var identity: Identity
        /// Batches given to the journal and not written yet.
        var batches: [(batch: BatchID, records: [JournalRecord])] = []
        var isJournalBusy = false
        var blocks: [RawBlock] = []
        var isLogBusy = false
        /// What waits for a batch to be durable, in order.
        var held: [(after: BatchID, message: PeerMessage, to: NodeID)] = []
        var durable = BatchID(0)
    }

    init(
        id: NodeID, members: [NodeID], electionTicks: Int, keptSegments: Int, restartsStrictly: Bool, flaw: Flaw?
    ) {
        self.keptSegments = keptSegments
        self.restartsStrictly = restartsStrictly
        self.electionTicks = electionTicks
        self.id = id
        self.members = members
        seam = flaw.map { FlawedSeam($0, node: id, members: members) }
    }

    /// The disk as the node uses it.
    var fileSystem: any FileSystem {
        if let seam { FlawedFileSystem(disk, seam.flaw) } else { disk }
    }

    var isRunning: Bool { running != nil }

    static let directory = FilePath("/data")
    static let journalFileBytes = 64 << 10
    static let checkpointSlots: UInt64 = 16

    private var configuration: DriverConfiguration {
        var configuration = DriverConfiguration(node: id, members: members)
        configuration.limits = LogLimits(blockBytes: 600, segmentBytes: 4_000)
        configuration.heartbeatTicks = electionTicks / 5 + 1
        configuration.electionTicks = electionTicks
        configuration.restartsStrictly = restartsStrictly
        configuration.requestTicks = 150
        configuration.resendTicks = 30
        configuration.messageBytes = 2_000
        configuration.pieceBytes = 1_500
        configuration.snapshotBytes = 2_500
        configuration.snapshotStaggerTicks = 20
        configuration.keptLogBytes = 3_000
        configuration.window = Acceptor.Window(slots: 64, bytes: 8_000)
        configuration.mostRequestBytes = 3_000
        configuration.mostQueuedBytes = 3_000
        return configuration
    }

    /// Reads the disk and starts. An error means that what the crash left can't be started from.
    func start(now: UInt64, seed: UInt64) throws {
        precondition(!isRunning, "a node starts once at a time")
        starts += 1
        do {
            try open(now: now, seed: seed)
        } catch StorageError.corrupt(let damage) {
            guard seam?.flaw == .cutAtDamage, try FlawedFileSystem.cut(disk, at: damage) else {
                throw StorageError.corrupt(damage)
            }
            try start(now: now, seed: seed)
        }
    }

    private func open(now: UInt64, seed: UInt64) throws {
        isJournalMarked = false
        let folder = try NodeFolder.open(
            fileSystem, directory: SimulatedNode.directory, node: id, now: now, seed: seed,
            journalFileBytes: SimulatedNode.journalFileBytes, mends: members.count > 1 && !refusesDamage,
            restartsStrictly: restartsStrictly, checkpointSlots: SimulatedNode.checkpointSlots)
        running = folder.unpack { journal, log, recovered in
            var recovered = recovered
            seam?.start(&recovered)
            return Running(
                driver: ReplicaDriver(
                    configuration: configuration, recovered: recovered, seed: seed &+ 1),
                journal: journal, log: LogBox(log), identity: recovered.identity)
        }
    }

    private func nextReadFails() -> Bool {
        guard let reads = readsUntilError else { return false }
        readsUntilError = reads > 0 ? reads - 1 : nil
        return reads == 0
    }

    /// Holds what can't be copied in what can.
    final class LogBox {
        var log: ChosenLog

        init(_ log: consuming ChosenLog) {
            self.log = log
        }
    }

    /// The power goes: what was not synced is kept by the drive, or not, as the rule says.
    func crash(keeping rule: CrashRule) {
        running = nil
        disk = disk.afterCrash(keeping: rule)
    }

    /// The folder is emptied, as by an operator who replaced the disk.
    func wipe() throws {
        running = nil
        let old = disk
        disk = MemoryFileSystem()
        if seam?.flaw == .voteAfterWipe { try FlawedFileSystem.restoreIdentity(of: old, on: disk) }
    }

    /// Another disk, or the same one at another time.
    func replaceDisk(with other: MemoryFileSystem) {
        running = nil
        disk = other.afterCrash(keeping: .everything)
    }

    var driver: ReplicaDriver? { running?.driver }

    func replaceStore(by store: KeyValueStore) { running?.driver.store = store }

    func isSlow(at now: UInt64) -> Bool { now < slowUntil }

    func handle(_ event: Event) {
        guard seam != nil, let driver = running?.driver else {
            running?.driver.handle(event)
            return
        }
        for event in seam?.admit(event, to: driver) ?? [] { running?.driver.handle(event) }
    }

    func takeEffects() -> [Effect] {
        var effects = running?.driver.takeEffects() ?? []
        guard seam != nil else { return effects }
        var carriedOut: [Effect] = []
        while let driver = running?.driver, let flawed = seam?.release(effects, of: driver) {
            carriedOut += flawed.effects
            guard !flawed.events.isEmpty else { break }
            for event in flawed.events { running?.driver.handle(event) }
            effects = running?.driver.takeEffects() ?? []
        }
        return carriedOut
    }

    func hold(_ message: PeerMessage, to node: NodeID, after batch: BatchID) {
        running?.held.append((batch, message, node))
    }

    func isDurable(_ batch: BatchID) -> Bool { (running?.durable ?? BatchID(0)) >= batch }

    func queue(_ batch: BatchID, _ records: [JournalRecord]) { running?.batches.append((batch, records)) }

    func queue(_ block: RawBlock) { running?.blocks.append(block) }

    /// Whether the journal has something to write and is idle; it is busy from then on.
    func beginJournalWrite() -> Bool {
        guard let running, !running.isJournalBusy, !running.batches.isEmpty else { return false }
        self.running?.isJournalBusy = true
        return true
    }

    enum JournalWrite {
        /// The last batch, and the messages that waited for it.
        case written(BatchID, released: [(PeerMessage, NodeID)])
        /// Nothing was written, and it may be tried again.
        case full
        /// The node has ended.
        case failed
    }

    /// Writes and syncs what has gathered.
    func finishJournalWrite() -> JournalWrite {
        guard var running, let last = running.batches.last?.batch else { return .failed }
        self.running = nil
        do {
            try running.journal.append(running.batches.map(\.records))
        } catch .io(.noSpace, _, _) {
            self.running = running
            return .full
        } catch {
            return .failed
        }
        journalWrites += 1
        isJournalMarked = false
        running.batches = []
        running.isJournalBusy = false
        running.durable = last
        let released = running.held.filter { $0.after <= last }.map { ($0.message, $0.to) }
        running.held.removeAll { $0.after <= last }
        self.running = running
        return .written(last, released: released)
    }

    /// Marks the journal, if nothing is being written to it.
    /// - Returns: whether the disk did it.
    func markJournal() -> Bool {
        guard let running, !running.isJournalBusy else { return true }
        do {
            try running.journal.markDurable()
            isJournalMarked = true
        } catch .io(.noSpace, _, _) {
            return true
        } catch {
            self.running = nil
            return false
        }
        return true
    }

    /// Whether the log holds every block that it was given.
    var isLogComplete: Bool { running.map { !$0.isLogBusy && $0.blocks.isEmpty } ?? false }

    func beginLogWrite() -> Bool {
        guard let running, !running.isLogBusy, !running.blocks.isEmpty else { return false }
        self.running?.isLogBusy = true
        return true
    }

    enum LogWrite {
        /// What the log holds now, and got.
        case written(LogExtent, [BlockDigest])
        /// What is waiting may be tried again.
        case full
        /// The node has ended.
        case failed
    }

    func finishLogWrite() -> LogWrite {
        guard var running else { return .failed }
        self.running = nil
        let blocks = running.blocks
        running.blocks = []
        do {
            let digests = try running.log.log.append(blocks)
            running.isLogBusy = false
            self.running = running
            return .written(running.log.log.extent, digests)
        } catch  where error.isLackOfRoom {
            running.isLogBusy = true
            self.running = running
            return .full
        } catch {
            return .failed
        }
    }

    func releaseJournal(through slot: Slot) -> Bool { change { try $0.journal.release(through: slot) } }

    func adopt(_ genesis: Genesis) -> Bool {
        change { try $0.identity.adopt(genesis, fileSystem, SimulatedNode.directory) }
    }

    func admit(_ incarnation: Incarnation, as vote: UniqueID) -> Bool {
        change { try $0.identity.admit(incarnation, as: vote, fileSystem, SimulatedNode.directory) }
    }

    func note(_ divergence: DivergenceReport) -> Bool {
        change { _ in try divergence.write(fileSystem, SimulatedNode.directory) }
    }

    /// - Returns: whether the disk did it; else the node has ended.
    func change(_ body: (inout Running) throws -> Void) -> Bool {
        guard var running else { return false }
        self.running = nil
        guard (try? body(&running)) != nil else { return false }
        self.running = running
        return true
    }

    var reader: ChosenLogReader { ChosenLogReader(disk, directory: NodeFolder.Places(SimulatedNode.directory).log) }

    func readBlocks(from slot: Slot, bytes: Int) throws -> [RawBlock] {
        try reader.blocks(from: slot, bytes: bytes)
    }
}

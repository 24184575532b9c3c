// Appends blocks to the chosen log on a thread of its own, all that have gathered with one write and one sync, and keeps
// the identity; files that peers send go through it too. It is behind the path that a client waits for. A failure ends the
// process, but for a disk that is full.

import Glibc
import Metrics
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import Replication
import Synchronization
import SystemPackage

// Unchecked, because the log and the identity are touched on the thread alone; `waiting` and `published` have locks.
final class LogThread: @unchecked Sendable {
    /// How long it waits before a full disk is tried again.
    private static let fullMicroseconds: UInt32 = 100_000

    private let waiting = NIOLockedValueBox<[RawBlock]>([])
    private let published: NIOLockedValueBox<DurableLog>
    private let isStopping = Atomic<Bool>(false)
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let fileSystem: any FileSystem
    private let places: NodeFolder.Places
    private var log: ChosenLog
    private var identity: Identity
    private let retention: LogRetention
    private let durable: @Sendable (LogExtent, [BlockDigest]) -> Void

    /// - Parameter durable: called on the thread with how far the log is on disk, and the blocks that it got.
    init(
        _ log: consuming ChosenLog, identity: Identity, retention: LogRetention, fileSystem: any FileSystem,
        places: NodeFolder.Places,
        durable: @escaping @Sendable (LogExtent, [BlockDigest]) -> Void
    ) {
        published = NIOLockedValueBox(log.durable)
        self.log = log
        self.identity = identity
        self.retention = retention
        self.fileSystem = fileSystem
        self.places = places
        self.durable = durable
    }

    func start() { thread.start() }

    // MARK: From any thread

    /// What may be shown of the log's files.
    var durableLog: DurableLog { published.withLockedValue { $0 } }

    func append(_ block: RawBlock) {
        let isFirst = waiting.withLockedValue { waiting in
            waiting.append(block)
            return waiting.count == 1
        }
        if isFirst { thread.submit { [self] _ in appendWaiting() } }
    }

    func adopt(_ genesis: Genesis) {
        change("writing the identity") { thread throws(StorageError) in
            try thread.identity.adopt(genesis, thread.fileSystem, thread.places.directory)
        }
    }

    func admit(_ incarnation: Incarnation, as vote: UniqueID) {
        change("writing the identity") { thread throws(StorageError) in
            try thread.identity.admit(incarnation, as: vote, thread.fileSystem, thread.places.directory)
        }
    }

    func note(_ divergence: DivergenceReport) {
        change("writing that the state diverged") { thread throws(StorageError) in
            try divergence.write(thread.fileSystem, thread.places.directory)
        }
    }

    private func change(
        _ what: String, _ body: @escaping @Sendable (LogThread) throws(StorageError) -> Void
    ) {
        thread.submit { [self] _ in
            do throws(StorageError) {
                try body(self)
            } catch {
                ProcessEnd.diskFailed(error, while: what)
            }
            publish()
        }
    }

    /// - Parameter kept: told how much of the file is kept then.
    func keep(_ piece: FilePiece, then kept: @escaping @Sendable (UInt64) -> Void) {
        change("keeping a peer's file") { thread throws(StorageError) in
            // Without room nothing is said: the driver asks again after a while.
            if let length = try thread.incoming.keep(piece.bytes, at: piece.offset, of: piece.file) { kept(length) }
        }
    }

    func discardPieces(besides kept: ShippedFile?) {
        change("discarding peers' files") { thread throws(StorageError) in try thread.incoming.clear(besides: kept) }
    }

    func replace(_ segment: SegmentName, then replaced: @escaping @Sendable (SegmentReplacement) -> Void) {
        change("mending the log") { thread throws(StorageError) in
            replaced(
                try thread.log.replaceSegment(
                    segment, from: thread.incoming,
                    quarantine: Quarantine(thread.fileSystem, in: thread.places.directory)))
        }
    }

    func takeIn(_ segment: SegmentName, then takenIn: @escaping @Sendable (SegmentIntake) -> Void) {
        change("taking in a peer's segment") { thread throws(StorageError) in
            takenIn(
                try thread.log.takeIn(
                    segment, from: thread.incoming, cluster: thread.identity.cluster,
                    quarantine: Quarantine(thread.fileSystem, in: thread.places.directory)))
        }
    }

    func install(
        _ snapshot: SnapshotName,
        then installed: @escaping @Sendable (Result<RestoredSnapshot, SnapshotRefusal>) -> Void
    ) {
        change("taking over a peer's snapshot") { thread throws(StorageError) in
            installed(
                try RestoredSnapshot.install(
                    snapshot, from: thread.incoming, thread.fileSystem, thread.places,
                    cluster: thread.identity.cluster, log: &thread.log, archive: thread.retention.archive))
        }
    }

    /// - Parameter compacted: told what is left of the log, its first slot, and why an archive took no more of it, if so.
    func compact(verified: [Slot], then compacted: @escaping @Sendable (LogExtent, Slot, String?) -> Void) {
        change("dropping the log's first segments") { thread throws(StorageError) in
            let (first, refusal) = try thread.retention.apply(
                to: &thread.log, verified: verified, now: WallClock.now, thread.fileSystem, thread.places)
            compacted(thread.log.extent, first, refusal)
        }
    }

    private var incoming: IncomingFolder { IncomingFolder(fileSystem, in: places.directory) }

    /// Waits for everything that was handed over, but for what a full disk has no room for.
    func stop() async throws {
        isStopping.store(true, ordering: .relaxed)
        try await thread.runIfActive {}
        try await thread.shutdownGracefully()
    }

    // MARK: On the thread

    private func publish() {
        let durable = log.durable
        published.withLockedValue { $0 = durable }
    }

    private func appendWaiting() {
        let blocks = waiting.withLockedValue { waiting in
            defer { waiting = [] }
            return waiting
        }
        let digests = append(blocks)
        NodeMetrics.logBlocks.increment(by: Int64(blocks.count))
        NodeMetrics.logRawBytes.increment(by: Int64(blocks.reduce(0) { $0 + $1.bytes.count }))
        publish()
        durable(log.extent, digests)
    }

    /// Waits while the disk is full: the journal holds what the log lacks.
    private func append(_ blocks: [RawBlock]) -> [BlockDigest] {
        var blocks = blocks
        while true {
            do throws(StorageError) {
                return try log.append(blocks)
            } catch {
                guard error.isLackOfRoom else { ProcessEnd.diskFailed(error, while: "writing the log") }
                guard !isStopping.load(ordering: .relaxed) else { return [] }
                blocks = []
                usleep(LogThread.fullMicroseconds)
            }
        }
    }
}

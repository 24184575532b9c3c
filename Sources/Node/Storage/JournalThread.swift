// Writes the journal on a thread of its own: all batches that have gathered go with one write and one sync, and then one
// word that they are durable. A write or sync that fails ends the process; nothing is tried again but what a full disk
// refused before it was begun.

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

// Unchecked, because `work` guards `gathered`, and the journal is touched on the thread alone.
final class JournalThread: @unchecked Sendable {
    /// How long after the last batch an empty record says that it is durable.
    private static let idleSeconds = 0.010
    /// How long a full disk is left alone.
    private static let fullMicroseconds: UInt32 = 250_000

    private struct Work {
        var batches: [[JournalRecord]] = []
        var last: BatchID?
        var release: Slot?
        var isLast = false
    }

    /// True when there is something to do.
    private let work = ConditionLock<Bool>(value: false)
    private var gathered = Work()
    private let isStopping = Atomic<Bool>(false)
    private let journal: Journal
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let disk: DiskSpace
    private let durable: @Sendable (BatchID) -> Void
    private let ended: EventLoopPromise<Void>

    /// - Parameters:
    ///   - durable: called on the thread with the last batch of each sync.
    ///   - loop: where `stop` is told of the end.
    init(
        _ journal: Journal, disk: DiskSpace, loop: any EventLoop,
        durable: @escaping @Sendable (BatchID) -> Void
    ) {
        self.journal = journal
        self.disk = disk
        self.durable = durable
        ended = loop.makePromise()
    }

    func start() {
        thread.start()
        thread.submit { [self] _ in
            run()
            ended.succeed()
        }
    }

    // MARK: From any thread

    func append(_ batch: BatchID, _ records: [JournalRecord]) {
        hand { work in
            work.batches.append(records)
            work.last = batch
        }
    }

    func release(through slot: Slot) {
        hand { $0.release = slot }
    }

    /// Writes what has gathered, and marks it; but on a full disk nothing is waited for.
    func stop() async throws {
        isStopping.store(true, ordering: .relaxed)
        hand { $0.isLast = true }
        try await ended.futureResult.get()
        try await thread.shutdownGracefully()
    }

    private func hand(_ change: (inout Work) -> Void) {
        work.lock()
        change(&gathered)
        work.unlock(withValue: true)
    }

    // MARK: On the thread

    private func run() {
        prepareSpare()
        var isMarked = false
        while true {
            guard let todo = next(isMarked: isMarked) else {
                if !isMarked {
                    attempt("marking the journal") { journal throws(StorageError) in try journal.markDurable() }
                    isMarked = true
                }
                prepareSpare()
                continue
            }
            if let last = todo.last {
                // Nothing behind a batch that was given up may become durable.
                guard write(todo.batches) else { return }
                durable(last)
                isMarked = false
            }
            if let slot = todo.release {
                attempt("releasing journal files") { journal throws(StorageError) in
                    try journal.release(through: slot)
                }
            }
            if todo.isLast {
                attempt("marking the journal") { journal throws(StorageError) in try journal.markDurable() }
                return
            }
        }
    }

    /// What has gathered; nil when nothing has for as long as something else is to be done then.
    private func next(isMarked: Bool) -> Work? {
        if isMarked, !disk.isFull { return wait() }
        return wait(seconds: isMarked ? Double(JournalThread.fullMicroseconds) / 1_000_000 : JournalThread.idleSeconds)
    }

    private func wait() -> Work? {
        work.lock(whenValue: true)
        return take()
    }

    private func wait(seconds: Double) -> Work? {
        work.lock(whenValue: true, timeoutSeconds: seconds) ? take() : nil
    }

    private func take() -> Work {
        let taken = gathered
        gathered = Work()
        work.unlock(withValue: false)
        return taken
    }

    /// - Returns: whether they were written, as of `attempt`.
    private func write(_ batches: [[JournalRecord]]) -> Bool {
        let start = NIODeadline.now()
        guard attempt("writing the journal", { journal throws(StorageError) in try journal.append(batches) }) else {
            return false
        }
        NodeMetrics.journalBatches.increment(by: Int64(batches.count))
        NodeMetrics.journalBytes.increment(by: Int64(batches.joined().reduce(0) { $0 + $1.valueBytes }))
        NodeMetrics.journalWrites.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
        return true
    }

    /// A released file makes the next spare, as a rule; only the first is written here, while nobody waits.
    private func prepareSpare() {
        do throws(StorageError) {
            try journal.prepareSpare()
            disk.noteRoom()
        } catch {
            noteFull(error, while: "preparing a journal file")
        }
    }

    /// Tries again only while the disk is full, in which case the journal has written nothing. Meanwhile nothing is
    /// acknowledged here, and the other nodes go on.
    ///
    /// - Returns: false when it was given up, since the node stops.
    @discardableResult
    private func attempt(_ doing: String, _ body: (Journal) throws(StorageError) -> Void) -> Bool {
        while true {
            do throws(StorageError) {
                try body(journal)
                return true
            } catch {
                noteFull(error, while: doing)
                guard !isStopping.load(ordering: .relaxed) else { return false }
                usleep(JournalThread.fullMicroseconds)
            }
        }
    }

    /// Ends the process, but where there was no room for a new file and nothing else has happened.
    private func noteFull(_ error: StorageError, while doing: String) {
        guard case .io(.noSpace, _, let path) = error, journal.failure == nil else {
            ProcessEnd.diskFailed(error, while: doing)
        }
        disk.noteFull(path)
    }
}

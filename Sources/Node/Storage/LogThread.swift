// Appends blocks to the chosen log on a thread of its own, all that have gathered with one write and one sync, and keeps
// the identity. It is behind the path that a client waits for. A failure ends the process.

import Metrics
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import Replication
import SystemPackage

// Unchecked, because the log and the identity are touched on the thread alone; `waiting` has a lock.
final class LogThread: @unchecked Sendable {
    private let waiting = NIOLockedValueBox<[RawBlock]>([])
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let fileSystem: any FileSystem
    private let places: NodeFolder.Places
    private var log: ChosenLog
    private var identity: Identity
    private let durable: @Sendable (LogExtent, [BlockDigest]) -> Void

    /// - Parameter durable: called on the thread with how far the log is on disk, and the blocks that it got.
    init(
        _ log: consuming ChosenLog, identity: Identity, fileSystem: any FileSystem, places: NodeFolder.Places,
        durable: @escaping @Sendable (LogExtent, [BlockDigest]) -> Void
    ) {
        self.log = log
        self.identity = identity
        self.fileSystem = fileSystem
        self.places = places
        self.durable = durable
    }

    func start() { thread.start() }

    // MARK: From any thread

    func append(_ block: RawBlock) {
        let isFirst = waiting.withLockedValue { waiting in
            waiting.append(block)
            return waiting.count == 1
        }
        if isFirst { thread.submit { [self] _ in appendWaiting() } }
    }

    func adopt(_ genesis: Genesis) {
        change { log throws(StorageError) in try log.identity.adopt(genesis, log.fileSystem, log.places.directory) }
    }

    func admit(_ incarnation: Incarnation, as vote: UniqueID) {
        change { log throws(StorageError) in
            try log.identity.admit(incarnation, as: vote, log.fileSystem, log.places.directory)
        }
    }

    private func change(_ body: @escaping @Sendable (LogThread) throws(StorageError) -> Void) {
        thread.submit { [self] _ in
            do throws(StorageError) {
                try body(self)
            } catch {
                ProcessEnd.diskFailed(error, while: "writing the identity")
            }
        }
    }

    /// Waits for everything that was handed over.
    func stop() async throws {
        try await thread.runIfActive {}
        try await thread.shutdownGracefully()
    }

    // MARK: On the thread

    private func appendWaiting() {
        let blocks = waiting.withLockedValue { waiting in
            defer { waiting = [] }
            return waiting
        }
        let digests: [BlockDigest]
        do throws(StorageError) {
            digests = try log.append(blocks)
        } catch {
            ProcessEnd.diskFailed(error, while: "writing the log")
        }
        NodeMetrics.logBlocks.increment(by: Int64(blocks.count))
        NodeMetrics.logRawBytes.increment(by: Int64(blocks.reduce(0) { $0 + $1.bytes.count }))
        durable(log.extent, digests)
    }
}

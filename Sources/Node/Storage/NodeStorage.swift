// The disk as the driver's effects see it: the journal's thread, the log's, and the one that reads for peers.

import Logging
import NIOCore
import Paxos
import PaxosLog
import Replication

final class NodeStorage: StorageOutlet {
    let journal: JournalThread
    let log: LogThread
    let reading: LogReading
    private let post: @Sendable (Event) -> Void

    init(
        journal: JournalThread, log: LogThread, reading: LogReading, post: @escaping @Sendable (Event) -> Void
    ) {
        self.journal = journal
        self.log = log
        self.reading = reading
        self.post = post
    }

    func start() {
        journal.start()
        log.start()
        reading.start()
    }

    /// Everything that was handed over is on disk when this returns.
    func stop() async throws {
        try await reading.stop()
        try await log.stop()
        try await journal.stop()
    }

    func journal(_ batch: BatchID, _ records: [JournalRecord]) { journal.append(batch, records) }

    func appendLog(_ block: RawBlock) { log.append(block) }

    func readLog(from slot: Slot, bytes: Int, for peer: NodeID) {
        reading.read(from: slot, bytes: bytes) { [post] blocks in post(.logRead(peer: peer, blocks: blocks)) }
    }

    func releaseJournal(through slot: Slot) { journal.release(through: slot) }

    func adopt(_ genesis: Genesis) { log.adopt(genesis) }

    func admit(_ incarnation: Incarnation, as vote: UniqueID) { log.admit(incarnation, as: vote) }
}

// Gathers the records of a turn into one batch, and remembers which records a durable batch covers.

import DequeModule
import Paxos

struct JournalBatches: Sendable {
    private var records: [JournalRecord] = []
    private var isUrgent = false
    private var lastBatch: UInt64 = 0
    private var recordsMade: UInt64 = 0
    private var ticksWaited = 0
    private let patience: Int
    /// Batches that are not durable, and the number of the last record in each.
    private var underWay: Deque<(batch: BatchID, lastRecord: UInt64)> = []

    init(patience: Int) {
        self.patience = patience
    }

    mutating func add(_ record: JournalRecord) {
        records.append(record)
        isUrgent = true
    }

    /// Adds a record that waits for others to go with. Of marks under one ballot only the last is kept.
    mutating func addLazily(_ record: JournalRecord) {
        if case .chosenThrough(_, let ballot) = record, case .chosenThrough(_, ballot) = records.last {
            records[records.count - 1] = record
        } else {
            records.append(record)
        }
    }

    /// The number of the last record that the replica has made.
    mutating func noteRecords(_ made: UInt64) { recordsMade = made }

    /// The batch that must be durable before something may be said that rests on all records so far.
    var lastNeeded: BatchID? {
        if isUrgent { return BatchID(lastBatch + 1) }
        return underWay.last?.batch
    }

    mutating func tick() {
        guard !records.isEmpty, !isUrgent else { return }
        ticksWaited += 1
        if ticksWaited >= patience { isUrgent = true }
    }

    mutating func takeBatch() -> (BatchID, [JournalRecord])? {
        guard isUrgent else { return nil }
        lastBatch += 1
        let batch = BatchID(lastBatch)
        underWay.append((batch, recordsMade))
        defer {
            records = []
            isUrgent = false
            ticksWaited = 0
        }
        return (batch, records)
    }

    /// - Returns: the last record that is durable now; nil when nothing new is.
    mutating func noteDurable(_ batch: BatchID) -> UInt64? {
        var record: UInt64?
        while let first = underWay.first, first.batch <= batch {
            record = first.lastRecord
            underWay.removeFirst()
        }
        return record
    }
}

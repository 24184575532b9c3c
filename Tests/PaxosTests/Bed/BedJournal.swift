// A journal that a test makes durable record by record, and that forgets the rest in a crash.

@testable import Paxos

struct BedJournal {
    private(set) var records: [JournalRecord] = []
    /// How many of `records` a crash leaves.
    private(set) var durableCount = 0
    /// Where each record that the replica has numbered in this life ends.
    private var numbered: [Int] = []
    /// Those whose values damage has taken.
    private var damaged: Set<Int> = []
    private(set) var held: [(after: Int, message: Message, to: NodeID)] = []

    mutating func append(_ record: JournalRecord, isLazy: Bool) {
        records.append(record)
        if !isLazy { numbered.append(records.count) }
    }

    /// Keeps a message until every numbered record before it is durable.
    /// - Returns: false when they are already.
    mutating func hold(_ message: Message, to node: NodeID) -> Bool {
        guard let last = numbered.last, last > durableCount else { return false }
        held.append((last, message, node))
        return true
    }

    var hasUndurable: Bool { (numbered.last ?? 0) > durableCount }

    struct Synced {
        var records: ArraySlice<JournalRecord>
        /// The number of the last record that is durable, as the replica counts.
        var number: UInt64
        var released: [(message: Message, to: NodeID)]
    }

    /// Makes the next `count` numbered records durable, and the lazy ones before them.
    mutating func sync(_ count: Int = .max) -> Synced? {
        let done = numbered.firstIndex { $0 > durableCount } ?? numbered.count
        let target = count < numbered.count - done ? done + count : numbered.count
        guard target > done else { return nil }
        let old = durableCount
        durableCount = numbered[target - 1]
        let released = held.prefix { $0.after <= durableCount }
        held.removeFirst(released.count)
        return Synced(
            records: records[old..<durableCount], number: UInt64(target),
            released: released.map { ($0.message, $0.to) })
    }

    /// Takes the values of the `index`th of the durable records that hold some.
    mutating func loseValues(_ index: Int) { damaged.insert(withValues[index]) }

    /// Which durable records hold values.
    var withValues: [Int] { records.indices.prefix(durableCount).filter { records[$0].valueBytes > 0 } }

    var replay: JournalReplay {
        JournalReplay(records.enumerated().map { ($1, isDamaged: damaged.contains($0)) })
    }

    /// What is not durable is gone, and so are the messages that waited for it.
    mutating func crash() {
        records.removeLast(records.count - durableCount)
        numbered = []
        held = []
    }
}

/// What the records of a journal amount to, as a node finds them on its start.
struct JournalReplay {
    var promised = Ballot.none
    var chosen: [[UInt8]] = []
    var accepted = AcceptedRuns(checksum: testChecksum)
    var unknown: [UnknownRun] = []
    /// How far slots are known to be chosen, lost ones too.
    var vouchedThrough = Slot.zero

    var chosenThrough: Slot { Slot(UInt64(chosen.count)) }

    init(_ records: [(JournalRecord, isDamaged: Bool)]) {
        for (record, isDamaged) in records {
            switch record {
            case .promise(let ballot): promised = max(promised, ballot)
            case .accepted(let run):
                promised = max(promised, run.ballot)
                unknown.settle(run.slots)
                accepted.insert(run)
                guard isDamaged else { continue }
                let kept = accepted.from(.first).filter { $0.slots != run.slots }
                accepted = AcceptedRuns(checksum: testChecksum)
                for run in kept { accepted.insert(run) }
                unknown.append(UnknownRun(ballot: run.ballot, slots: run.slots))
            case .chosen(let run):
                if !isDamaged { append(run) }
                vouchedThrough = max(vouchedThrough, run.lastSlot)
            case .chosenThrough(let slot, let ballot):
                for run in accepted.removeAll(through: slot) where run.lastSlot > chosenThrough {
                    precondition(run.ballot == ballot, "a mark covers what was accepted at its ballot")
                    append(run)
                }
                vouchedThrough = max(vouchedThrough, slot)
            }
        }
        _ = accepted.removeAll(through: chosenThrough)
        unknown = unknown.from(vouchedThrough.next).sorted { $0.slots.lowerBound < $1.slots.lowerBound }
    }

    /// The last configuration among the chosen values.
    func configuration(_ format: ValueFormat) -> (configuration: Configuration, own: Incarnation)? {
        guard !chosen.isEmpty else { return nil }
        return format.configuration(
            Run(
                ballot: .none, firstSlot: .first, count: chosen.count, body: chosen.flatMap { $0 },
                sealedBy: testChecksum))
    }

    private mutating func append(_ run: Run) {
        guard run.firstSlot <= chosenThrough.next else { return }  // behind what was lost: it is learned again
        chosen += run.values.dropFirst(chosenThrough.next - run.firstSlot)
    }
}

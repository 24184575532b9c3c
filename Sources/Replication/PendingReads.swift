// The linearizable reads of this node's own clients: all that wait together share one question to the leader, and are
// answered when this node has applied the slot that it names.

import DequeModule
import Paxos

struct PendingReads: Sendable {
    struct Read: Sendable {
        var request: RequestID
        var key: [UInt8]
        var askedAt: Int
    }

    private struct Question: Sendable {
        var reads: [Read]
        var askedAt: Int
    }

    private var waiting: [Read] = []
    private var questions: [UInt64: Question] = [:]
    /// Begins anywhere: a leader may still answer what an earlier life of this node asked, and that is no answer to this
    /// one's questions.
    private var lastQuestion: UInt64
    /// Reads whose slot is known and not applied, by slot.
    private var indexed: [(slot: Slot, reads: [Read])] = []
    private(set) var count = 0

    init(using random: inout SplitMix64) {
        lastQuestion = random.next() >> 1
    }

    mutating func add(_ read: Read) {
        waiting.append(read)
        count += 1
    }

    var hasWaiting: Bool { !waiting.isEmpty }

    /// One question for all reads that wait.
    mutating func ask(at tick: Int) -> UInt64 {
        lastQuestion += 1
        questions[lastQuestion] = Question(reads: waiting, askedAt: tick)
        waiting.removeAll()
        return lastQuestion
    }

    /// The leader's answer to a question. One that was given up is ignored.
    mutating func note(question: UInt64, slot: Slot) {
        guard let answered = questions.removeValue(forKey: question) else { return }
        indexed.append((slot, answered.reads))
    }

    /// The reads that may be answered when all through this slot is applied.
    mutating func takeReady(appliedThrough slot: Slot) -> [Read] {
        guard indexed.contains(where: { $0.slot <= slot }) else { return [] }
        let ready = indexed.filter { $0.slot <= slot }.flatMap(\.reads)
        indexed.removeAll { $0.slot <= slot }
        count -= ready.count
        return ready
    }

    /// Questions older than this are asked again, under a new number.
    mutating func askAgain(askedBefore tick: Int) {
        for (number, question) in questions where question.askedAt < tick {
            questions[number] = nil
            waiting += question.reads
        }
    }

    /// Takes out the reads that came so long ago.
    mutating func removeExpired(before tick: Int) -> [Read] {
        var expired: [Read] = []
        func split(_ reads: [Read]) -> [Read] {
            expired += reads.filter { $0.askedAt < tick }
            return reads.filter { $0.askedAt >= tick }
        }
        waiting = split(waiting)
        for (number, question) in questions {
            let kept = split(question.reads)
            questions[number] = kept.isEmpty ? nil : Question(reads: kept, askedAt: question.askedAt)
        }
        indexed = indexed.map { ($0.slot, split($0.reads)) }
        count -= expired.count
        return expired
    }
}

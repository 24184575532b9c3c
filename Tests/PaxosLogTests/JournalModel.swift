// A journal as a list of records, and scripts of what an acceptor may do to one: what the journal on disk is held
// against in the crash tests.

import Paxos

@testable import PaxosLog

/// What an acceptor knows, slot by slot.
struct JournalModel: Equatable {
    struct Vote: Equatable {
        var ballot: Ballot
        var value: [UInt8]
    }

    var promised = Ballot.none
    var chosenThrough = Slot.zero
    var accepted: [Slot: Vote] = [:]
    var chosen: [Slot: [UInt8]] = [:]

    init() {}

    /// What a recovery says, to be compared with `known`.
    init(_ recovery: JournalRecovery, logThrough: Slot) {
        promised = recovery.promised
        for run in recovery.chosen { chosen.merge(run.values) { first, _ in first } }
        for run in recovery.accepted {
            accepted.merge(run.values.mapValues { Vote(ballot: run.ballot, value: $0) }) { first, _ in first }
        }
        chosenThrough = recovery.chosen.last?.lastSlot ?? logThrough
    }

    mutating func take(_ record: JournalRecord) {
        switch record {
        case .promise(let ballot):
            promised = max(promised, ballot)
        case .accepted(let run):
            promised = max(promised, run.ballot)
            for (slot, value) in run.values where slot > chosenThrough {
                accepted[slot] = Vote(ballot: run.ballot, value: value)
            }
        case .chosen(let run):
            chosen.merge(run.values) { first, _ in first }
        case .chosenThrough(let through, let ballot):
            for (slot, vote) in accepted where slot <= through && vote.ballot == ballot && chosen[slot] == nil {
                chosen[slot] = vote.value
            }
            chosenThrough = max(chosenThrough, through)
        }
    }

    /// What of it a recovery must give when the log goes through `logThrough`.
    func known(behind logThrough: Slot) -> JournalModel {
        var known = JournalModel()
        known.promised = promised
        known.chosenThrough = logThrough
        while let value = chosen[known.chosenThrough.next] {
            known.chosenThrough = known.chosenThrough.next
            known.chosen[known.chosenThrough] = value
        }
        known.accepted = accepted.filter { $0.key > known.chosenThrough }
        return known
    }
}

/// What is done to a journal, one after the other.
enum JournalStep {
    case append([[JournalRecord]])
    case mark
    case prepareSpare
    /// The chosen log is durable through this slot.
    case release(Slot)
    case restart
}

/// Steps that keep to an acceptor's rules, from a seed. Every value is another.
struct JournalScript {
    private(set) var steps: [JournalStep] = []

    private var generator: SplitMix64
    private var round: UInt64 = 1
    private var current = ballot(1)
    private var chosenThrough: UInt64 = 0
    private var acceptedThrough: UInt64 = 0
    private var released: UInt64 = 0
    private var values = 0

    init(seed: UInt64, length: Int) {
        generator = SplitMix64(seed: seed)
        for _ in 0..<length { step() }
    }

    private mutating func step() {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: steps.append(.restart)
        case 1: steps.append(.prepareSpare)
        case 2, 3: steps.append(.mark)
        case 4, 5:
            released = UInt64.random(in: released...chosenThrough, using: &generator)
            steps.append(.release(Slot(released)))
        default:
            let batches = (0..<Int.random(in: 1...2, using: &generator)).map { _ in
                (0..<Int.random(in: 1...2, using: &generator)).flatMap { _ in records() }
            }
            steps.append(.append(batches))
        }
    }

    private mutating func records() -> [JournalRecord] {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0:
            round += 1
            current = ballot(round, UInt16.random(in: 0...2, using: &generator))
            acceptedThrough = chosenThrough
            return [.promise(current)]
        case 1:
            let learned = someRun(from: chosenThrough + 1, at: .none)
            chosenThrough = learned.lastSlot.rawValue
            acceptedThrough = max(acceptedThrough, chosenThrough)
            return [.chosen(learned), .chosenThrough(learned.lastSlot, ballot: current)]
        case 2, 3, 4:
            chosenThrough = UInt64.random(in: chosenThrough...acceptedThrough, using: &generator)
            return [.chosenThrough(Slot(chosenThrough), ballot: current)]
        default:
            let accepted = someRun(from: acceptedThrough + 1, at: current)
            acceptedThrough = accepted.lastSlot.rawValue
            return [.accepted(accepted)]
        }
    }

    private mutating func someRun(from slot: UInt64, at ballot: Ballot) -> Run {
        let count = Int.random(in: 1...3, using: &generator)
        return run(
            slot, at: ballot,
            values: (0..<count).map { _ in
                values += 1
                let length = Bool.random(using: &generator) ? 8 : Int.random(in: 8...2000, using: &generator)
                var value = [UInt8](repeating: UInt8(truncatingIfNeeded: values), count: length)
                value.withUnsafeMutableBytes { $0.storeBytes(of: UInt64(values), as: UInt64.self) }
                return value
            })
    }
}

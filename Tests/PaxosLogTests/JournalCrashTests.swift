// The journal loses power at every operation in turn, the drive keeps any part of what was not synced, and nothing that
// was acknowledged is lost, and nothing invented.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct JournalCrashTests {
    static let fileBytes = 5 * JournalFormat.sectorSize

    /// What a script has come to when it ends or the power goes.
    struct Outcome {
        var fileSystem = MemoryFileSystem()
        var hasEnded = false
        /// The records that `append` returned for.
        var acknowledged = JournalModel()
        /// Those of the append under way.
        var underWay: [JournalRecord] = []
        var logThrough = Slot.zero

        /// Whether these may be recovered: all that was acknowledged, and a part of what was under way from its start.
        func allows(_ recovered: JournalModel) -> Bool {
            var model = acknowledged
            if recovered == model.known(behind: logThrough) { return true }
            for record in underWay {
                model.take(record)
                if recovered == model.known(behind: logThrough) { return true }
            }
            return false
        }
    }

    static func open(
        _ fileSystem: MemoryFileSystem, logThrough: Slot, seed: UInt64
    ) throws(StorageError) -> (journal: Journal, recovery: JournalRecovery) {
        try Journal.open(
            fileSystem, directory: JournalFixture.directory, identity: JournalFixture.identity, fileBytes: fileBytes,
            seed: seed, logThrough: logThrough)
    }

    /// Runs a script until it ends, or the power goes at operation `crash`.
    static func run(_ steps: [JournalStep], crashAt crash: Int?) throws -> Outcome {
        var outcome = Outcome()
        outcome.fileSystem.crashAtOperation = crash
        do {
            var seed: UInt64 = 100
            var journal = try open(outcome.fileSystem, logThrough: .zero, seed: seed).journal
            for step in steps {
                switch step {
                case .append(let batches):
                    outcome.underWay = batches.flatMap { $0 }
                    try journal.append(batches)
                    for record in outcome.underWay { outcome.acknowledged.take(record) }
                    outcome.underWay = []
                case .mark: try journal.markDurable()
                case .prepareSpare: try journal.prepareSpare()
                case .release(let slot):
                    outcome.logThrough = slot
                    try journal.release(through: slot)
                case .restart:
                    seed += 1
                    let (again, recovery) = try open(outcome.fileSystem, logThrough: outcome.logThrough, seed: seed)
                    journal = again
                    #expect(outcome.allows(JournalModel(recovery, logThrough: outcome.logThrough)))
                }
            }
            outcome.hasEnded = true
        } catch {
            guard outcome.fileSystem.isDown else { throw error }
        }
        return outcome
    }

    /// Recovers, and goes on: what is there must be allowed, and stay.
    static func check(_ outcome: Outcome, on fileSystem: MemoryFileSystem, _ name: String) throws {
        let (journal, recovery) = try open(fileSystem, logThrough: outcome.logThrough, seed: 500)
        var model = JournalModel(recovery, logThrough: outcome.logThrough)
        guard outcome.allows(model) else {
            Issue.record("\(name): recovered is what was never so: \(recovery)")
            return
        }
        // A batch as short as can be, so that what stood behind a cut would show.
        let slot = (recovery.accepted.last?.lastSlot ?? recovery.chosen.last?.lastSlot ?? outcome.logThrough).next
        let further = JournalRecord.accepted(
            PaxosLogTests.run(slot.rawValue, at: ballot(1000), values: [[1, 2, 3]]))
        try journal.append([[further]])
        model.take(further)
        // Only what was synced may count.
        let after = fileSystem.afterCrash(keeping: .nothing)
        let again = JournalModel(
            try open(after, logThrough: outcome.logThrough, seed: 600).recovery, logThrough: outcome.logThrough)
        if again != model.known(behind: outcome.logThrough) {
            Issue.record("\(name): what was recovered, and appended to, is not there again: \(again)")
        }
    }

    @Test(arguments: UInt64(0)..<3)
    func nothingAcknowledgedIsLostInACrashAtAnyOperation(seed: UInt64) throws {
        let steps = JournalScript(seed: seed, length: 20).steps
        var operation = 0
        while true {
            operation += 1
            let outcome = try JournalCrashTests.run(steps, crashAt: operation)
            if outcome.hasEnded { break }
            let random = (UInt64(0)..<2).map { CrashRule.random(seed: seed &* 1_000_003 &+ UInt64(operation) * 7 + $0) }
            let rules =
                [
                    .nothing, .everything, CrashRule(contents: .all, names: .none),
                    CrashRule(contents: .none, names: .all),
                ]
                + random
            for rule in rules {
                let name = "seed \(seed), operation \(operation), \(rule)"
                do {
                    try JournalCrashTests.check(outcome, on: outcome.fileSystem.afterCrash(keeping: rule), name)
                } catch {
                    Issue.record("\(name): \(error)")
                }
            }
            try checkCrashesInsideRecovery(outcome, random[0], "seed \(seed), operation \(operation)")
        }
        #expect(operation > 50)
    }

    /// Recovers from `outcome` with a second crash at each operation of that.
    private func checkCrashesInsideRecovery(_ outcome: Outcome, _ first: CrashRule, _ name: String) throws {
        var operation = 0
        while true {
            operation += 1
            let fileSystem = outcome.fileSystem.afterCrash(keeping: first)
            fileSystem.crashAtOperation = operation
            let isOpened =
                (try? JournalCrashTests.open(fileSystem, logThrough: outcome.logThrough, seed: 400)) != nil
            let second = CrashRule.random(seed: first.seed &+ UInt64(operation))
            let name = "\(name), \(first), then operation \(operation) of the recovery, \(second)"
            do {
                let again = try JournalCrashTests.open(
                    fileSystem.afterCrash(keeping: second), logThrough: outcome.logThrough, seed: 500)
                if !outcome.allows(JournalModel(again.recovery, logThrough: outcome.logThrough)) {
                    Issue.record("\(name): recovered is what was never so: \(again.recovery)")
                }
            } catch {
                Issue.record("\(name): \(error)")
            }
            if isOpened { return }
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func longScriptsEndAsTheModelSays(seed: UInt64) throws {
        let outcome = try JournalCrashTests.run(JournalScript(seed: 1000 + seed, length: 120).steps, crashAt: nil)
        #expect(outcome.hasEnded)
        try JournalCrashTests.check(outcome, on: outcome.fileSystem.afterCrash(keeping: .nothing), "seed \(seed)")
    }
}

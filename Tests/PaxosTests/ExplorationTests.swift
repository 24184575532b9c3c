// Thousands of seeded random histories: one value a slot for ever, applied in order; promises kept across crashes; each
// ballot led once; reads that miss nothing; and progress after the faults.

import Glibc
import Testing

@testable import Paxos

struct ExplorationTests {
    private static let seedsInABatch: UInt64 = 50

    private static func number(_ variable: String) -> UInt64? {
        getenv(variable).flatMap { UInt64(String(cString: $0)) }
    }

    /// The seeds to run: the one that PAXOS_SEED names, else as many as PAXOS_SEEDS says.
    private static let seeds: Range<UInt64> =
        number("PAXOS_SEED").map { $0..<$0 + 1 } ?? 0..<(number("PAXOS_SEEDS") ?? 2000)

    private static var batches: [Range<UInt64>] {
        stride(from: seeds.lowerBound, to: seeds.upperBound, by: Int(seedsInABatch))
            .map { $0..<min($0 + seedsInABatch, seeds.upperBound) }
    }

    @Test(arguments: ExplorationTests.batches)
    func randomHistoriesAreSafeAndGoOn(batch: Range<UInt64>) {
        for seed in batch {
            var exploration = Exploration(seed: seed)
            guard let violation = exploration.run(steps: 160) else { continue }
            Issue.record(
                """
                seed \(seed): \(violation)
                replay: PAXOS_SEED=\(seed) swift test --disable-xctest --filter PaxosTests.ExplorationTests
                """)
            return
        }
    }
}

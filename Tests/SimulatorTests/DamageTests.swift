// Disks that change what they hold: nodes meet it when they start, say so, and never serve what is wrong.

import ArgumentParser
import Testing

@testable import Simulator

@Suite struct DamageTests {
    static let damage: Set<Fault> = [.bitFlip, .misdirected, .readError, .crash, .crashAll, .loss]

    @Test func damagedMinorityIsReplacedAndAllServe() throws {
        var totals = RunReport(seed: 0)
        for seed in 1...12 as ClosedRange<UInt64> {
            let plan = SimulatedCluster.Plan(operations: 100, faults: DamageTests.damage)
            totals.add(try SimulatedCluster(seed: seed, plan: plan).run())
        }
        #expect(totals.refusals > 0)
        #expect(totals.faults[.readError, default: 0] > 0)
    }

    @Test func damagedMajorityStopsAndIsNeverWrong() throws {
        var totals = RunReport(seed: 0)
        for seed in 1...12 as ClosedRange<UInt64> {
            let plan = SimulatedCluster.Plan(operations: 100, faults: DamageTests.damage, isBeyondBudget: true)
            totals.add(try SimulatedCluster(seed: seed, plan: plan).run())
        }
        #expect(totals.refusals > 12, "more nodes refuse to start than a minority of each cluster")
    }

    /// No node survives this yet (docs/guarantees.md); that runs find it shows that the fault is one.
    @Test func diskThatIsPutBackIsFound() {
        let plan = SimulatedCluster.Plan(operations: 100, faults: [.rollback, .loss, .partition, .crash])
        #expect(throws: SimulationFailure.self) {
            for seed in 1...300 as ClosedRange<UInt64> { _ = try SimulatedCluster(seed: seed, plan: plan).run() }
        }
    }

    @Test func usualFaultsAreAllButThoseThatNeedStrictRestarts() {
        #expect(FaultList(argument: "all")?.faults == Fault.usual)
        #expect(!Fault.usual.contains(.rollback))
        #expect(throws: (any Error).self) { try Simulate.parse(["--seed", "1", "--faults", "rollback"]) }
    }
}

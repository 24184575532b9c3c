// Disks that change what they hold: nodes meet it when they start, mend it, and never serve what is wrong.

import ArgumentParser
import Testing

@testable import Simulator

@Suite struct DamageTests {
    static let damage: Set<Fault> = [.bitFlip, .misdirected, .readError, .crash, .crashAll, .loss]

    @Test func damagedMinorityMendsItselfAndAllServe() throws {
        var totals = RunReport(seed: 0)
        for seed in 1...12 as ClosedRange<UInt64> {
            let plan = SimulatedCluster.Plan(operations: 100, faults: DamageTests.damage)
            totals.add(try SimulatedCluster(seed: seed, plan: plan).run())
        }
        #expect(totals.quarantined > 0 && totals.readmissions > 0)
        #expect(totals.faults[.readError, default: 0] > 0)
    }

    @Test func sectorThatCanNotBeReadIsMended() throws {
        var totals = RunReport(seed: 0)
        for seed in 1...12 as ClosedRange<UInt64> {
            let plan = SimulatedCluster.Plan(operations: 100, faults: [.readError, .crash, .loss])
            totals.add(try SimulatedCluster(seed: seed, plan: plan).run())
        }
        #expect(totals.quarantined > 0 && totals.readmissions > 0 && totals.refusals == 0)
    }

    @Test func damagedMajorityStopsAndIsNeverWrong() throws {
        var mostDamaged = 0
        for seed in 1...12 as ClosedRange<UInt64> {
            let plan = SimulatedCluster.Plan(operations: 100, faults: DamageTests.damage, isBeyondBudget: true)
            mostDamaged = max(mostDamaged, try SimulatedCluster(seed: seed, plan: plan).run().quarantined)
        }
        #expect(mostDamaged >= 2, "more nodes are damaged than a minority")
    }

    @Test func diskThatIsPutBackIsReadmitted() throws {
        var totals = RunReport(seed: 0)
        for seed in 1...20 as ClosedRange<UInt64> {
            let plan = SimulatedCluster.Plan(operations: 100, faults: [.rollback, .loss, .partition, .crash])
            totals.add(try SimulatedCluster(seed: seed, plan: plan).run())
        }
        #expect(totals.faults[.rollback, default: 0] > 0 && totals.readmissions > 0)
    }

    @Test func nodesThatAreFarBehindTakeSnapshotsOver() throws {
        var totals = RunReport(seed: 0)
        for seed in 1...12 as ClosedRange<UInt64> {
            let plan = SimulatedCluster.Plan(operations: 200, faults: [.wipe, .crash, .partition, .pause])
            totals.add(try SimulatedCluster(seed: seed, plan: plan).run())
        }
        #expect(totals.snapshots > 0 && totals.installations > 0)
    }

    @Test func usualFaultsAreAllButThoseThatNeedStrictRestarts() {
        #expect(FaultList(argument: "all")?.faults == Fault.usual)
        #expect(!Fault.usual.contains(.rollback))
        #expect(throws: (any Error).self) { try Simulate.parse(["--seed", "1", "--faults", "rollback"]) }
    }
}

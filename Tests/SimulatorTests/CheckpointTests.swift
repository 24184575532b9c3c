// One node's state is altered on purpose: the next checkpoint finds it, also where the node leads, it is rebuilt, and all
// serve in the end. Nobody else ever diverges.

import Testing

@testable import Simulator

@Suite struct CheckpointTests {
    private func run(_ seeds: ClosedRange<UInt64>, nodes: Int = 3, _ faults: Set<Fault>) throws -> RunReport {
        var totals = RunReport(seed: 0)
        for seed in seeds {
            let plan = SimulatedCluster.Plan(nodes: nodes, operations: 150, faults: faults)
            totals.add(try SimulatedCluster(seed: seed, plan: plan).run())
        }
        return totals
    }

    @Test func anAlteredStateIsFoundTheLeadersToo() throws {
        let totals = try run(1...12, [.alteration, .loss, .delay])
        #expect(totals.faults[.alteration] == 12 && totals.divergences == 12)
        #expect((1..<12).contains(totals.leaderDivergences))
    }

    @Test func whoDivergedIsRebuiltAmongOtherFaults() throws {
        let totals = try run(1...12, nodes: 5, [.alteration, .loss, .partition, .crash, .wipe])
        #expect(totals.divergences > 0 && totals.leaderDivergences > 0)
    }

    @Test func checkpointsAreMadeAndNobodyDivergesWithoutAReason() throws {
        let totals = try run(1...6, Fault.usual)
        #expect(totals.checkpoints > 6 && totals.divergences == 0)
    }
}

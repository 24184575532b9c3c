// Runs that once failed, and what was wrong then (docs/simulation.md). A change of the simulator makes other runs of the
// same seeds; the rules that they taught have tests of their own besides.

import Testing

@testable import Simulator

@Suite struct RegressionTests {
    struct Run: Sendable, CustomTestStringConvertible {
        var seed: UInt64
        var nodes = 3
        var operations = 300
        var faults = Fault.usual
        var isBeyondBudget = false

        var testDescription: String { "seed \(seed), \(nodes) nodes" }
    }

    static let runs: [Run] = [
        Run(seed: 13), Run(seed: 16), Run(seed: 70), Run(seed: 76, nodes: 5), Run(seed: 317), Run(seed: 442, nodes: 5),
        Run(seed: 957, nodes: 5), Run(seed: 968),
        Run(seed: 661), Run(seed: 1977), Run(seed: 2319), Run(seed: 6274),
        Run(
            seed: 638, operations: 9,
            faults: [.loss, .delay, .partition, .oneWay, .partial, .crash, .pause, .wipe]),
        Run(seed: 1, faults: Set(Fault.allCases)), Run(seed: 6, faults: Set(Fault.allCases)),
        Run(seed: 8, faults: Set(Fault.allCases)), Run(seed: 33, faults: Set(Fault.allCases)),
        Run(seed: 126, faults: Set(Fault.allCases)),
    ]

    @Test(arguments: runs) func holdsNow(_ run: Run) throws {
        let plan = SimulatedCluster.Plan(
            nodes: run.nodes, operations: run.operations, faults: run.faults, isBeyondBudget: run.isBeyondBudget)
        #expect(try SimulatedCluster(seed: run.seed, plan: plan).run().acknowledged > 0)
    }
}

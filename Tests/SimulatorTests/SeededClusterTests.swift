// Some clusters with faults of all kinds, each from one seed, in every test run; `make simulate-many` runs more of them.

import Testing

@testable import Simulator

@Suite struct SeededClusterTests {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func threeNodesAgreeAndRemember(seed: UInt64) { check(seed, SimulatedCluster.Plan(nodes: 3)) }

    @Test(arguments: 10_000..<10_020 as Range<UInt64>)
    func fiveNodesAgreeAndRemember(seed: UInt64) { check(seed, SimulatedCluster.Plan(nodes: 5)) }

    @Test(arguments: 20_000..<20_005 as Range<UInt64>)
    func oneNodeAloneRemembers(seed: UInt64) { check(seed, SimulatedCluster.Plan(nodes: 1)) }

    @Test func sameSeedGivesTheSameRun() throws {
        let plan = SimulatedCluster.Plan(nodes: 5)
        let one = try SimulatedCluster(seed: 7, plan: plan).run()
        let other = try SimulatedCluster(seed: 7, plan: plan).run()
        #expect(one.line == other.line)
        #expect(try SimulatedCluster(seed: 8, plan: plan).run().digest.description != one.digest.description)
    }

    private func check(_ seed: UInt64, _ plan: SimulatedCluster.Plan) {
        do {
            let report = try SimulatedCluster(seed: seed, plan: plan).run()
            #expect(report.acknowledged > 0, "seed \(seed) acknowledged nothing")
        } catch {
            let failure = Campaign.Failure(seed: seed, plan: plan, reason: "\(error)")
            Issue.record("seed \(seed): \(error)\nreplay with: \(failure.command)")
        }
    }
}

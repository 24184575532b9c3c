// Hundreds of clusters with faults of all kinds, each from one seed. A failure names its seed and the command that
// replays it alone.

import Foundation
import Testing

@Suite struct SeededClusterTests {
    /// One seed by hand: PAXOS_SEED=… swift test --filter SeededClusterTests
    static let chosenSeed = ProcessInfo.processInfo.environment["PAXOS_SEED"].flatMap { UInt64($0) }

    static func seeds(_ range: Range<UInt64>) -> [UInt64] { chosenSeed.map { [$0] } ?? Array(range) }

    @Test(arguments: seeds(0..<350))
    func threeNodesAgreeAndRemember(seed: UInt64) {
        check(seed, SimulatedCluster.Plan(nodes: 3), test: "threeNodesAgreeAndRemember")
    }

    @Test(arguments: seeds(10_000..<10_150))
    func fiveNodesAgreeAndRemember(seed: UInt64) {
        check(seed, SimulatedCluster.Plan(nodes: 5), test: "fiveNodesAgreeAndRemember")
    }

    @Test(arguments: seeds(20_000..<20_030))
    func aWipedNodeComesBackWithoutAVote(seed: UInt64) {
        var plan = SimulatedCluster.Plan(nodes: 3)
        plan.wipes = true
        check(seed, plan, test: "aWipedNodeComesBackWithoutAVote")
    }

    @Test(arguments: seeds(30_000..<30_010))
    func oneNodeAloneRemembers(seed: UInt64) {
        check(seed, SimulatedCluster.Plan(nodes: 1), test: "oneNodeAloneRemembers")
    }

    private func check(_ seed: UInt64, _ plan: SimulatedCluster.Plan, test: String) {
        let cluster = SimulatedCluster(seed: seed, plan: plan)
        do {
            try cluster.run()
        } catch {
            let replay = "PAXOS_SEED=\(seed) swift test --disable-xctest --filter 'SeededClusterTests/\(test)'"
            Issue.record("seed \(seed): \(error)\nreplay with: \(replay)")
            return
        }
        #expect(cluster.history.acknowledged > 0, "seed \(seed) acknowledged nothing")
    }
}

// Every flaw is found by the simulator, and the runs that find it hold without it: so the checks can fail, and fail for
// that reason alone.

import Testing

@testable import Simulator

@Suite struct FlawTests {
    /// Which runs are tried, in order, until one finds it. Seeds begin near one that does.
    private static func search(for flaw: Flaw) -> (plan: SimulatedCluster.Plan, seeds: ClosedRange<UInt64>) {
        func runs(
            _ first: UInt64, _ operations: Int, nodes: Int = 3, isBeyondBudget: Bool = false, _ faults: Fault...
        ) -> (SimulatedCluster.Plan, ClosedRange<UInt64>) {
            (
                SimulatedCluster.Plan(
                    nodes: nodes, operations: operations, faults: Set(faults), isBeyondBudget: isBeyondBudget,
                    flaw: flaw),
                first...(first + 299)
            )
        }
        return switch flaw {
        case .skipJournalSync, .skipFolderSync: runs(1, 60, .crash, .crashAll)
        case .answerBeforeDurable: runs(1, 100, .loss, .crash, .crashAll)
        case .countRefusal: runs(99, 150, .loss, .delay, .flap, .crash, .slowDisk)
        case .countTwice: runs(18, 100, nodes: 5, .loss, .partition, .crash, .crashAll)
        case .reuseBallot: runs(1, 100, .loss, .partition, .crash, .crashAll)
        case .proposeOverAccepted, .forgetCompacted: runs(4, 100, .loss, .partition, .crash)
        case .believeDeposed: runs(38, 150, .loss, .delay, .partition, .partial, .flap, .pause)
        case .applyWithGap: runs(1, 60, .loss)
        case .applyTwice, .ignoreChecksum: runs(3, 100, .loss)
        case .readWithoutRound: runs(1, 150, .pause, .timeOut)
        case .readBeforeNoOp: runs(21, 100, .loss, .partition, .crash)
        case .unknownIsEmpty: runs(38, 150, .loss, .partition, .crash, .bitFlip)
        case .cutAtDamage:
            runs(68, 150, isBeyondBudget: true, .loss, .crash, .crashAll, .bitFlip, .misdirected)
        case .trustImage: runs(1, 100, .rollback, .loss, .partition, .crash)
        case .voteAfterWipe: runs(6, 100, .loss, .partition, .crash, .pause, .wipe)
        }
    }

    @Test(arguments: Flaw.allCases) func flawIsFound(_ flaw: Flaw) throws {
        var (plan, seeds) = FlawTests.search(for: flaw)
        let found = seeds.lazy.compactMap { seed in
            FlawTests.failure(seed, plan).map { (seed: seed, reason: $0) }
        }.first
        let failure = try #require(found, "no seed of \(seeds) finds it")
        #expect(!failure.reason.contains("\n"), "a reason is one line")
        plan.flaw = nil
        for seed in seeds.lowerBound...failure.seed {
            #expect(FlawTests.failure(seed, plan) == nil, "seed \(seed) fails without the flaw")
        }
    }

    @Test func flawIsNamedByWhatShowsTheFailureAgain() {
        let plan = SimulatedCluster.Plan(faults: [.crash], flaw: .countTwice)
        let failure = Campaign.Failure(seed: 7, plan: plan, reason: "")
        #expect(
            failure.command == "simulate --seed 7 --nodes 3 --clients 4 --ops 300 --faults crash --flaw count-twice")
    }

    private static func failure(_ seed: UInt64, _ plan: SimulatedCluster.Plan) -> String? {
        do {
            _ = try SimulatedCluster(seed: seed, plan: plan).run()
            return nil
        } catch {
            return "\(error)"
        }
    }
}

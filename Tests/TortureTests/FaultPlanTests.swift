import Paxos
import Testing

@testable import Torture

@Suite struct FaultPlanTests {
    private static let kinds = Fault.allCases.filter { $0.lane == .process }

    private func faults(_ count: Int, seed: UInt64, nodes: Int) -> [PlannedFault] {
        var plan = FaultPlan(seed: seed, nodes: nodes, kinds: Self.kinds)
        return (0..<count).map { _ in plan.next() }
    }

    @Test func sameSeedGivesTheSameFaults() {
        #expect(faults(200, seed: 7, nodes: 5) == faults(200, seed: 7, nodes: 5))
        #expect(faults(200, seed: 7, nodes: 5) != faults(200, seed: 8, nodes: 5))
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func everyKindStrikesInEachDeck(seed: UInt64) {
        let deck = Self.kinds.reduce(0) { $0 + $1.weight }
        let planned = faults(3 * deck, seed: seed, nodes: 3)
        for start in stride(from: 0, to: planned.count, by: deck) {
            #expect(Set(planned[start..<start + deck].map(\.fault)) == Set(Self.kinds))
        }
    }

    @Test(arguments: [3, 5, 7, 9]) func onlyMinoritiesAreCutOff(nodes: Int) {
        for fault in faults(500, seed: 1, nodes: nodes) {
            #expect((1...(nodes - 1) / 2).contains(fault.side))
            #expect(fault.order.sorted() == Array(0..<nodes))
        }
    }

    /// Whatever the plan wants, and whenever votes come back.
    @Test(arguments: [3, 5, 7, 9], 0..<20 as Range<UInt64>)
    func atMostAMinorityIsDamaged(nodes: Int, seed: UInt64) {
        var budget = DamageBudget(nodes: nodes)
        var random = SplitMix64(seed: seed)
        var struck = 0
        for fault in faults(500, seed: seed, nodes: nodes) where fault.fault.isDamage {
            if let node = budget.take(from: fault.order) {
                struck += 1
                #expect(budget.damaged.contains(node))
            }
            #expect(budget.damaged.count <= (nodes - 1) / 2)
            if Int.random(in: 0..<4, using: &random) == 0, let node = budget.damaged.min() { budget.giveBack(node) }
        }
        #expect(struck > 0)
    }

    @Test func damagedNodeMayBeDamagedAgainAndNoOther() {
        var budget = DamageBudget(nodes: 3)
        #expect(budget.take(from: [2, 0, 1]) == 2)
        #expect(budget.take(from: [0, 1, 2]) == 2)
        #expect(budget.take(from: [0, 1]) == nil)
        budget.giveBack(2)
        #expect(budget.take(from: [0, 1]) == 0)
    }
}

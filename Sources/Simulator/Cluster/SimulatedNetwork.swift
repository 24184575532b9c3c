// Links between nodes: they lose, delay, duplicate and reorder frames, and can be cut in either direction.

import Paxos

struct SimulatedNetwork {
    struct Link: Hashable {
        var from: NodeID
        var to: NodeID
    }

    var faults: Set<Fault>
    /// A fault strikes one frame in so many.
    private let odds: Int
    private var cut: Set<Link> = []

    /// Frames that each fault met.
    private(set) var met: [Fault: Int] = [:]

    init(faults: Set<Fault>, odds: Int) {
        self.faults = faults
        self.odds = odds
    }

    /// When each copy of a frame that is sent now arrives, as delays in microseconds; none when it is lost.
    mutating func delays(on link: Link, using random: inout SplitMix64) -> [UInt64] {
        if cut.contains(link) || strikes(.loss, &random) { return [] }
        return (0..<(strikes(.duplication, &random) ? 2 : 1)).map { _ in
            UInt64.random(in: strikes(.delay, &random) ? 5_000...300_000 : 100...2_000, using: &random)
        }
    }

    private mutating func strikes(_ fault: Fault, _ random: inout SplitMix64) -> Bool {
        guard faults.contains(fault), Int.random(in: 0..<odds, using: &random) == 0 else { return false }
        met[fault, default: 0] += 1
        return true
    }

    mutating func cutLinks(_ links: some Sequence<Link>) { cut.formUnion(links) }

    mutating func healLinks(_ links: some Sequence<Link>) { cut.subtract(links) }

    mutating func heal() { cut.removeAll() }
}

// Links between nodes: they lose, delay, duplicate and reorder frames, and can be cut in either direction.

import Paxos

struct SimulatedNetwork {
    struct Faults {
        var loss = 0.0
        var duplication = 0.0
        /// The share of frames that take long.
        var lateness = 0.0
    }

    struct Link: Hashable {
        var from: NodeID
        var to: NodeID
    }

    var faults = Faults()
    private(set) var cut: Set<Link> = []

    /// When each copy of a frame that is sent now arrives, as delays in microseconds; none when it is lost.
    func delays(on link: Link, using random: inout SplitMix64) -> [UInt64] {
        if cut.contains(link) { return [] }
        if faults.loss > 0, Double.random(in: 0..<1, using: &random) < faults.loss { return [] }
        let copies = faults.duplication > 0 && Double.random(in: 0..<1, using: &random) < faults.duplication ? 2 : 1
        return (0..<copies).map { _ in
            let isLate = faults.lateness > 0 && Double.random(in: 0..<1, using: &random) < faults.lateness
            return UInt64.random(in: isLate ? 5_000...300_000 : 100...2_000, using: &random)
        }
    }

    mutating func cutLinks(_ links: some Sequence<Link>) { cut.formUnion(links) }

    mutating func heal() { cut.removeAll() }
}

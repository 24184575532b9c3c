// The faults of one lane, one after the other, made up from a seed: they are dealt from a shuffled deck, so that each
// kind strikes before the first one strikes often. What becomes of the cluster has no influence.

import Paxos

struct PlannedFault: Equatable, Sendable {
    var fault: Fault
    /// Seconds of peace before it, and how long it lasts.
    var peace: Double
    var seconds: Double
    /// Whom it strikes: the leader, where there is one, or else the nodes in this order.
    var strikesLeader: Bool
    var order: [Int]
    /// How many nodes are cut off; at most a minority.
    var side: Int
    /// Where in a file the byte is flipped, and in which file: any number.
    var place: UInt64
}

struct FaultPlan {
    private let nodes: Int
    private let kinds: [Fault]
    private var deck: [Fault] = []
    private var random: SplitMix64

    /// - Parameter kinds: of one lane, and not empty.
    init(seed: UInt64, nodes: Int, kinds: [Fault]) {
        precondition(!kinds.isEmpty, "a lane without faults has no plan")
        self.nodes = nodes
        self.kinds = kinds
        random = SplitMix64(seed: seed)
    }

    mutating func next() -> PlannedFault {
        if deck.isEmpty {
            deck = kinds.flatMap { Array(repeating: $0, count: $0.weight) }.shuffled(using: &random)
        }
        let fault = deck.removeLast()
        return PlannedFault(
            fault: fault, peace: Double.random(in: 0.3...2.5, using: &random),
            seconds: Double.random(in: fault.duration, using: &random),
            strikesLeader: Bool.random(using: &random), order: (0..<nodes).shuffled(using: &random),
            side: Int.random(in: 1...max(1, (nodes - 1) / 2), using: &random), place: random.next())
    }
}

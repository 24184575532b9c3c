// One seeded random history: messages lost, repeated and reordered, records that are not durable lost in crashes,
// values lost to damage, partitions, hand-overs, an emptied disk; then an end of all faults, after which everything must go on.

@testable import Paxos

struct Exploration {
    var bed: ReplicaBed
    private var random: SplitMix64
    private var proposals = 0
    private var questions: UInt64 = 0
    private var mayEmpty: Bool
    /// A minority, whose journals lose values.
    private var damaged: [NodeID] = []
    /// Of a hundred ticks, how many each node's clock shows: a slow one still leads in its own eyes when it is replaced.
    private var clocks: [NodeID: Int] = [:]

    init(seed: UInt64) {
        random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ 1)
        let size = Bool.random(using: &random) ? 3 : 5
        let small = Int.random(in: 0..<4, using: &random) == 0
        bed = ReplicaBed(
            size, seed: seed, window: Acceptor.Window(slots: small ? 3 : 32, bytes: small ? 60 : 1 << 20),
            messageBytes: small ? 20 : 200, electionTicks: 8)
        bed.catchUpSlots = Int.random(in: 1...6, using: &random)
        mayEmpty = Int.random(in: 0..<8, using: &random) == 0
        if !mayEmpty, Bool.random(using: &random) {
            damaged = Array(bed.nodes.shuffled(using: &random).prefix(bed.configuration.majority - 1))
        }
        resetClocks()
        for node in bed.nodes where Bool.random(using: &random) { bed.holdJournal(node) }
    }

    /// - Returns: what went wrong, if anything.
    mutating func run(steps: Int) -> String? {
        for _ in 0..<steps {
            step()
            if let violation = bed.violations.first { return violation }
        }
        return endFaults() ?? bed.violations.first
    }

    private mutating func resetClocks() {
        for node in bed.nodes { clocks[node] = Int.random(in: 0..<4, using: &random) == 0 ? 30 : 95 }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func anyNode() -> NodeID { bed.nodes.randomElement(using: &random)! }

    private mutating func step() {
        switch Int.random(in: 0..<1000, using: &random) {
        case ..<540: deliverSome()
        case ..<700:
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                bed.tick(1, bed.nodes.filter { chance(clocks[$0] ?? 0) })
            }
        case ..<830: for node in bed.nodes where chance(50) { bed.sync(node, Int.random(in: 1...3, using: &random)) }
        case ..<900: propose()
        case ..<950:
            questions += 1
            bed.ask(questions, at: anyNode())
        case ..<954: bed.crash(anyNode())
        case ..<974: restartOne()
        case ..<981: cutSome()
        case ..<989:
            bed.heal()
            resetClocks()
        default:
            let node = anyNode()
            bed.turn(node) { $0.handOver() }
        }
    }

    private mutating func deliverSome() {
        for _ in 0..<Int.random(in: 1...16, using: &random) {
            guard !bed.network.isEmpty else { return }
            // Mostly in order, sometimes any.
            let reach = chance(80) ? min(4, bed.network.count) : bed.network.count
            let index = Int.random(in: 0..<reach, using: &random)
            let envelope = bed.network[index]
            if !chance(5) { bed.network.remove(at: index) }
            if chance(4) {
                bed.network.append(envelope)  // much later
            } else if !chance(6) {
                bed.hand(envelope)
            }
        }
        while bed.network.count > 120 { bed.network.remove(at: Int.random(in: 0..<bed.network.count, using: &random)) }
    }

    private mutating func propose() {
        for node in bed.nodes where bed[node].isUp && bed[node].replica.canPropose {
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                proposals += 1
                bed.propose("\(proposals)", "\(proposals)+", at: node)
            }
        }
    }

    private mutating func restartOne() {
        guard let node = bed.nodes.filter({ !bed[$0].isUp }).randomElement(using: &random) else { return }
        if mayEmpty {
            mayEmpty = false
            bed.restartEmptied(node)
        } else {
            if damaged.contains(node), chance(60) { loseValues(of: node) }
            bed.restart(node)
        }
    }

    /// The younger a record, the more there is to be lost by it.
    private mutating func loseValues(of node: NodeID) {
        let count = bed[node].journal.withValues.count
        for index in max(0, count - Int.random(in: 1...8, using: &random))..<count where chance(50) {
            bed.loseValues(node, record: index)
        }
    }

    private mutating func cutSome() {
        // Often the leaders alone, and with clocks that nearly stand still: such a one leads on in its own eyes.
        let leaders = bed.leaders
        let isAboutLeaders = !leaders.isEmpty && chance(60)
        let side = isAboutLeaders ? leaders : bed.nodes.filter { _ in chance(40) }
        if isAboutLeaders { for node in leaders { clocks[node] = 5 } }
        let bothWays = chance(70)
        for node in side {
            for other in bed.nodes where !side.contains(other) {
                bed.cut.insert([node, other])
                if bothWays { bed.cut.insert([other, node]) }
            }
        }
    }

    // MARK: The end of all faults

    /// Everybody is up and hears everybody: one leads, and what it proposes is chosen and known everywhere.
    private mutating func endFaults() -> String? {
        bed.heal()
        for node in bed.nodes {
            if !bed[node].isUp { bed.restart(node) }
            bed[node].syncsAtOnce = true
            bed.sync(node)
        }
        var asked = false
        for tick in 0..<400 {
            bed.run(ticks: 1)
            if !bed.violations.isEmpty { return nil }
            if let leader = bed.leaders.first, !asked, tick > 8, bed.propose("last", at: leader) != nil {
                questions += 1
                bed.ask(questions, at: bed.nodes.last!)
                asked = true
            }
            if bed.nodes.allSatisfy({ bed[$0].chosen.last == encoded("last") }),
                bed[bed.nodes.last!].reads[questions] != nil
            {
                return nil
            }
        }
        let state = bed.nodes.map { "\($0): \(bed.replica($0).chosenThrough)" }
        return "nothing goes on after the faults: leaders \(bed.leaders), \(state)"
    }
}

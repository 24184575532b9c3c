// How much goes wrong in one run, and how nervous its nodes are: drawn from the seed, because some mistakes show only
// where there is much of one fault and little of another.

import Paxos

struct FaultMix {
    /// Those that the run meets.
    let faults: Set<Fault>
    /// A fault of messages strikes one message in so many, and one of clients one operation.
    let messageOdds: Int
    let clientOdds: Int
    /// Microseconds from one of the other faults to the next, at the most.
    let mostPause: UInt64
    let electionTicks: Int
    /// How many of the log's last segments stay, whatever snapshots there are: few, so that peers must take snapshots, or so
    /// many that they take one segment after the other.
    let keptSegments: Int

    /// - Parameter allowed: where these are all faults, a run leaves out about one in four.
    init(seed: UInt64, allowed: Set<Fault>) {
        // Not the generator of the run, so that naming the faults that were drawn gives the same run again.
        var random = SplitMix64(seed: seed ^ 0x4D49_5854_5552_4500)
        messageOdds = [8, 20, 50, 50, 100][Int.random(in: 0..<5, using: &random)]
        clientOdds = [4, 10, 30][Int.random(in: 0..<3, using: &random)]
        mostPause = [100_000, 300_000, 300_000, 600_000][Int.random(in: 0..<4, using: &random)]
        electionTicks = [3, 6, 15, 15][Int.random(in: 0..<4, using: &random)]
        let isWhole = allowed.isSuperset(of: Fault.usual)
        faults = Set(allowed.sorted().filter { _ in !isWhole || Int.random(in: 0..<4, using: &random) > 0 })
        keptSegments = [1, 1, 4, 100][Int.random(in: 0..<4, using: &random)]
    }
}

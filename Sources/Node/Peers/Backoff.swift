// How long to wait before dialling again: twice as long each time up to a bound, and never quite the same, so that nodes
// that lost each other do not meet in step.

import NIOCore
import Paxos

struct Backoff {
    static let shortest = TimeAmount.milliseconds(20)
    static let longest = TimeAmount.seconds(1)

    private var bound = Backoff.shortest
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// Between half of the present bound and all of it.
    mutating func next() -> TimeAmount {
        defer { bound = min(.nanoseconds(bound.nanoseconds * 2), Backoff.longest) }
        return .nanoseconds(Int64.random(in: bound.nanoseconds / 2...bound.nanoseconds, using: &random))
    }

    mutating func reset() { bound = Backoff.shortest }

    /// The next wait is as long as any: the other node refuses us, and will go on to.
    mutating func giveUpForNow() { bound = Backoff.longest }
}

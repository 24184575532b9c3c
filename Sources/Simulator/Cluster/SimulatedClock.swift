// A node's clock: ticks that may come too fast, too slow or not at all, and a wall clock that may be off.

import Paxos

struct SimulatedClock {
    static let trueTick: UInt64 = 10_000

    /// Microseconds of true time from one tick to the next.
    private(set) var tick = trueTick
    /// What the wall clock shows beyond the true time, in microseconds.
    private var offset: Int64 = 0
    private var stopsUntil: UInt64 = 0

    func wall(at now: UInt64) -> UInt64 { UInt64(max(1, Int64(now) + offset)) }

    func isStopped(at now: UInt64) -> Bool { now < stopsUntil }

    mutating func goWrong(at now: UInt64, using random: inout SplitMix64) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: tick = UInt64.random(in: 7_000...14_000, using: &random)
        case 1: offset = Int64.random(in: -3_600_000_000...3_600_000_000, using: &random)
        default: stopsUntil = now + UInt64.random(in: 50_000...800_000, using: &random)
        }
    }

    mutating func goRight() {
        tick = SimulatedClock.trueTick
        stopsUntil = 0
    }
}

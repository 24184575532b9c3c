// One attempt to become leader: the promises that came for one ballot, and what they oblige its proposer to
// ("Paxos Made Simple", 2.2, P2c). A promise in several parts counts when it is whole.

package struct Candidacy: Sendable {
    package let ballot: Ballot
    /// The first slot that the Prepare covers.
    package let base: Slot

    private struct Parts: Sendable {
        var chosenThrough: Slot
        var accepted: [Int: [Run]] = [:]
        var unknown: [UnknownRun] = []
        var expected: Int
        var isWhole: Bool { accepted.count == expected }
    }
    private var promises: [NodeID: Parts] = [:]

    package init(ballot: Ballot, base: Slot) {
        self.ballot = ballot
        self.base = base
    }

    /// Notes one part of a promise from a voter. Parts that contradict those that came before are dropped.
    package mutating func receive(_ promise: Message.Promise, from node: NodeID) {
        guard promise.ballot == ballot, promise.parts > 0, (0..<promise.parts).contains(promise.part) else { return }
        var parts = promises[node] ?? Parts(chosenThrough: promise.chosenThrough, expected: promise.parts)
        guard parts.chosenThrough == promise.chosenThrough, parts.expected == promise.parts else { return }
        parts.accepted[promise.part] = promise.accepted
        if promise.part == 0 { parts.unknown = promise.unknown }
        promises[node] = parts
    }

    /// How many voters have promised, wholly.
    package var wholePromises: Int { promises.values.count { $0.isWhole } }

    /// The highest slot that a promiser knows to be chosen, and who that is. Nothing may be proposed at or below it.
    package var chosenThrough: (slot: Slot, node: NodeID)? {
        promises.filter { $0.value.isWhole }
            .map { ($0.value.chosenThrough, $0.key) }
            .max { ($0.0, $1.1) < ($1.0, $0.1) }
    }

    /// Whether the promises tell, for every slot above `floor`, what may have been chosen there. A promiser that has lost
    /// what it accepted may hide a value of a higher ballot than any that is named. Nothing was chosen at such a ballot,
    /// and nothing will be, if every majority has a promiser in it that accepted at none of them.
    package func isSettled(above floor: Slot, in configuration: Configuration) -> Bool {
        let whole = promises.values.filter(\.isWhole)
        let lost = whole.flatMap { $0.unknown.from(floor.next) }
        guard !lost.isEmpty else { return true }
        let runs = whole.flatMap { $0.accepted.values.joined() }
        let enough = configuration.members.count - configuration.majority + 1
        return Set(lost.flatMap { $0.slots.lowerBound.rawValue...$0.slots.upperBound.rawValue }).allSatisfy { slot in
            let slot = Slot(slot)
            let known = runs.lazy.filter { $0.slots.contains(slot) }.map(\.ballot).max() ?? .none
            return whole.count - lost.count { $0.ballot > known && $0.slots.contains(slot) } >= enough
        }
    }

    /// What must be proposed above `floor`, once all is settled: for each slot the value accepted at the highest ballot,
    /// and a no-op where no promise names one but a later slot has one.
    package func values(above floor: Slot, time: UInt64, format: ValueFormat) -> [[UInt8]] {
        let runs = promises.values.filter(\.isWhole).flatMap { $0.accepted.values.joined() }
            .filter { $0.lastSlot > floor }
        guard let last = runs.map(\.lastSlot).max() else { return [] }
        var best = [Run?](repeating: nil, count: last - floor)
        for run in runs {
            for slot in (max(run.firstSlot, floor.next) - floor - 1)..<(run.lastSlot - floor)
            where run.ballot > best[slot]?.ballot ?? .none {
                best[slot] = run
            }
        }
        return best.enumerated().map { index, run in
            let slot = floor + (index + 1)
            guard let run else { return format.noOp(slot, time) }
            return Array(run.body[run.byteRange(of: slot...slot)])
        }
    }
}

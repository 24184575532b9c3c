// What an acceptor accepted and can't tell any more: its disk has lost the values, and still says where they stood and
// at which ballot. An unknown slot is never an empty one (docs/decisions/0012-unknown-slots.md).

package struct UnknownRun: Equatable, Sendable {
    package let ballot: Ballot
    package let slots: ClosedRange<Slot>

    package init(ballot: Ballot, slots: ClosedRange<Slot>) {
        self.ballot = ballot
        self.slots = slots
    }

    package var count: Int { slots.upperBound - slots.lowerBound + 1 }
}

extension [UnknownRun] {
    /// How many slots are unknown; no two runs of an acceptor meet.
    package var slotCount: Int { reduce(0) { $0 + $1.count } }

    /// What lies at or above `slot`.
    package func from(_ slot: Slot) -> [UnknownRun] {
        compactMap { run in
            guard run.slots.upperBound >= slot else { return nil }
            return UnknownRun(ballot: run.ballot, slots: Swift.max(slot, run.slots.lowerBound)...run.slots.upperBound)
        }
    }

    /// These slots are known again.
    mutating func settle(_ settled: ClosedRange<Slot>) {
        self = flatMap { run -> [UnknownRun] in
            guard run.slots.overlaps(settled) else { return [run] }
            var rest: [UnknownRun] = []
            if run.slots.lowerBound < settled.lowerBound {
                let head = run.slots.lowerBound...settled.lowerBound.previous
                rest.append(UnknownRun(ballot: run.ballot, slots: head))
            }
            return rest + [run].from(settled.upperBound.next)
        }
    }
}

// Whether a history of one register can be explained by operations that each took effect at one moment between its
// call and its return (Wing and Gong, "Testing and verifying concurrent objects"; with the memory of states seen of
// Lowe, "Testing for linearizability", section 4.1). It decides exactly, in time that grows with concurrency alone, or
// says that it came to its bound.

package struct LinearizationSearch {
    package enum Verdict: Equatable, Sendable {
        case linearizable
        /// The operation at this index is the first to return that nothing explains: up to its return there is no order
        /// of effects, and up to the return before it there is one.
        case violation(at: Int)
        /// The bound was reached before either was known.
        case undecided
    }

    /// Far more than a history needs whose operations touch few others; it takes about a gigabyte.
    package static let usualBound = 10_000_000

    /// Whether the register, absent at first, can have behaved so.
    /// - Parameter mostStates: how many different states (what had its effect, and the value then) are looked at.
    package static func verdict(
        on operations: [RegisterOperation], mostStates: Int = usualBound
    ) -> Verdict {
        var search = LinearizationSearch(operations)
        switch search.run(mostStates: mostStates) {
        case true?: return .linearizable
        case false?: return .violation(at: firstUnexplained(operations, mostStates))
        case nil: return .undecided
        }
    }

    /// By bisection: what can't be explained up to one return can't be up to a later one.
    private static func firstUnexplained(_ operations: [RegisterOperation], _ mostStates: Int) -> Int {
        let returns = operations.indices.filter { operations[$0].end != nil }
            .sorted { (operations[$0].end ?? 0, $0) < (operations[$1].end ?? 0, $1) }
        var (explained, unexplained) = (0, returns.count)
        while unexplained - explained > 1 {
            let middle = (explained + unexplained) / 2
            var search = LinearizationSearch(operations.upTo(returns[..<middle]))
            if search.run(mostStates: mostStates) == false { unexplained = middle } else { explained = middle }
        }
        return returns[unexplained - 1]
    }

    private struct Step {
        var isWrite: Bool
        /// The number of the value written or seen; zero for absence.
        var value: Int
    }

    /// A call or a return in the order of time, in a list that operations are taken out of and put back into.
    private struct Moment {
        var step: Int
        var isCall: Bool
        var next = 0
        var previous = 0
    }

    private struct Seen: Hashable {
        var done: StepSet
        var value: Int
    }

    private var steps: [Step] = []
    /// The first is the list's head and no moment.
    private var moments: [Moment] = [Moment(step: -1, isCall: false)]
    private var returns: [Int] = []
    /// By value, how many have not had their effect.
    private var writes: [Int] = []
    private var reads: [Int] = []

    private static let unread = -1

    private init(_ operations: [RegisterOperation]) {
        var numbers: [[UInt8]: Int] = [:]
        func number(_ value: [UInt8]?) -> Int {
            guard let value else { return 0 }
            if let known = numbers[value] { return known }
            numbers[value] = numbers.count + 1
            return numbers.count
        }
        // In the order of calls, so that what is done at any time is nearly a prefix.
        let placed = operations.toBePlaced.sorted { $0.call < $1.call }
        var times: [(time: UInt64, isCall: Bool, step: Int)] = []
        for operation in placed {
            let end = operation.end ?? .max
            switch operation.kind {
            case .write(let value): steps.append(Step(isWrite: true, value: number(value)))
            case .read(let value): steps.append(Step(isWrite: false, value: number(value)))
            }
            times.append((operation.call, true, steps.count - 1))
            times.append((end, false, steps.count - 1))
        }
        // At one time calls come first: operations that touch may be taken in either order.
        times.sort { ($0.time, $0.isCall ? 0 : 1, $0.step) < ($1.time, $1.isCall ? 0 : 1, $1.step) }
        writes = [Int](repeating: 0, count: numbers.count + 1)
        reads = writes
        for step in steps { count(step, by: 1) }
        returns = [Int](repeating: 0, count: steps.count)
        for moment in times {
            if !moment.isCall { returns[moment.step] = moments.count }
            moments.append(Moment(step: moment.step, isCall: moment.isCall))
        }
        for index in moments.indices {
            moments[index].next = (index + 1) % moments.count
            moments[index].previous = (index + moments.count - 1) % moments.count
        }
    }

    /// Nil when the bound was reached.
    private mutating func run(mostStates: Int) -> Bool? {
        // A value from nowhere: no order is of any use.
        if reads.indices.contains(where: { $0 > 0 && reads[$0] > 0 && writes[$0] == 0 }) { return false }
        var done = StepSet()
        var value = 0
        var seen: Set<Seen> = []
        /// The calls that were taken to have had their effect, and the register's value before each.
        var taken: [(call: Int, before: Int)] = []
        var at = moments[0].next
        while at != 0 {
            let moment = moments[at]
            let step = steps[moment.step]
            if moment.isCall {
                if step.isWrite ? mayBeOverwritten(value) : step.value == value {
                    count(step, by: -1)
                    // What nobody reads any more is all the same.
                    let after = reads[step.value] == 0 ? Self.unread : step.value
                    done.insert(moment.step)
                    if seen.insert(Seen(done: done, value: after)).inserted {
                        guard seen.count <= mostStates else { return nil }
                        taken.append((at, value))
                        value = after
                        lift(at)
                        at = moments[0].next
                        continue
                    }
                    done.remove(moment.step)
                    count(step, by: 1)
                }
                at = moment.next
            } else {
                // Something returned that no order so far lets have happened: another one is tried.
                guard let last = taken.popLast() else { return false }
                done.remove(moments[last.call].step)
                count(steps[moments[last.call].step], by: 1)
                value = last.before
                putBack(last.call)
                at = moments[last.call].next
            }
        }
        return true
    }

    /// Whoever still has to read this value, which nobody writes again, must do so first.
    private func mayBeOverwritten(_ value: Int) -> Bool {
        value == Self.unread || reads[value] == 0 || writes[value] > 0
    }

    private mutating func count(_ step: Step, by change: Int) {
        if step.isWrite { writes[step.value] += change } else { reads[step.value] += change }
    }

    private mutating func lift(_ call: Int) {
        for index in [call, returns[moments[call].step]] {
            moments[moments[index].previous].next = moments[index].next
            moments[moments[index].next].previous = moments[index].previous
        }
    }

    private mutating func putBack(_ call: Int) {
        for index in [returns[moments[call].step], call] {
            moments[moments[index].previous].next = index
            moments[moments[index].next].previous = index
        }
    }
}

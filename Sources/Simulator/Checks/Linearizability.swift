// Whether a history of one register can be explained by operations that each took effect at one moment between its
// call and its return (Wing and Gong, "Testing and verifying concurrent objects"; with the memory of states seen of
// Lowe, "Testing for linearizability", section 4.1). It decides exactly, in time that grows with concurrency alone,
// and gives up where that is too much.

struct Linearizability {
    struct Operation: Equatable {
        enum Kind: Equatable {
            /// Nil deletes.
            case write([UInt8]?)
            /// What was seen; nil for nothing.
            case read([UInt8]?)
        }

        var kind: Kind
        var call: UInt64
        /// Nil for a write whose outcome is not known: it may take effect at any later time, or never.
        var end: UInt64?
    }

    /// Whether the register, absent at first, can have behaved so. A history with so much at once that the search
    /// would take more than `mostStates` counts as one that can.
    static func holds(_ operations: [Operation]) -> Bool {
        var search = Linearizability(withoutUnseen(operations))
        return search.run()
    }

    static let mostStates = 20_000

    /// A write that may never have happened, and whose value nobody saw, explains nothing.
    private static func withoutUnseen(_ operations: [Operation]) -> [Operation] {
        var seen: Set<[UInt8]?> = []
        for case .read(let value) in operations.lazy.map(\.kind) { seen.insert(value) }
        return operations.filter { operation in
            guard operation.end == nil, case .write(let value) = operation.kind else { return true }
            return seen.contains(value)
        }
    }

    private struct Step {
        var isWrite: Bool
        /// The number of the value written or seen; zero for absence.
        var value: Int
    }

    /// A call or a return in the order of time, in a list that operations are taken out of and put back into.
    private struct Moment {
        var operation: Int
        var isCall: Bool
        var next = 0
        var previous = 0
    }

    private struct Seen: Hashable {
        var done: [UInt64]
        var value: Int
    }

    private var steps: [Step] = []
    /// The first is the list's head and no moment.
    private var moments: [Moment] = [Moment(operation: -1, isCall: false)]
    private var returns: [Int] = []

    private init(_ operations: [Operation]) {
        var numbers: [[UInt8]: Int] = [:]
        func number(_ value: [UInt8]?) -> Int {
            guard let value else { return 0 }
            if let known = numbers[value] { return known }
            numbers[value] = numbers.count + 1
            return numbers.count
        }
        var times: [(time: UInt64, isCall: Bool, operation: Int)] = []
        for operation in operations {
            let end = operation.end ?? .max
            switch operation.kind {
            case .write(let value): steps.append(Step(isWrite: true, value: number(value)))
            case .read(let value):
                guard operation.end != nil else { continue }
                steps.append(Step(isWrite: false, value: number(value)))
            }
            times.append((operation.call, true, steps.count - 1))
            times.append((end, false, steps.count - 1))
        }
        // At one time calls come first: operations that touch may be taken in either order.
        times.sort { ($0.time, $0.isCall ? 0 : 1, $0.operation) < ($1.time, $1.isCall ? 0 : 1, $1.operation) }
        returns = [Int](repeating: 0, count: steps.count)
        for moment in times {
            if !moment.isCall { returns[moment.operation] = moments.count }
            moments.append(Moment(operation: moment.operation, isCall: moment.isCall))
        }
        for index in moments.indices {
            moments[index].next = (index + 1) % moments.count
            moments[index].previous = (index + moments.count - 1) % moments.count
        }
    }

    private mutating func run() -> Bool {
        var done = [UInt64](repeating: 0, count: steps.count / 64 + 1)
        var value = 0
        var seen: Set<Seen> = []
        /// The calls that were taken to have had their effect, and the register's value before each.
        var taken: [(call: Int, before: Int)] = []
        var at = moments[0].next
        while at != 0, seen.count < Linearizability.mostStates {
            let moment = moments[at]
            let step = steps[moment.operation]
            if moment.isCall {
                let fits = step.isWrite || step.value == value
                if fits {
                    let after = step.isWrite ? step.value : value
                    done[moment.operation / 64] |= 1 << UInt64(moment.operation % 64)
                    if seen.insert(Seen(done: done, value: after)).inserted {
                        taken.append((at, value))
                        value = after
                        lift(at)
                        at = moments[0].next
                        continue
                    }
                    done[moment.operation / 64] &= ~(1 << UInt64(moment.operation % 64))
                }
                at = moment.next
            } else {
                // Something returned that no order so far lets have happened: another one is tried.
                guard let last = taken.popLast() else { return false }
                let operation = moments[last.call].operation
                done[operation / 64] &= ~(1 << UInt64(operation % 64))
                value = last.before
                putBack(last.call)
                at = moments[last.call].next
            }
        }
        return true
    }

    private mutating func lift(_ call: Int) {
        for index in [call, returns[moments[call].operation]] {
            moments[moments[index].previous].next = moments[index].next
            moments[moments[index].next].previous = moments[index].previous
        }
    }

    private mutating func putBack(_ call: Int) {
        for index in [returns[moments[call].operation], call] {
            moments[moments[index].previous].next = index
            moments[moments[index].next].previous = index
        }
    }
}

// Where a lane is in its plan.

struct FaultLane {
    enum State {
        case peace(until: Double, next: PlannedFault)
        case fault(PlannedFault, nodes: [Int], until: Double)
    }

    private var plan: FaultPlan
    private(set) var state: State

    init(_ plan: FaultPlan) {
        self.plan = plan
        let first = self.plan.next()
        state = .peace(until: Clock.now + first.peace, next: first)
    }

    /// The fault has begun, for as long as it was planned.
    mutating func strike(_ fault: PlannedFault, _ nodes: [Int]) {
        state = .fault(fault, nodes: nodes, until: Clock.now + fault.seconds)
    }

    /// What was last is over, or did not come about.
    mutating func rest() {
        let next = plan.next()
        state = .peace(until: Clock.now + next.peace, next: next)
    }
}

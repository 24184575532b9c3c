// Makes a failure smaller: fewer faults, fewer operations, as long as some property still fails. What is left is
// quicker to understand.

enum Shrinking {
    struct Result {
        var first: Campaign.Failure
        var smallest: Campaign.Failure

        var text: String {
            "seed \(first.seed): \(first.reason)\n  \(first.command)\nas small as it gets: \(smallest.reason)\n  "
                + smallest.command
        }
    }

    static func of(_ failure: Campaign.Failure) -> Result {
        var smallest = failure
        // The same run, by the faults that it drew.
        smallest.plan.faults = FaultMix(seed: failure.seed, allowed: failure.plan.faults).faults
        for fault in smallest.plan.faults.sorted() {
            var plan = smallest.plan
            plan.faults.remove(fault)
            if let smaller = fails(failure.seed, plan) { smallest = smaller }
        }
        while smallest.plan.operations > 1 {
            var plan = smallest.plan
            plan.operations /= 2
            guard let smaller = fails(failure.seed, plan) else { break }
            smallest = smaller
        }
        return Result(first: failure, smallest: smallest)
    }

    private static func fails(_ seed: UInt64, _ plan: SimulatedCluster.Plan) -> Campaign.Failure? {
        do {
            _ = try SimulatedCluster(seed: seed, plan: plan).run()
            return nil
        } catch {
            return Campaign.Failure(seed: seed, plan: plan, reason: "\(error)")
        }
    }
}

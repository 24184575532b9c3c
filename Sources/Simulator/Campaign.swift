// Many runs, several at a time, each on a thread of its own and with nothing in common. It ends at the first failure.

import Console
import Glibc
import Synchronization

final class Campaign: Sendable {
    /// A run that failed.
    struct Failure: Sendable {
        var seed: UInt64
        var plan: SimulatedCluster.Plan
        var reason: String

        /// What shows it again.
        var command: String {
            var command =
                "simulate --seed \(seed) --nodes \(plan.nodes) --clients \(plan.clients) --ops \(plan.operations) "
                + "--faults \(FaultList(faults: plan.faults))"
            if plan.faults.contains(.rollback) { command += " --strict-restart" }
            if plan.isBeyondBudget { command += " --beyond-budget" }
            if let flaw = plan.flaw { command += " --flaw \(flaw.rawValue)" }
            return command
        }
    }

    private struct State {
        var next: UInt64
        var totals = RunReport(seed: 0)
        var runs = 0
        var failure: Failure?
    }

    private let seeds: ClosedRange<UInt64>
    private let plan: SimulatedCluster.Plan
    private let jobs: Int
    private let state: Mutex<State>
    private let start = ContinuousClock.now

    init(seeds: ClosedRange<UInt64>, plan: SimulatedCluster.Plan, jobs: Int) {
        self.seeds = seeds
        self.plan = plan
        self.jobs = jobs
        state = Mutex(State(next: seeds.lowerBound))
    }

    /// - Returns: the first failure, by seed among those that were running.
    func run() -> Failure? {
        var threads: [pthread_t] = []
        for _ in 0..<jobs {
            var thread = pthread_t()
            // The default stack of a second thread is as large as the first's, and driver turns need little of it.
            let started = pthread_create(
                &thread, nil,
                { campaign in
                    Unmanaged<Campaign>.fromOpaque(campaign!).takeUnretainedValue().work()
                    return nil
                }, Unmanaged.passUnretained(self).toOpaque())
            precondition(started == 0, "the system has room for a thread")
            threads.append(thread)
        }
        for thread in threads { pthread_join(thread, nil) }
        if StandardError.isTerminal { StandardError.sayInPlace("") }
        return state.withLock { $0.failure }
    }

    private func work() {
        while let seed = nextSeed() {
            do {
                note(try SimulatedCluster(seed: seed, plan: plan).run())
            } catch {
                let failure = Failure(seed: seed, plan: plan, reason: "\(error)")
                state.withLock { state in
                    if state.failure.map({ seed < $0.seed }) ?? true { state.failure = failure }
                }
            }
        }
    }

    private func nextSeed() -> UInt64? {
        state.withLock { state in
            guard state.failure == nil, state.next <= seeds.upperBound else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func note(_ report: RunReport) {
        let progress = state.withLock { state -> String in
            state.runs += 1
            state.totals.add(report)
            return "\(state.runs) of \(seeds.count) runs, \(state.totals.events) events"
        }
        if StandardError.isTerminal { StandardError.sayInPlace(progress) }
    }

    var summary: String {
        let (runs, totals) = state.withLock { ($0.runs, $0.totals) }
        let took = (ContinuousClock.now - start).components
        let seconds = Double(took.seconds) + Double(took.attoseconds) / 1e18
        return "\(runs) runs in \(decimal(seconds, digits: 1)) s, "
            + "\(decimal(Double(totals.events) / seconds, digits: 0)) events a second\n" + totals.totalLine
    }
}

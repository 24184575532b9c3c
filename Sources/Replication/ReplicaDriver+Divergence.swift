// A node whose state is not the one agreed on: it serves nobody from then on, over restarts, until it is rebuilt.
// docs/decisions/0017-checkpoints.md says what it still does, and why that is safe.

import Paxos
import PaxosLog
import StateMachine

extension ReplicaDriver {
    /// This state is not the others'. Nobody is answered from it from here on, and a command that may have been chosen is
    /// nobody's business any more.
    mutating func diverge(_ found: StateAudit.Divergence) {
        let report = DivergenceReport(
            slot: found.slot, own: found.own.bytes, agreed: found.agreed.bytes, lastAgreed: found.lastAgreed, time: now)
        divergence = report
        effects = effects.map(ReplicaDriver.withheld)
        effects.append(.noteDivergence(report))
        effects.append(.report(.diverged(report)))
        stopServing(report)
    }

    /// What this turn was to answer out of a state that turned out to be wrong.
    private static func withheld(_ effect: Effect) -> Effect {
        switch effect {
        case .answer(let request, .applied), .answer(let request, .value): .answer(request, .unknown)
        default: effect
        }
    }

    /// What was found at an earlier start, or by the replay of this one.
    mutating func resumeDivergence(_ known: DivergenceReport?) {
        if let found = audit.divergence, known == nil { return diverge(found) }
        guard let known else { return }
        divergence = known
        effects.append(.report(.diverged(known)))
        stopServing(known)
    }

    private mutating func stopServing(_ report: DivergenceReport) {
        replica?.mayLead = false
        replica?.handOver()
        incoming.removeAll()
        for command in commands.removeExpired(at: ticks, after: 0) {
            answer(command.request, command.sentAt == nil ? .refused(.diverged(report.slot)) : .unknown)
        }
        for read in reads.removeExpired(before: ticks + 1) { answer(read.request, .refused(.diverged(report.slot))) }
    }
}

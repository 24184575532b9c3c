// Whether this disk is what it was. A node that starts asks the others what they remember of it, and a disk that was put
// back to an older image votes no more before it is readmitted. Who remembers nothing says so; nothing durable is kept
// for this, so that it helps, and proves nothing (docs/guarantees.md).

package import Paxos
import PaxosLog

/// What a node knows of one life of another: of its starts, and of its votes.
package struct Memory: Equatable, Sendable {
    /// The highest start that it knows of, and what that start called itself; zero when it knows of none.
    package var boot: UInt64 = 0
    package var start: UInt64 = 0
    /// The highest ballot that was promised.
    package var promised = Ballot.none

    package init() {}

    package init(boot: UInt64, start: UInt64, promised: Ballot) {
        self.boot = boot
        self.start = start
        self.promised = promised
    }
}

package enum Recall: Equatable, Sendable {
    /// This node has started for this time: what is remembered of it? The second number is another at each start, so
    /// that a start is not taken for an earlier one that came to the same count.
    case question(boot: UInt64, start: UInt64)
    case answer(Memory)
}

/// What is remembered of others, and whom this start has asked.
struct Recollection: Sendable {
    private var memories: [NodeID: (incarnation: Incarnation, memory: Memory)] = [:]
    /// Those that have not answered.
    var silent: Set<NodeID> = []
    /// What this start calls itself.
    let start: UInt64

    init(start: UInt64) {
        self.start = start
    }

    func memory(of node: NodeID, _ incarnation: Incarnation) -> Memory {
        guard let known = memories[node], known.incarnation == incarnation else { return Memory() }
        return known.memory
    }

    mutating func note(_ promised: Ballot, by node: NodeID, _ incarnation: Incarnation) {
        var memory = memory(of: node, incarnation)
        memory.promised = max(memory.promised, promised)
        memories[node] = (incarnation, memory)
    }

    mutating func note(boot: UInt64, start: UInt64, of node: NodeID, _ incarnation: Incarnation) {
        var memory = memory(of: node, incarnation)
        if boot > memory.boot { (memory.boot, memory.start) = (boot, start) }
        memories[node] = (incarnation, memory)
    }
}

extension ReplicaDriver {
    mutating func beginRecall() {
        recollection.silent = Set(configuration.members.filter { $0 != configuration.node })
    }

    /// Asks again those that did not answer, for as long as it may matter.
    mutating func tickRecall() {
        guard !recollection.silent.isEmpty, ticks % configuration.heartbeatTicks == 1 else { return }
        for node in recollection.silent.sorted() {
            send(.recall(.question(boot: boot, start: recollection.start)), to: node)
        }
    }

    mutating func note(_ recall: Recall, from node: NodeID, _ incarnation: Incarnation) {
        switch recall {
        case .question(let asked, let start):
            send(.recall(.answer(recollection.memory(of: node, incarnation))), to: node)
            recollection.note(boot: asked, start: start, of: node, incarnation)
        case .answer(let memory):
            guard recollection.silent.remove(node) != nil, let promised = replica?.acceptor.promised else { return }
            if memory.boot > boot || (memory.boot == boot && memory.start != recollection.start) {
                suspendVote(.olderThanItsStarts(node, boot: memory.boot))
            } else if memory.promised > promised {
                suspendVote(.olderThanItsPromises(node, memory.promised))
            } else if recollection.silent.isEmpty {
                replica?.endRecall()
            }
        }
    }

    private mutating func suspendVote(_ reason: SuspensionReason) {
        guard replica?.isVoter == true else { return }
        effects.append(.report(.voteSuspended(reason)))
        // A new name: what the others chose, or may yet choose, for the disk that this one was once is not for this one.
        vote = .random(using: &random)
        isSessionSuspended = true
        replica?.suspendVote(format: .entries(of: session, vote: vote))
    }
}

package enum SuspensionReason: Sendable, Equatable {
    /// The settings say that the disk may be an older image.
    case strictRestart
    case olderThanItsStarts(NodeID, boot: UInt64)
    case olderThanItsPromises(NodeID, Ballot)
}

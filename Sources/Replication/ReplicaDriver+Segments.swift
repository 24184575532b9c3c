// Catching up by ended segments, whole: asked for, fetched, taken into the log, and applied out of it
// (docs/decisions/0018). Their entries never go through the journal.

import Paxos
import PaxosLog
import StateMachine

/// Where a node stands that catches up by files.
struct SegmentCatchUp: Sendable {
    /// The last block of what was taken in last, until it is applied.
    private var end: BlockDigest?
    /// Since the start.
    private(set) var takenIn = 0
    /// Whether this node's own log is being read, and from which tick on it may be.
    var isReading = false
    var nextReading = 0

    mutating func noteTakenIn(_ last: BlockDigest?) {
        takenIn += 1
        end = last
    }

    /// A state that a snapshot is to be taken of goes with the digest that the log had there before the state was.
    mutating func noteApplied(through slot: Slot, _ snapshots: inout SnapshotSchedule) {
        guard let end, slot >= end.slots.upperBound else { return }
        snapshots.noteDurable([end])
        self.end = nil
    }
}

extension ReplicaDriver {
    // MARK: Asking

    /// What stands in this node's log already, or is on its way as a file, is not asked for; the rest as a file, where no
    /// other is fetched and none was given up just now.
    mutating func ask(for request: Message.CatchUp, of node: NodeID) {
        guard !isLogAhead, fetch?.segment == nil else { return }
        let takesFiles = fetch == nil && ticks >= nextFetch
        send(takesFiles ? .shipping(.wanted(request)) : .paxos(.catchUp(request)), to: node)
    }

    mutating func serveWanted(_ request: Message.CatchUp, to node: NodeID) {
        guard let chosen = replica?.chosenThrough, request.from <= min(request.through, chosen) else { return }
        let held = Message.CatchUp(from: request.from, through: min(request.through, chosen))
        serve(held, to: node, offersSegment: true)
    }

    /// A peer has most of what this node lacks first as a file.
    mutating func note(_ segment: EndedSegment, from node: NodeID) {
        guard fetch == nil, ticks >= nextFetch, !isInstalling, !isLogAhead,
            let chosen = replica?.chosenThrough, segment.slots.contains(chosen.next)
        else { return }
        beginFetch(.segment(segment.name), whole: segment, from: holders(of: segment).first ?? node)
    }

    // MARK: Taking in

    mutating func noteTakenIn(_ name: SegmentName, _ intake: SegmentIntake) {
        isInstalling = false
        switch intake {
        case .takenIn(let log, let blocks, let kept):
            let peer = fetch?.peer ?? configuration.node
            fetch = nil
            heldBlocks.removeAll { $0.block.lastSlot <= log.through }
            segments.noteTakenIn(blocks.last)
            damaged.noteMended(name)
            noteDurable(log, blocks)
            segments.noteApplied(through: store.appliedThrough, &snapshots)
            effects.append(.report(.segmentTakenIn(name, from: peer, through: log.through, kept: kept)))
        case .stale: endFetch()
        case .unproven(let reason):
            guard let fetch else { return }
            effects.append(.report(.segmentRefused(name, from: fetch.peer, reason: reason)))
            refuseCopy()
        }
    }

    // MARK: Applying

    /// Whether this node's log holds more than was applied.
    private var isLogAhead: Bool { tail.map { $0.durableThrough > store.appliedThrough } ?? false }

    /// One reading a tick, so that whoever else wants something of this node need not wait.
    mutating func tickSegments() {
        guard isLogAhead, !segments.isReading, ticks >= segments.nextReading else { return }
        segments.isReading = true
        effects.append(
            .readLog(
                from: store.appliedThrough.next, bytes: configuration.messageBytes / 2, peer: configuration.node,
                offersSegment: false))
    }

    /// Applies what was read of this node's own log.
    mutating func learn(_ passage: LogPassage) {
        segments.isReading = false
        guard isLogAhead, let tail, case .blocks(let blocks) = passage else { return }
        let run = LogTail.values(
            in: blocks, from: store.appliedThrough.next, through: tail.durableThrough, bytes: .max)
        guard let run else {
            // It can't be read now, and may be when it is mended.
            segments.nextReading = ticks + configuration.resendTicks
            return
        }
        replica?.learn(logged: run)
    }
}

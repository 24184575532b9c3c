// What a leader keeps while its ballot stands: its proposals, how far each peer has accepted them, and its read rounds.

package import DequeModule

package struct Leadership: Sendable {
    package let ballot: Ballot
    /// The first slot it proposes in: above everything that a promiser knew to be chosen.
    package let base: Slot
    /// What the promises oblige it to propose from `base` on, until it has learned all below and can begin.
    package var inherited: Candidacy?
    /// The last slot it proposed in; the slot before `base` while it has proposed nothing.
    package private(set) var lastProposed: Slot
    /// The slot of the no-op that opens the ballot, or of the configuration that ends what it inherits. No read is answered
    /// before it is chosen.
    package var opening: Slot?
    package var reads = ReadRounds()
    package var peers: [NodeID: Progress] = [:]
    /// Through which slot this node's own acceptance is durable.
    package var ownThrough: Slot
    /// Nothing is proposed behind a configuration that is not chosen.
    package var isFenced = false
    /// Nothing is proposed while another node is asked to take over.
    package var isHandingOver = false
    var ticksHandingOver = 0

    /// The runs from the first that may still have to be sent on.
    private var runs: Deque<Run> = []
    private var runBytes = 0
    private var unchosenBytes = 0

    package init(ballot: Ballot, base: Slot, inherited: Candidacy) {
        self.ballot = ballot
        self.base = base
        self.inherited = inherited
        lastProposed = base.previous
        ownThrough = base.previous
    }

    /// How far one peer is.
    package struct Progress: Sendable {
        /// Every slot from the base on is accepted through this one, durably.
        package var accepted: Slot
        /// The next slot to send.
        package var next: Slot
        /// What was sent and is not accepted: the last slot and the bytes of each run.
        package var inFlight: Deque<(last: Slot, bytes: Int)> = []
        package var inFlightBytes = 0
        package var markSent = Slot.zero
        /// Whether this life of the node votes. Once a learner has spoken, what an earlier life accepted counts no more.
        package private(set) var isVoter = false
        private var isLearner = false
        package var ticksSinceHeard = 0
        /// The first heartbeat's round that no answer has come for, and what was next to send when it left; later ones
        /// don't take its place, or answers that are slower than heartbeats would never settle anything.
        package private(set) var probe: (round: UInt64, next: Slot)?

        package init(base: Slot) {
            accepted = base.previous
            next = base
        }

        mutating func noteHeard(asVoter: Bool) {
            ticksSinceHeard = 0
            isLearner = isLearner || !asVoter
            isVoter = !isLearner
        }

        mutating func noteProbe(_ round: UInt64) {
            if probe == nil { probe = (round, next) }
        }

        /// The peer has answered a round, having received all that comes before `expected`. Links keep order: what left
        /// before the probe and had not arrived with this round is lost.
        mutating func noteReceived(before expected: Slot, round: UInt64) {
            if let probe, round >= probe.round {
                self.probe = nil
                if expected < probe.next { return goBack(to: expected) }
            }
            // What it learned elsewhere need not be sent. That is no vote.
            next = max(next, expected)
        }

        mutating func sent(_ run: Run) {
            next = run.lastSlot.next
            inFlight.append((run.lastSlot, run.body.count))
            inFlightBytes += run.body.count
        }

        mutating func noteAccepted(through slot: Slot) {
            accepted = max(accepted, slot)
            next = max(next, accepted.next)
            while let first = inFlight.first, first.last <= accepted {
                inFlightBytes -= first.bytes
                inFlight.removeFirst()
            }
        }

        /// What was sent from `slot` on is lost.
        mutating func goBack(to slot: Slot) {
            next = max(slot, accepted.next)
            inFlight.removeAll { $0.last >= next }
            inFlightBytes = inFlight.reduce(0) { $0 + $1.bytes }
        }
    }

    /// How much may be proposed that is not chosen.
    package func hasRoom(chosenThrough: Slot, window: Acceptor.Window) -> Bool {
        opening != nil && !isFenced && !isHandingOver && unchosenBytes < window.bytes
            && lastProposed - max(chosenThrough, base.previous) < window.slots
    }

    package mutating func add(_ run: Run) {
        precondition(run.firstSlot == lastProposed.next && run.ballot == ballot, "a leader proposes without gaps")
        runs.append(run)
        lastProposed = run.lastSlot
        runBytes += run.body.count
        unchosenBytes += run.body.count
    }

    /// The first slot that can still be sent from memory.
    package var firstKept: Slot { runs.first?.firstSlot ?? lastProposed.next }

    /// The run to send to a peer that comes next at `slot`.
    package func run(from slot: Slot, checksum: RunChecksum) -> Run? {
        guard slot >= firstKept, slot <= lastProposed else { return nil }
        var low = runs.startIndex
        var high = runs.endIndex
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].lastSlot < slot { low = middle + 1 } else { high = middle }
        }
        return runs[low].part(in: slot...runs[low].lastSlot, sealedBy: checksum)
    }

    /// The last slot that a majority has accepted at this ballot.
    package func majorityAccepted(_ configuration: Configuration, own: NodeID) -> Slot {
        let accepted = configuration.members.map { member -> Slot in
            if member.node == own { return ownThrough }
            guard let peer = peers[member.node], peer.isVoter else { return .zero }
            return peer.accepted
        }
        return accepted.sorted(by: >)[configuration.majority - 1]
    }

    /// Forgets runs that are chosen, but for the last ones, which a peer close behind may still need.
    package mutating func noteChosen(_ chosen: [Run], through slot: Slot) {
        for run in chosen { unchosenBytes -= run.body.count }
        while let first = runs.first, first.lastSlot <= slot, runBytes > Leadership.keptBytes {
            runBytes -= first.body.count
            runs.removeFirst()
        }
    }

    package static let keptBytes = 4 << 20
    /// What may be under way to one peer; beyond it the peer must accept first.
    package static let mostInFlightBytes = 8 << 20
}

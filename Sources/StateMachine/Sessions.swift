// What each session has had applied, so that a command proposed twice is applied once. It remembers within a bound that
// is counted in slots, not in time, because every node must forget the same thing at the same slot. What it has
// forgotten it refuses; it never applies anything that it cannot tell from a repetition.

import DequeModule
import Paxos

/// Invariant: what is kept depends on nothing but the sequence of calls, so that it is equal on all nodes.
struct Sessions: Sendable {
    /// How many slots a sequence number that did not come, and the last use of a session that was followed by a newer
    /// boot, are remembered for.
    let bound: UInt64
    /// By node, ascending. There are few, and each command looks one up.
    private var nodes: [NodeSessions] = []

    init(bound: UInt64) {
        self.bound = bound
    }

    enum Verdict: Equatable {
        /// Never seen before; it is settled from here on.
        case new
        case duplicate
        case expired
    }

    /// Settles a request in `slot`, and tells whether it is the first with its number.
    mutating func settle(
        _ session: SessionID, sequence: UInt64, at slot: Slot, digest: inout StateDigest
    ) -> Verdict {
        precondition(sequence > 0, "sequence 0 belongs to no session")
        return nodes[index(of: session.node)]
            .settle(session, sequence: sequence, at: slot, bound: bound, digest: &digest)
    }

    /// Where the sessions of `node` are; there are none yet where it was not known.
    private mutating func index(of node: NodeID) -> Int {
        let index = nodes.firstIndex { $0.node >= node } ?? nodes.endIndex
        if index == nodes.endIndex || nodes[index].node != node { nodes.insert(NodeSessions(node: node), at: index) }
        return index
    }

    /// How many sessions are remembered.
    var count: Int { nodes.reduce(0) { total, node in total + node.sessions.count } }

    /// All of them, in the order of their names.
    var inOrder: [Session] { nodes.flatMap(\.sessions) }

    /// Takes back one that was remembered, behind all those that `inOrder` gave before it.
    mutating func append(_ session: Session) throws(StateBuilderError) {
        if let last = nodes.last, session.id.node < last.node { throw .malformedSessions }
        try nodes[index(of: session.id.node)].append(session)
    }

    /// What all sessions together add to the digest, computed anew.
    func addTerms(to digest: inout StateDigest) {
        for node in nodes { node.addTerms(to: &digest) }
    }
}

/// The sessions of one node in ascending order: the last is the newest boot's, which is kept for ever; those before it
/// are what the node sent before it was started anew, few or none, and kept while they are in use.
private struct NodeSessions: Sendable {
    let node: NodeID
    private(set) var sessions: [Session] = []

    init(node: NodeID) {
        self.node = node
    }

    mutating func append(_ session: Session) throws(StateBuilderError) {
        if let last = sessions.last, last.id >= session.id { throw .malformedSessions }
        sessions.append(session)
    }

    mutating func settle(
        _ id: SessionID, sequence: UInt64, at slot: Slot, bound: UInt64, digest: inout StateDigest
    ) -> Sessions.Verdict {
        if sessions.count > 1 { dropUnused(at: slot, bound: bound, digest: &digest) }
        if let newest = sessions.last?.id, id <= newest {
            guard let index = sessions.lastIndex(where: { $0.id == id }) else { return .expired }
            return sessions[index].settle(sequence, at: slot, bound: bound, digest: &digest)
        }
        let session = Session(id: id, lastUse: slot)
        session.forEachTerm { digest.add($0) }
        sessions.append(session)
        dropUnused(at: slot, bound: bound, digest: &digest)
        return sessions[sessions.count - 1].settle(sequence, at: slot, bound: bound, digest: &digest)
    }

    /// Forgets the sessions before the newest that nothing new came from within the bound.
    private mutating func dropUnused(at slot: Slot, bound: UInt64, digest: inout StateDigest) {
        guard let newest = sessions.last?.id else { return }
        sessions.removeAll { session in
            let isUnused = session.id != newest && slot.rawValue - session.lastUse.rawValue > bound
            if isUnused { session.forEachTerm { digest.remove($0) } }
            return isUnused
        }
    }

    func addTerms(to digest: inout StateDigest) {
        for session in sessions { session.forEachTerm { digest.add($0) } }
    }
}

/// One session. Kept as what is missing rather than as what came: a command in order then moves one number, also
/// behind a number that never comes.
///
/// Invariant: every sequence up to `highest` is forgotten (at or below `forgotten`), missing (in a gap), or settled.
struct Session: Sendable {
    let id: SessionID
    /// The slot of the last command that was new.
    private(set) var lastUse: Slot
    /// The highest sequence that was settled.
    private(set) var highest: UInt64 = 0
    /// Of this sequence and those before it nothing is known.
    private(set) var forgotten: UInt64 = 0
    /// Sequences that did not come yet though a higher one did; in ascending order, and so in order of their age too.
    private(set) var gaps: Deque<Gap> = []

    struct Gap: Sendable {
        var first: UInt64
        var last: UInt64
        /// The slot of the first command with a higher sequence.
        var since: Slot
    }

    init(id: SessionID, lastUse: Slot, highest: UInt64 = 0, forgotten: UInt64 = 0, gaps: Deque<Gap> = []) {
        self.id = id
        self.lastUse = lastUse
        self.highest = highest
        self.forgotten = forgotten
        self.gaps = gaps
    }

    mutating func settle(
        _ sequence: UInt64, at slot: Slot, bound: UInt64, digest: inout StateDigest
    ) -> Sessions.Verdict {
        digest.remove(headTerm)
        defer { digest.add(headTerm) }
        forgetOldGaps(at: slot, bound: bound, digest: &digest)
        if sequence > highest {
            if sequence > highest + 1 {
                let gap = Gap(first: highest + 1, last: sequence - 1, since: slot)
                gaps.append(gap)
                digest.add(term(of: gap))
            }
            highest = sequence
            lastUse = slot
            return .new
        }
        if sequence <= forgotten { return .expired }
        guard let index = indexOfGap(holding: sequence) else { return .duplicate }
        close(sequence, inGapAt: index, digest: &digest)
        lastUse = slot
        return .new
    }

    private mutating func forgetOldGaps(at slot: Slot, bound: UInt64, digest: inout StateDigest) {
        while let gap = gaps.first, slot.rawValue - gap.since.rawValue > bound {
            digest.remove(term(of: gap))
            forgotten = gap.last
            gaps.removeFirst()
        }
    }

    private func indexOfGap(holding sequence: UInt64) -> Int? {
        var low = 0
        var high = gaps.count
        while low < high {
            let middle = (low + high) / 2
            if gaps[middle].last < sequence { low = middle + 1 } else { high = middle }
        }
        return low < gaps.count && gaps[low].first <= sequence ? low : nil
    }

    /// Takes one sequence out of a gap, which leaves no gap, a shorter one or two.
    private mutating func close(_ sequence: UInt64, inGapAt index: Int, digest: inout StateDigest) {
        let gap = gaps[index]
        var parts: [Gap] = []
        if gap.first < sequence { parts.append(Gap(first: gap.first, last: sequence - 1, since: gap.since)) }
        if sequence < gap.last { parts.append(Gap(first: sequence + 1, last: gap.last, since: gap.since)) }
        digest.remove(term(of: gap))
        for part in parts { digest.add(term(of: part)) }
        gaps.replaceSubrange(index...index, with: parts)
    }

    private var headTerm: DigestTerm {
        DigestTerm(session: id, kind: 1, highest, forgotten, lastUse.rawValue)
    }

    private func term(of gap: Gap) -> DigestTerm {
        DigestTerm(session: id, kind: 2, gap.first, gap.last, gap.since.rawValue)
    }

    func forEachTerm(_ body: (DigestTerm) -> Void) {
        body(headTerm)
        for gap in gaps { body(term(of: gap)) }
    }
}

// What an operator would do: look at a node that ended, repair it where that can be, and notice that it is whole again.
// Everything that is known of how nodes mend themselves, or don't, is here.

extension TortureRun {
    /// The exit statuses that a node may have by itself (docs/operations.md).
    private static let damagedData: Int32 = 65
    private static let diskFailed: Int32 = 74

    /// Notices that a node ended which nobody told to, and that a vote came back.
    func supervise(_ node: TestedNode) throws(TortureFailure) {
        if let view = node.view {
            node.damage.note(view.status.setAside)
            noteMended(node, view)
            if let lost = node.lostIncarnation {
                if view.hasVote, view.status.incarnation > lost {
                    node.incarnation = view.status.incarnation
                    // A byte that was flipped meanwhile may cost the vote once more.
                    node.lostIncarnation = node.damage.isUnmended ? node.incarnation : nil
                    if !node.damage.isUnmended { budget.giveBack(node.number) }
                    tally.votesBack += 1
                    say("\(node.name) has its vote back, as incarnation \(view.status.incarnation)")
                }
            } else {
                node.incarnation = max(node.incarnation, view.status.incarnation)
            }
        }
        guard !node.isHeldDown, let ending = node.takeEnding() else { return }
        switch ending {
        case .exit(Self.damagedData) where node.damage.isUnmended:
            tally.refusals += 1
            say("\(node.name) refuses to start: \(node.lastLine)")
            try startEmpty(node)
        case .exit(Self.diskFailed) where node.isDiskFull:
            tally.endedForRoom += 1
            say("\(node.name) has ended for want of room")
            node.holdDown()
        default:
            find("\(node.name) ended by itself: \(ending): \(node.lastLine)")
            tally.unexpectedEnds += 1
            guard tally.unexpectedEnds < 20 else { throw .unavailable("nodes end by themselves again and again") }
            try node.start()
        }
    }

    /// A node that sets aside what is damaged mends it from the others; damage to its log alone does not cost its vote.
    private func noteMended(_ node: TestedNode, _ view: NodeView) {
        guard view.hasMended, view.hasVote, node.damage.mend(view.status.setAside, start: node.startedAt) else {
            return
        }
        tally.mended += 1
        say("\(node.name) has mended what was damaged: \(view.status.setAside.joined(separator: "; "))")
        if !node.damage.isUnmended, node.lostIncarnation == view.status.incarnation {
            node.lostIncarnation = nil
            budget.giveBack(node.number)
        }
    }

    /// Whether every node takes part in decisions. It is asked for in the end only where a vote came back before: nodes
    /// of an older version keep none that was lost.
    var allVotesAreBack: Bool {
        tally.votesBack == 0 || nodes.allSatisfy { $0.lostIncarnation == nil || $0.damage.isUnmended }
    }

    /// Damages a node that stands in the budget, and says where; whether that costs its vote is for the node to find out.
    /// - Returns: nil when it has nothing on disk to damage.
    func flipByte(of node: TestedNode, _ place: UInt64) throws(TortureFailure) -> String? {
        guard let flipped = try node.disk.flipByte(place) else {
            if node.lostIncarnation == nil { budget.giveBack(node.number) }
            return nil
        }
        node.damage.flip(flipped.file, at: Clock.now)
        if node.lostIncarnation == nil { node.lostIncarnation = node.incarnation }
        return flipped.place
    }

    /// Keeps the folder aside, and starts the node without one: it has no vote until the others give it back.
    func startEmpty(_ node: TestedNode) throws(TortureFailure) {
        try node.disk.setAside()
        node.damage = NodeDamage()
        if node.lostIncarnation == nil { node.lostIncarnation = node.incarnation }
        tally.startedEmpty += 1
        say("\(node.name) starts with an empty folder")
        try node.start()
    }
}

// What an operator would do: look at a node that ended, repair it where that can be, and notice that it is whole again.
// Everything that is known of how nodes mend themselves, or don't, is here.

extension TortureRun {
    /// The exit statuses that a node may have by itself (docs/operations.md).
    private static let damagedData: Int32 = 65
    private static let diskFailed: Int32 = 74

    /// Notices that a node ended which nobody told to, and that a vote came back.
    func supervise(_ node: TestedNode) throws(TortureFailure) {
        if let view = node.watch.view {
            if let lost = node.lostIncarnation {
                if view.hasVote, view.status.incarnation > lost {
                    node.lostIncarnation = nil
                    budget.giveBack(node.number)
                    tally.votesBack += 1
                    say("\(node.name) has its vote back, as incarnation \(view.status.incarnation)")
                }
            } else {
                node.incarnation = max(node.incarnation, view.status.incarnation)
            }
        }
        guard !node.isHeldDown, let ending = node.takeEnding() else { return }
        switch ending {
        case .exit(Self.damagedData) where node.isFlipped:
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

    /// Keeps the folder aside, and starts the node without one: it has no vote until the others give it back.
    func startEmpty(_ node: TestedNode) throws(TortureFailure) {
        try node.disk.setAside()
        node.isFlipped = false
        node.lostIncarnation = node.incarnation
        tally.startedEmpty += 1
        say("\(node.name) starts with an empty folder")
        try node.start()
    }
}

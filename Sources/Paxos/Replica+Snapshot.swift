// What a node learns with a state that it took over whole: that everything the state rests on is chosen, though the
// values are not here.

extension Replica {
    /// - Parameters:
    ///   - slot: every slot through this one is chosen, and durable in the state that was taken over.
    ///   - next: who votes by that state, and what this node's disk is then.
    ///   - promised: no ballot that chose any of it is higher. It is taken over, as with values that are learned.
    package mutating func learn(
        through slot: Slot, configuration next: (Configuration, own: Incarnation)?, promised: Ballot
    ) {
        guard slot > acceptor.chosenThrough else { return }
        takeOver(promised, learnedThrough: slot)
        acceptor.learn(through: slot)
        if let next { note(next) }
        deliver(acceptor.advance())
        askForChosen()
        openIfReady()
    }
}

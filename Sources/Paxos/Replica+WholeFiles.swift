// What a node learns with files that it takes over whole, a state or a part of the log: that everything in them is chosen.
// No record says so; the files do. What they rest on must be promised, durably, before they count for anything here.

extension Replica {
    /// Promises what whoever gave a file has promised: no ballot that chose any of what it holds is higher. When the record
    /// is durable, the file may be put in its place. A node that crashes in between would else know slots to be chosen, and
    /// answer a lower ballot in them.
    package mutating func promise(before promised: Ballot) { takeOver(promised, learnedThrough: .zero) }

    /// - Parameters:
    ///   - slot: every slot through this one is chosen, and durable in the state that was taken over.
    ///   - next: who votes by that state, and what this node's disk is then.
    package mutating func learn(through slot: Slot, configuration next: (Configuration, own: Incarnation)?) {
        guard slot > acceptor.chosenThrough else { return }
        takeOver(.none, learnedThrough: slot)
        acceptor.learn(through: slot)
        if let next { note(next) }
        deliver(acceptor.advance())
        askForChosen()
        openIfReady()
    }

    /// Chosen values out of this node's own log, which need not go through the journal.
    package mutating func learn(logged values: Run) {
        catchUp.noteAnswer(from: values.firstSlot)
        guard values.firstSlot <= acceptor.chosenThrough.next, values.lastSlot > acceptor.chosenThrough,
            let run = values.part(in: acceptor.chosenThrough.next...values.lastSlot, sealedBy: format.checksum)
        else { return }
        takeOver(.none, learnedThrough: run.lastSlot)
        acceptor.learn(chosen: run)
        outputs.append(.chosen(run))
        noteConfiguration(in: run)
        deliver(acceptor.advance())
        askForChosen()
        openIfReady()
    }
}

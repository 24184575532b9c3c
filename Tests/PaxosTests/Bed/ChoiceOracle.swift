// Judges from outside what is chosen: a value that a majority of voters has durably accepted at one ballot, whatever any
// node believes ("Paxos Made Simple", 2.2). It takes no part in the agreement.

@testable import Paxos

struct ChoiceOracle {
    private struct Votes {
        var ballot: Ballot
        var value: [UInt8]
        var voters: Set<NodeID>
    }
    private struct Decision {
        var votes: [Votes] = []
        var chosen: [UInt8]?
    }

    private let majority: Int
    private var decisions: [Decision] = []
    private(set) var violations: [String] = []
    /// The ballots that were led, and the ballots that were prepared and by which life of a node.
    private var led: Set<Ballot> = []
    private var prepared: [Ballot: Int] = [:]
    /// The highest slot that any node has put out as chosen.
    private(set) var knownThrough = Slot.zero

    init(majority: Int) {
        self.majority = majority
    }

    mutating func violate(_ text: String) { violations.append(text) }

    private mutating func withDecision(_ slot: Slot, _ body: (inout Decision) -> String?) {
        let index = Int(slot.rawValue)
        while decisions.count <= index { decisions.append(Decision()) }
        if let violation = body(&decisions[index]) { violate(violation) }
    }

    /// A voter holds these values durably at the run's ballot.
    mutating func noteDurable(_ run: Run, by node: NodeID) {
        let majority = majority
        for (index, value) in run.values.enumerated() {
            let slot = run.firstSlot + index
            withDecision(slot) { decision in
                let place = decision.votes.firstIndex { $0.ballot == run.ballot }
                if let place {
                    guard decision.votes[place].value == value else { return "two values in \(slot) at \(run.ballot)" }
                    decision.votes[place].voters.insert(node)
                } else {
                    decision.votes.append(Votes(ballot: run.ballot, value: value, voters: [node]))
                }
                guard decision.votes[place ?? decision.votes.count - 1].voters.count >= majority else { return nil }
                if let chosen = decision.chosen, chosen != value { return "two values are chosen in \(slot)" }
                decision.chosen = value
                return nil
            }
        }
    }

    /// A node says that these values are chosen.
    mutating func noteChosen(_ run: Run, by node: NodeID) {
        for (index, value) in run.values.enumerated() {
            let slot = run.firstSlot + index
            withDecision(slot) { decision in
                guard let chosen = decision.chosen else { return "\(node) takes \(slot) for chosen, which it is not" }
                return chosen == value ? nil : "\(node) takes another value for chosen in \(slot)"
            }
        }
        knownThrough = max(knownThrough, run.lastSlot)
    }

    mutating func noteLeading(_ ballot: Ballot) {
        if !led.insert(ballot).inserted { violate("\(ballot) is led twice") }
    }

    /// - Parameter life: a number of its own for each start of each node.
    mutating func notePrepared(_ ballot: Ballot, life: Int) {
        if prepared.updateValue(life, forKey: ballot) ?? life != life { violate("\(ballot) is prepared again") }
    }

    func chosen(_ slot: Slot) -> String? {
        guard slot.rawValue < decisions.count, let value = decisions[Int(slot.rawValue)].chosen else { return nil }
        return String(decoding: value.dropFirst(4), as: UTF8.self)
    }
}

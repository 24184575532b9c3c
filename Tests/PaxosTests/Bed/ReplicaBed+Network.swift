// How messages travel on the bed: as the test says.

@testable import Paxos

extension ReplicaBed {
    /// Hands over one message, whether it is in the network or was kept.
    mutating func hand(_ envelope: Envelope) {
        turn(envelope.to) { $0.receive(envelope.message, from: envelope.from, incarnation: envelope.incarnation) }
    }

    mutating func hand(_ envelopes: [Envelope]) {
        for envelope in envelopes { hand(envelope) }
    }

    /// Takes messages out of the network.
    @discardableResult
    mutating func take(where matches: (Envelope) -> Bool = { _ in true }) -> [Envelope] {
        let taken = network.filter(matches)
        network.removeAll(where: matches)
        return taken
    }

    @discardableResult
    mutating func take(_ kinds: Envelope.Kind...) -> [Envelope] {
        take { kinds.contains($0.kind) }
    }

    /// Delivers what is under way now, but not what comes of it.
    mutating func deliver(_ kinds: Envelope.Kind...) {
        hand(take { kinds.isEmpty || kinds.contains($0.kind) })
    }

    /// As above, of what matches.
    mutating func deliver(where matches: (Envelope) -> Bool) { hand(take(where: matches)) }

    /// Delivers matching messages, and those that come of them, until none is left.
    mutating func settle(where matches: (Envelope) -> Bool = { _ in true }) {
        for _ in 0..<1000 {
            let envelopes = take(where: matches)
            if envelopes.isEmpty { return }
            hand(envelopes)
        }
        oracle.violate("the messages do not come to rest")
    }

    /// Lets time pass with everything delivered.
    mutating func run(ticks: Int) {
        for _ in 0..<ticks {
            tick()
            settle()
        }
    }

    mutating func isolate(_ node: NodeID) {
        for other in nodes where other != node {
            cut.insert([node, other])
            cut.insert([other, node])
        }
    }

    mutating func heal() { cut.removeAll() }

    /// The nodes that lead, and have begun to propose.
    var leaders: [NodeID] { nodes.filter { self[$0].isUp && self[$0].replica.nextSlot != nil } }

    func texts(_ node: NodeID) -> [String] {
        self[node].chosen.map { String(decoding: $0.dropFirst(4), as: UTF8.self) }
    }
}

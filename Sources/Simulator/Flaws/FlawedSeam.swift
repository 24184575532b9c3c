// Stands between a driver and the world, and makes a node with a flaw of it: changes the events that it is handed, and
// the effects that it wants.

import Paxos
import PaxosLog
import Replication
import StateMachine

struct FlawedSeam {
    let flaw: Flaw
    let node: NodeID
    let members: [NodeID]
    /// Its own, so that a run with a flaw differs from one without by the flaw alone.
    var random: SplitMix64
    /// What it does of its own accord at the end of the turn.
    var effects: [Effect] = []
    /// What was accepted at any ballot and may not be known to be chosen, the oldest first.
    var accepted: [Run] = []
    /// The last no-op or later that this node proposed when it began to lead.
    var opening: (ballot: Ballot, slot: Slot)?
    private var forwarded: Set<UInt64> = []
    private var renumbered: UInt64 = 1 << 40

    init(_ flaw: Flaw, node: NodeID, members: [NodeID]) {
        self.flaw = flaw
        self.node = node
        self.members = members
        random = SplitMix64(seed: UInt64(node.rawValue))
    }

    /// The node starts anew with this.
    mutating func start(_ recovered: inout RecoveredNode) {
        forwarded = []
        opening = nil
        effects = []
        accepted = recovered.accepted
        switch flaw {
        case .reuseBallot: recovered.promised = recovered.accepted.map(\.ballot).max() ?? .none
        case .unknownIsEmpty: recovered.unknown = []
        default: break
        }
    }

    /// What the driver is handed in place of an event.
    mutating func admit(_ event: Event, to driver: ReplicaDriver) -> [Event] {
        switch event {
        case .message(let message, let from):
            if case .recall = message.content, flaw == .trustImage { return [] }
            guard case .paxos(let content) = message.content else { return [event] }
            return admit(content, in: message, from: from, to: driver)
        case .request(let request, .read(let key)) where answersReadsAtOnce(driver):
            return [.request(request, .readLocal(key: key))]
        default: return [event]
        }
    }

    private mutating func admit(
        _ content: Message, in message: PeerMessage, from: NodeID, to driver: ReplicaDriver
    ) -> [Event] {
        func with(_ content: Message, from node: NodeID) -> Event {
            var message = message
            message.content = .paxos(content)
            return .message(message, from: node)
        }
        let unchanged = Event.message(message, from: from)
        switch (flaw, content) {
        case (.countRefusal, .refused(let refused)) where driver.status.role == .candidate:
            let promise = Message.Promise(
                ballot: refused.ballot, chosenThrough: .zero, part: 0, parts: 1, accepted: [])
            return [with(.promise(promise), from: from)]
        case (.countTwice, .accepted):
            let others = members.filter { $0 != node && $0 != from }
            guard let other = others.first(where: { $0 > from }) ?? others.first else { return [unchanged] }
            return [unchanged, with(content, from: other)]
        case (.proposeOverAccepted, .promise(var promise)):
            promise.accepted = []
            return [with(.promise(promise), from: from)]
        case (.believeDeposed, .mark(let mark)) where mark.ballot < driver.promised:
            return believed(mark, by: driver).map { with(.learned($0), from: from) } + [unchanged]
        case (.believeDeposed, .heartbeat(let heartbeat)) where heartbeat.mark.ballot < driver.promised:
            return believed(heartbeat.mark, by: driver).map { with(.learned($0), from: from) } + [unchanged]
        case (.believeDeposed, .accept(let accept)) where accept.run.ballot < driver.promised:
            let mark = Message.Mark(
                ballot: accept.run.ballot, base: accept.base, chosenThrough: accept.chosenThrough)
            return believed(mark, by: driver).map { with(.learned($0), from: from) } + [unchanged]
        case (.readWithoutRound, .readIndex(let question)), (.readBeforeNoOp, .readIndex(let question)):
            guard answersReadsAtOnce(driver) else { return [unchanged] }
            let answer = Message.ReadIndexAnswer(question: question.question, slot: driver.store.appliedThrough)
            effects.append(.send(with: .readIndexAnswer(answer), like: message, of: driver, to: from))
            return []
        case (.ignoreChecksum, .accept(var accept)):
            accept.run = misread(accept.run)
            return [with(.accept(accept), from: from)]
        case (.ignoreChecksum, .learned(var learned)):
            learned.run = misread(learned.run)
            return [with(.learned(learned), from: from)]
        default: return [unchanged]
        }
    }

    /// What becomes of the driver's effects.
    /// - Returns: what is carried out, and what the driver is told at once.
    mutating func release(_ wanted: [Effect], of driver: ReplicaDriver) -> (effects: [Effect], events: [Event]) {
        var released = effects
        effects = []
        var events: [Event] = []
        for effect in wanted {
            watch(effect, of: driver)
            switch (flaw, effect) {
            case (.answerBeforeDurable, .journal(let batch, _)):
                released.append(effect)
                events.append(.journalDurable(batch))
            case (.answerBeforeDurable, .send(let message, let to, _)):
                released.append(.send(message, to: to, after: nil))
            case (.forgetCompacted, .send(var message, let to, let batch)):
                if case .paxos(.promise(var promise)) = message.content {
                    promise.chosenThrough = .zero
                    message.content = .paxos(.promise(promise))
                }
                released.append(.send(message, to: to, after: batch))
            case (.applyWithGap, .send(let message, let to, _)):
                switch message.content {
                case .paxos(.catchUp(let question)), .shipping(.wanted(let question)):
                    events.append(passOver(question.from, like: message, from: to))
                default: released.append(effect)
                }
            case (.applyTwice, .send(var message, let to, let batch)):
                if case .forward(let forward) = message.content { message.content = .forward(renumber(forward)) }
                released.append(.send(message, to: to, after: batch))
            default: released.append(effect)
            }
        }
        return (released, events)
    }

    private mutating func watch(_ effect: Effect, of driver: ReplicaDriver) {
        switch effect {
        case .journal(_, let records):
            accepted.removeAll { $0.lastSlot <= driver.store.appliedThrough }
            for case .accepted(let run) in records { accepted.append(run) }
        case .report(.leaderElected(node, let ballot)):
            opening = accepted.last { $0.ballot == ballot }.map { (ballot, $0.lastSlot) }
        default: break
        }
    }

    private mutating func renumber(_ forward: ForwardedCommands) -> ForwardedCommands {
        var forward = forward
        for index in forward.commands.indices where !forwarded.insert(forward.commands[index].sequence).inserted {
            renumbered += 1
            forward.commands[index].sequence = renumbered
        }
        return forward
    }
}

extension Effect {
    /// A message that says `content`, to whoever sent `message`.
    static func send(
        with content: Message, like message: PeerMessage, of driver: ReplicaDriver, to node: NodeID
    ) -> Effect {
        let message = PeerMessage(
            cluster: message.cluster, incarnation: driver.incarnation, configuration: message.configuration,
            content: .paxos(content))
        return .send(message, to: node, after: nil)
    }
}

// Clients' requests: taken in, proposed here or forwarded to the leader, sent again when a leader is lost, and answered
// exactly once.

import Paxos
import PaxosLog
import StateMachine

extension ReplicaDriver {
    mutating func accept(_ request: RequestID, _ content: Request) {
        guard !isStopping else { return answer(request, .refused(.stopping)) }
        if let divergence { return answer(request, .refused(.diverged(divergence.slot))) }
        switch content {
        case .readLocal(let key): answer(request, .value(store.value(for: key), appliedThrough: store.appliedThrough))
        case .read(let key):
            guard reads.count < configuration.mostRequests else { return answer(request, .refused(.overloaded)) }
            reads.add(PendingReads.Read(request: request, key: key, askedAt: ticks))
        case .command(let payload): accept(request, .command, payload)
        case .noOp: accept(request, .noOp, [])
        case .seal: accept(request, .seal, [])
        }
    }

    private mutating func accept(_ request: RequestID, _ kind: Entry.Kind, _ payload: [UInt8]) {
        guard payload.count + Entry.headerLength <= Entry.longest, commands.count < configuration.mostRequests,
            commands.bytes + payload.count <= configuration.mostRequestBytes
        else { return answer(request, .refused(.overloaded)) }
        commands.add(
            PendingCommands.Command(request: request, kind: kind, payload: payload, askedAt: ticks, sentAt: nil))
    }

    mutating func answer(_ request: RequestID, _ answer: Answer) {
        effects.append(.answer(request, answer))
    }

    // MARK: Commands

    /// Gives waiting commands slots, or to the leader.
    mutating func sendCommands() {
        guard !isSessionSuspended else { return }
        if replica?.nextSlot != nil {
            proposeCommands()
        } else if let leader = replica?.leader, leader.node != configuration.node {
            while commands.hasUnsent {
                let batch = commands.takeUnsent(at: ticks, most: 4096, bytes: configuration.messageBytes)
                guard !batch.isEmpty else { break }
                send(.forward(ForwardedCommands(session: session, commands: batch)), to: leader.node)
            }
        }
    }

    /// All that waits becomes as few runs as fit a message each.
    private mutating func proposeCommands() {
        while let slot = nextProposal, !incoming.isEmpty || commands.hasUnsent {
            let most = configuration.window.slots / 4
            var body: [UInt8] = []
            var count = 0
            func add(_ session: SessionID, _ sequence: UInt64, _ kind: Entry.Kind, _ payload: [UInt8]) {
                Entry(
                    slot: slot + count, kind: kind, time: now, session: session, sequence: sequence, payload: payload
                ).encode(into: &body)
                count += 1
            }
            for command in commands.takeUnsent(at: ticks, most: most, bytes: configuration.messageBytes) {
                add(session, command.sequence, command.kind, command.payload)
            }
            while count < most, body.count < configuration.messageBytes, let command = incoming.next() {
                add(command.session, command.sequence, command.kind, command.payload)
            }
            guard count > 0 else { return }
            replica?.propose(body: body, count: count)
            carryOut()
        }
    }

    /// A disk that was emptied may have begun to count its starts below an earlier life's, if its clock is behind; with
    /// the vote it gets a session above all of them. What was sent under the old one must not come again under the new.
    mutating func renewSession() {
        guard incarnation > session.incarnation else { return }
        session = SessionID(node: configuration.node, incarnation: incarnation, boot: boot)
        isSessionSuspended = false
        for command in commands.removeSent() { answer(command.request, .unknown) }
    }

    // MARK: Reads

    mutating func sendReads() {
        guard replica?.leader != nil, reads.hasWaiting else { return }
        replica?.askReadIndex(number: reads.ask(at: ticks))
    }

    mutating func answerReads() {
        for read in reads.takeReady(appliedThrough: store.appliedThrough) {
            answer(read.request, .value(store.value(for: read.key), appliedThrough: store.appliedThrough))
        }
    }

    // MARK: Time

    mutating func expireRequests() {
        if commands.isOverdue(at: ticks, after: configuration.resendTicks) { commands.sendAllAgain() }
        reads.askAgain(askedBefore: ticks - configuration.resendTicks)
        for command in commands.removeExpired(at: ticks, after: configuration.requestTicks) {
            answer(command.request, command.sentAt == nil ? .refused(.unavailable) : .unknown)
        }
        for read in reads.removeExpired(before: ticks - configuration.requestTicks) {
            answer(read.request, .refused(.unavailable))
        }
    }
}

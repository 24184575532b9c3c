// What some flaws make of values and of reads.

import Paxos
import PaxosLog
import Replication
import StateMachine

extension FlawedSeam {
    /// The values that a mark is taken to speak of: whatever this node accepted in those slots.
    func believed(_ mark: Message.Mark, by driver: ReplicaDriver) -> [Message.Learned] {
        var learned: [Message.Learned] = []
        var slot = driver.store.appliedThrough.next
        while slot <= mark.chosenThrough, let run = accepted.last(where: { $0.slots.contains(slot) }) {
            let value = Run(
                ballot: .none, firstSlot: slot, count: 1, body: Array(run.body[run.byteRange(of: slot...slot)]),
                sealedBy: Run.xxh3)
            learned.append(Message.Learned(run: value, promised: .none))
            slot = slot.next
        }
        return learned
    }

    /// The slot counts as done with nothing in it.
    func passOver(_ slot: Slot, like message: PeerMessage, from node: NodeID) -> Event {
        var body: [UInt8] = []
        Entry(
            slot: slot, kind: .noOp, time: 0,
            session: SessionID(node: node, incarnation: .first, boot: 0), sequence: 0, payload: []
        ).encode(into: &body)
        let run = Run(ballot: .none, firstSlot: slot, count: 1, body: body, sealedBy: Run.xxh3)
        var message = message
        message.content = .paxos(.learned(Message.Learned(run: run, promised: .none)))
        return .message(message, from: node)
    }

    /// Some runs arrive with another bit in the first value's last byte. It has a right checksum then, so that what
    /// checks it takes it for right.
    mutating func misread(_ run: Run) -> Run {
        guard Int.random(in: 0..<200, using: &random) == 0 else { return run }
        guard let entry = try? EntryView(in: run.body.span.bytes, at: 0), !entry.payload.isEmpty else { return run }
        var body = run.body
        body[entry.end - 1] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        return Run(
            ballot: run.ballot, firstSlot: run.firstSlot, count: run.count, body: body, sealedBy: Run.xxh3)
    }

    /// Whether it leads and answers reads from what it has applied.
    func answersReadsAtOnce(_ driver: ReplicaDriver) -> Bool {
        guard flaw == .readWithoutRound || flaw == .readBeforeNoOp, driver.status.role == .leader else { return false }
        let isOpen = opening.map { $0.ballot == driver.promised && $0.slot <= driver.store.appliedThrough } ?? false
        return isOpen == (flaw == .readWithoutRound)
    }
}

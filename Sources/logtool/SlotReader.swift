// The chosen entries of one node, asked for in the order of the slots: a block of the log at a time, then the journal's
// end; of a running node, as the node gives them. What is lost to damage is told apart from what is not there yet.

import Paxos
import PaxosLog
import StateMachine

struct SlotReader {
    enum Found {
        case held(encoded: [UInt8], line: String)
        case lost
        case end
    }

    private let log: NodeLog
    private var bytes: [UInt8] = []
    private var offset = 0
    private var next: Slot
    /// The last slot known to be lost.
    private var lostThrough = Slot.zero
    private let journal: [Run]
    private(set) var damage: [Damage] = []

    /// - Parameter journal: what the journal knew to be chosen behind the log before anything else is read: entries
    ///   that were moved to the log since are in both.
    init(_ log: NodeLog, journal: [Run], from slot: Slot) {
        self.log = log
        self.journal = journal
        next = slot
    }

    /// - Parameter slot: higher by one at each call.
    mutating func entry(_ slot: Slot) throws -> Found {
        precondition(slot == next, "slots are asked for in order")
        next = slot.next
        if slot <= lostThrough { return .lost }
        if offset >= bytes.count, try !load(slot) { return slot <= lostThrough ? .lost : .end }
        let view = try EntryView(in: bytes.span.bytes, at: offset)
        let encoded = Array(bytes[offset..<view.end])
        offset = view.end
        let line = EntryText.line(view, .chosen, in: bytes, command: CommandText.text(ofEncoded:))
        return .held(encoded: encoded, line: line)
    }

    /// Makes `bytes` hold the entries from `slot` on.
    private mutating func load(_ slot: Slot) throws -> Bool {
        if let live = log.live {
            guard slot <= live.listing.appliedThrough,
                let run = try live.asking({ () throws(NodeFailure) in
                    try live.connection.entries(from: slot, limit: live.listing.appliedThrough - slot + 1)
                })
            else { return false }
            (bytes, offset) = (run.body, 0)
            return true
        }
        switch try log.reader.read(blockHolding: slot) {
        case .damage(let found):
            if found.kind != .tornTail {
                damage.append(found)
                lostThrough = max(slot, found.slots?.upperBound ?? slot)
                return false
            }
        case .block(let block):
            guard let raw = block.raw else { return false }
            let run = Run(ballot: .none, firstSlot: raw.firstSlot, count: raw.count, body: raw.bytes, checksum: 0)
            bytes = raw.bytes
            offset = run.byteRange(of: slot...raw.lastSlot).lowerBound
            return true
        case nil: break
        }
        guard let run = journal.first(where: { $0.slots.contains(slot) }) else { return false }
        bytes = run.body
        offset = run.byteRange(of: slot...run.lastSlot).lowerBound
        return true
    }
}

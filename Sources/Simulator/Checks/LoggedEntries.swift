// Every entry that a node has handed to its log, so that all of the history can be looked at in the end, dropped or lost to
// disks as it may be by then. What two nodes hand over for a slot must be the same.

import Paxos
import PaxosLog

struct LoggedEntries {
    private var entries: [Slot: [UInt8]] = [:]

    subscript(slot: Slot) -> [UInt8]? { entries[slot] }

    mutating func add(_ block: RawBlock, of node: NodeID) throws {
        var offset = 0
        while offset < block.bytes.count {
            let entry = try EntryView(in: block.bytes.span.bytes, at: offset)
            let bytes = Array(block.bytes[offset..<entry.end])
            guard entries[entry.slot, default: bytes] == bytes else {
                throw SimulationFailure(description: "\(node) logs another entry of slot \(entry.slot) than others did")
            }
            entries[entry.slot] = bytes
            offset = entry.end
        }
    }
}

// The entries that nodes held in their logs before they dropped them, kept by the simulation, so that all of the history can
// be looked at in the end. What two nodes hold of a slot must be the same.

import Paxos
import PaxosLog

struct DroppedHistory {
    private var entries: [Slot: [UInt8]] = [:]
    /// How long the longest sound copy of each segment was.
    private var segments: [SegmentName: Int] = [:]

    subscript(slot: Slot) -> [UInt8]? { entries[slot] }

    /// Takes in all that a log holds. What is damaged there stands in another's.
    mutating func add(_ log: ChosenLogReader, of node: NodeID) throws {
        for name in try log.segments() {
            let size = Int(try log.size(of: name))
            guard segments[name] ?? 0 < size else { continue }
            var cursor = try log.cursor(from: name.firstSlot, depth: .payloads, through: name)
            var isSound = true
            while let finding = try cursor.next() {
                if case .block(let block) = finding, let raw = block.raw {
                    try add(raw, of: node)
                } else {
                    isSound = false
                }
            }
            if isSound { segments[name] = size }
        }
    }

    private mutating func add(_ block: RawBlock, of node: NodeID) throws {
        var offset = 0
        while offset < block.bytes.count {
            let entry = try EntryView(in: block.bytes.span.bytes, at: offset)
            let bytes = Array(block.bytes[offset..<entry.end])
            guard entries[entry.slot, default: bytes] == bytes else {
                throw SimulationFailure(
                    description: "\(node) holds another entry of slot \(entry.slot) than others did")
            }
            entries[entry.slot] = bytes
            offset = entry.end
        }
    }
}

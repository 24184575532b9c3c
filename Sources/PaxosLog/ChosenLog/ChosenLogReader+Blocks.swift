// Blocks for a peer that catches up: raw, verified, one behind the other.

package import Paxos

extension ChosenLogReader {
    /// Whole blocks from the one that holds `slot` on, until they are `bytes` long together, or to the first damage behind;
    /// at least one. Empty when the log does not hold the slot.
    /// - Throws: `.corrupt` when the block that holds the slot is damaged, `.io`.
    package func blocks(from slot: Slot, bytes: Int) throws(StorageError) -> [RawBlock] {
        var cursor = try cursor(from: slot, depth: .payloads)
        var blocks: [RawBlock] = []
        var length = 0
        while length < bytes, let finding = try cursor.next() {
            switch finding {
            case .damage(let damage):
                if damage.kind == .tornTail || !blocks.isEmpty { return blocks }
                throw .corrupt(damage)
            case .block(let block):
                guard let raw = block.raw, raw.lastSlot >= slot else { continue }
                guard raw.firstSlot <= slot || !blocks.isEmpty else { return [] }
                blocks.append(raw)
                length += raw.bytes.count
            }
        }
        return blocks
    }
}

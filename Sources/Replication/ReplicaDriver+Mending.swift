// A log that was cut at damage, and is learned again from the others: until it reaches what it held once, and with the
// same digests. And slots of the journal whose values damage has taken, until they are settled.

import Paxos
import PaxosLog
import StateMachine

struct LogRepair: Sendable {
    /// The log is whole again when it has been learned through this slot.
    var through: Slot
    /// The chain digests of blocks that it held, by the last slot of each.
    var digests: [Slot: ChainDigest]
    var lastDigest: Slot { digests.keys.max() ?? .zero }
}

extension ReplicaDriver {
    mutating func beginMending(_ recovered: RecoveredNode) {
        let repair = LogRepair(
            through: recovered.vouchedThrough,
            digests: Dictionary(
                recovered.lostBlocks.map { ($0.slots.upperBound, $0.chainDigest) }, uniquingKeysWith: { $1 }))
        if repair.through > replica?.chosenThrough ?? .zero || !repair.digests.isEmpty { self.repair = repair }
        let unknown = recovered.unknown.slotCount
        guard unknown > 0 else { return }
        hasUnknownSlots = true
        effects.append(.report(.slotsUnknown(unknown)))
    }

    /// Holds what the log got against what it held.
    mutating func checkMending(_ blocks: [BlockDigest]) {
        guard let repair else { return }
        for block in blocks {
            guard let held = repair.digests[block.slots.upperBound], held != block.chainDigest else { continue }
            return halt(
                "the log that the other nodes sent is not the one that was here: their digests differ at slot \(block.slots.upperBound)"
            )
        }
    }

    mutating func tickMending() {
        if hasUnknownSlots, replica?.acceptor.unknown.isEmpty == true {
            hasUnknownSlots = false
            effects.append(.report(.slotsSettled))
        }
        guard let repair, let tail, store.appliedThrough >= repair.through, tail.durableThrough >= repair.lastDigest
        else { return }
        self.repair = nil
        effects.append(.report(.mended(through: max(repair.through, repair.lastDigest))))
    }
}

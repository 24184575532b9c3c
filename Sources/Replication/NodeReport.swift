// What a node tells the others about itself, for people who look at any one of them. Nothing is decided by it: it may be
// late or lost.

package import Paxos
package import PaxosLog
package import StateMachine

package struct NodeReport: Equatable, Sendable {
    /// A block of the sender's chosen log, by its last slot.
    package struct Block: Equatable, Sendable {
        package var through: Slot
        package var digest: ChainDigest

        package init(through: Slot, digest: ChainDigest) {
            self.through = through
            self.digest = digest
        }
    }

    /// An entry that the sender has applied.
    package struct Entry: Equatable, Sendable {
        package var slot: Slot
        /// XXH3-64 of the encoded entry.
        package var hash: UInt64

        package init(slot: Slot, hash: UInt64) {
            self.slot = slot
            self.hash = hash
        }
    }

    package var role: DriverStatus.Role
    package var leader: NodeID?
    package var ballot: Ballot
    package var promised: Ballot
    package var chosenThrough: Slot
    package var appliedThrough: Slot
    package var knownChosenThrough: Slot
    package var digest: StateDigest
    package var keys: Int
    /// Why the sender can't serve; nil when it can.
    package var unhealthy: String?
    /// What is on disk of the chosen log.
    package var log: LogExtent
    /// Some of its last blocks, in order.
    package var blocks: [Block]
    /// How many slots lie between two of `entries`. One, unless slots go by faster than reports.
    package var stride: Int
    /// Some of the last entries applied, in order.
    package var entries: [Entry]

    package static let mostBlocks = 2 * BlockDigests.most
    package static let mostEntries = 32
    /// The most bytes of `unhealthy`.
    package static let longestReason = 200
}

extension NodeReport {
    /// The last block that two nodes both name, and whether their logs are the same up to its end.
    package struct Agreement: Equatable, Sendable {
        package var through: Slot
        package var isSame: Bool
    }

    /// - Returns: nil when they name no block in common.
    package func agreement(with other: NodeReport) -> Agreement? {
        for block in blocks.reversed() {
            guard let same = other.blocks.last(where: { $0.through == block.through }) else { continue }
            return Agreement(through: block.through, isSame: same.digest == block.digest)
        }
        return nil
    }
}

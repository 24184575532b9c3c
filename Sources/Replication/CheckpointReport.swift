// What a node tells the leader of its state and its snapshots, for a checkpoint to be made of what a majority tells.

import Paxos
package import PaxosLog

package enum CheckpointReport: Equatable, Sendable {
    /// The last digests that no checkpoint covers yet: slots ascend, at least one and at most `mostStates`.
    case states([StateNote])
    /// The SHA-256 of a snapshot that was read back whole.
    case snapshot(SnapshotName, FileDigest)

    package static let mostStates = 32
}

/// What members have told of some slots. The last are held, and one digest of each member for each. A node without a vote
/// tells what its log gives as well as another.
struct CheckpointTally<Digest: Hashable & Sendable>: Sendable {
    private var told: [Slot: [NodeID: Digest]] = [:]
    private static var most: Int { StateAudit.standardCapacity }

    mutating func note(_ digest: Digest, of slot: Slot, by node: NodeID) {
        told[slot, default: [:]][node] = digest
        if told.count > Self.most, let first = told.keys.min() { told[first] = nil }
    }

    /// The highest slot above `floor` of which a majority has told the same.
    func agreed(above floor: Slot, in configuration: Configuration) -> (slot: Slot, digest: Digest)? {
        for slot in told.keys.sorted(by: >) where slot > floor {
            var counts: [Digest: Int] = [:]
            for member in configuration.members {
                guard let digest = told[slot]?[member.node] else { continue }
                counts[digest, default: 0] += 1
                if counts[digest] == configuration.majority { return (slot, digest) }
            }
        }
        return nil
    }

    mutating func removeAll(through slot: Slot) { told = told.filter { $0.key > slot } }
}

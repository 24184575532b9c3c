// What a node's folder says after a restart: the state that the log gives when replayed, and what the journal adds.

package import Paxos
package import PaxosLog
package import StateMachine

package struct RecoveredNode: Sendable {
    package struct Founding: Sendable {
        package var value: Genesis
        /// The entry of slot 1, as it was chosen.
        package var entry: [UInt8]

        package init(value: Genesis, entry: [UInt8]) {
            self.value = value
            self.entry = entry
        }
    }

    package var identity: Identity
    /// Nil before this node belongs to a cluster.
    package var genesis: Founding?
    /// The last configuration in the chosen log; nil when it holds none but genesis.
    package var membership: Membership?
    /// The state after every entry of the chosen log.
    package var store: KeyValueStore
    /// The slot of the snapshot that it began with; nil when all of the log was replayed.
    package var snapshot: Slot?
    package var log: LogExtent
    /// The last of its blocks.
    package var logBlocks: [BlockDigest]
    package var logThrough: Slot { log.through }
    /// The raw bytes in the log's open segment.
    package var segmentBytes: Int
    package var promised: Ballot
    /// What the journal knows to be chosen above the log, in order and without gaps.
    package var chosen: [Run]
    /// How far slots are known to be chosen, those too whose values were lost to damage.
    package var vouchedThrough: Slot
    /// What it has accepted above those.
    package var accepted: [Run]
    /// What it has accepted there too, and lost to damage.
    package var unknown: [UnknownRun] = []
    /// The wall clock at the start, in microseconds since 1970.
    package var now: UInt64
    /// What was damaged, and is in quarantine now, or is nothing that the node can't go on without.
    package var setAside: [SetAside] = []
    /// Blocks that the log held behind its damage: what is learned in their place must be the same.
    package var lostBlocks: [BlockDigest] = []
    /// What the replay of the log found of the state's digests.
    package var audit = StateAudit()
    /// What an earlier start found, and nobody has made good.
    package var divergence: DivergenceReport?
    /// The raw bytes of the log behind its last seal.
    package var bytesSinceSeal = 0
    /// How long the snapshot is that it began with.
    package var snapshotBytes: UInt64 = 0
}

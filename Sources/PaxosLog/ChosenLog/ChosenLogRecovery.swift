// What the chosen log was found to hold when it was opened.

package import Paxos

/// How far the log goes, and what was torn behind it.
package struct ChosenLogRecovery: Equatable, Sendable {
    /// `Slot.zero` for an empty log.
    package var through: Slot
    package var chainDigest: ChainDigest
    /// Nil for an empty log.
    package var genesis: Genesis?
    /// Raw bytes in the segment that the next block goes to: where a BlockCutter takes up.
    package var segmentBytes: Int
    /// The whole blocks of the last segment.
    package var blocks: [BlockDigest]
    /// What `ChosenLog.cutTornTail` will cut. Its slots, where it names any, must be in the journal as chosen: they were
    /// never durable here, so that the journal has not let go of them. If it has, this is no torn tail but damage.
    package var tornTail: Damage?
    /// What is damaged or missing at or below the base, which neither the state nor the next block needs.
    package var history: [Damage] = []
    /// The log ends before its base: the snapshot is newer. Nothing can be appended to it.
    package var isBehindBase = false
}

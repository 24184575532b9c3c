// What a reader of the chosen log comes upon, in the order of the slots. Damage is a value: reading goes on behind it.

package import Paxos
package import SystemPackage

package enum LogFinding: Equatable, Sendable {
    case block(LogBlock)
    case damage(Damage)
}

/// A block where it stands.
package struct LogBlock: Equatable, Sendable {
    package let file: FilePath
    package let offset: UInt64
    package let header: BlockHeader
    /// What it holds, verified; nil unless payloads are given out.
    package let raw: RawBlock?

    package var slots: ClosedRange<Slot> { header.slots }
}

/// How much of a block is read.
package enum ReadingDepth: Sendable {
    /// The headers alone: slots, lengths and chain digests, as the writer put them there.
    case headers
    /// Each frame too, with every checksum, the chain digest and the bounds of the entries verified, and not kept.
    case checks
    /// The same, and the verified bytes of each block are given out.
    case payloads
}

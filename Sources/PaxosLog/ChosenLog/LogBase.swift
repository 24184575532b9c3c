// What a snapshot says of the log whose end it stands for: where a log goes on that no longer begins with slot 1.

package import Paxos

package struct LogBase: Equatable, Sendable {
    /// The snapshot's slot: the last of a segment.
    package var through: Slot
    /// The chain digest of the log through that slot.
    package var chainDigest: ChainDigest
    package var genesis: Genesis

    package init(through: Slot, chainDigest: ChainDigest, genesis: Genesis) {
        self.through = through
        self.chainDigest = chainDigest
        self.genesis = genesis
    }
}

extension SnapshotHeader {
    package var base: LogBase { LogBase(through: slot, chainDigest: chainDigest, genesis: genesis) }
}

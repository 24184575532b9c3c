// Takes a snapshot of a state, a block at a time: the caller goes on with `step` when it has rested, on a thread that
// nobody waits for. The store that it is given is a copy, which costs nothing, and is not looked at by anyone else.

import Paxos
package import PaxosLog
package import StateMachine
package import SystemPackage

package struct SnapshotTaking: ~Copyable, Sendable {
    private var writer: SnapshotWriter
    private var keys: StoredKeys

    /// Sorts the keys, which takes about a second for each million.
    /// - Parameters:
    ///   - directory: the node's folder of snapshots.
    ///   - store: the state after the last slot of a segment of the chosen log.
    ///   - chainDigest: that of the log through this slot.
    ///   - membership: the last configuration through this slot; nil when there was none but genesis.
    package static func begin(
        _ fileSystem: any FileSystem, directory: FilePath, _ store: KeyValueStore, chainDigest: ChainDigest,
        founding: RecoveredNode.Founding, membership: Membership?
    ) throws(StorageError) -> SnapshotTaking {
        let sessions = store.encodedSessions
        let header = SnapshotHeader(
            slot: store.appliedThrough, chainDigest: chainDigest, stateDigest: store.digest.bytes,
            effectiveTime: store.effectiveTime, keys: UInt64(store.count), sessionBytes: UInt64(sessions.count),
            genesis: founding.value, genesisEntry: founding.entry, membership: membership)
        return SnapshotTaking(
            writer: try .begin(fileSystem, directory: directory, header: header, sessions: sessions),
            keys: store.sortedKeys())
    }

    private init(writer: consuming SnapshotWriter, keys: StoredKeys) {
        self.writer = writer
        self.keys = keys
    }

    /// Writes the next block.
    /// - Returns: whether there is more to be written; `finish` comes when there is not.
    package mutating func step() throws(StorageError) -> Bool {
        while let (key, stored) = keys.next() {
            let hasWritten = try writer.append(
                key: key, value: stored.value, created: stored.created, modified: stored.modified)
            if hasWritten { return true }
        }
        return false
    }

    /// Durable on return, and named as a snapshot.
    package consuming func finish() throws(StorageError) -> WrittenSnapshot { try writer.finish() }
}

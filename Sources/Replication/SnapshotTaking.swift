// Takes a snapshot of a state, a block at a time: the caller goes on with `step` when it has rested, on a thread that
// nobody waits for. The store that it is given is a copy, which costs nothing, and is not looked at by anyone else.

import Paxos
package import PaxosLog
import StateMachine
package import SystemPackage

package struct SnapshotTaking: ~Copyable, Sendable {
    private var writer: SnapshotWriter
    private var keys: StoredKeys

    /// Sorts the keys, which takes some tenths of a second for each million.
    /// - Parameters:
    ///   - directory: the node's folder of snapshots.
    ///   - view: the state after the last slot of a segment of the chosen log.
    package static func begin(
        _ fileSystem: any FileSystem, directory: FilePath, _ view: SnapshotView
    ) throws(StorageError) -> SnapshotTaking {
        let store = view.store
        let sessions = store.encodedSessions
        let header = SnapshotHeader(
            slot: store.appliedThrough, chainDigest: view.chainDigest, stateDigest: store.digest.bytes,
            effectiveTime: store.effectiveTime, keys: UInt64(store.count), sessionBytes: UInt64(sessions.count),
            genesis: view.founding.value, genesisEntry: view.founding.entry, membership: view.membership)
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

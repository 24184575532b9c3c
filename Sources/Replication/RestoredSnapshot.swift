// What a snapshot gives a node that starts: a state, and what the log before it said. Every byte of the file is verified
// on the way, and the state's digest is computed anew.

import Paxos
package import PaxosLog
package import StateMachine
import SystemPackage

package struct RestoredSnapshot: Sendable {
    package let store: KeyValueStore
    package let base: LogBase
    package let founding: RecoveredNode.Founding
    /// The last configuration through the snapshot's slot; nil when there was none but genesis.
    package let membership: Membership?
    /// How long its file is.
    package let bytes: UInt64

    /// - Throws: `.corrupt` when the snapshot is damaged, or its state is not the one that its digest names.
    package init(_ snapshot: SnapshotReader) throws(StorageError) {
        let header = snapshot.header
        store = try KeyValueStore(snapshot)
        base = header.base
        founding = RecoveredNode.Founding(value: header.genesis, entry: header.genesisEntry)
        membership = header.membership
        bytes = try snapshot.size()
    }
}

extension KeyValueStore {
    fileprivate init(_ snapshot: SnapshotReader) throws(StorageError) {
        let header = snapshot.header
        var cursor = try snapshot.cursor()
        var sessions: [UInt8] = []
        var builder = StateBuilder(expecting: Int(clamping: header.keys))
        while let piece = try cursor.next() {
            switch piece {
            case .sessions(let bytes): sessions += bytes
            case .keys(let block):
                builder.add(
                    block.places.map { place in
                        let value = Array(block.bytes[place.value])
                        return (
                            Array(block.bytes[place.key]),
                            StoredValue(value: value, created: place.created, modified: place.modified)
                        )
                    })
            }
        }
        guard let digest = StateDigest(bytes: header.stateDigest) else {
            preconditionFailure("a snapshot's header holds a digest of 16 bytes")
        }
        do {
            self = try builder.finish(
                StateSummary(appliedThrough: header.slot, effectiveTime: header.effectiveTime, digest: digest),
                sessions: sessions)
        } catch {
            throw .corrupt(
                Damage(
                    kind: .corrupt, file: snapshot.path, offset: 0, slots: nil,
                    reason: "its state is not the one that it was taken of: \(error)"))
        }
    }
}

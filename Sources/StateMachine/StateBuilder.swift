// A state put together again from what a KeyValueStore gave out of itself: `summary`, `encodedSessions` and
// every key in order. It is taken for a state only when its digest, computed anew from all that came to be in memory, is the one
// that it had.

package import Paxos
import SortedCollections

/// What a state says of itself beside its keys and sessions.
package struct StateSummary: Equatable, Sendable {
    package var appliedThrough: Slot
    /// In microseconds since 1970.
    package var effectiveTime: UInt64
    package var digest: StateDigest

    package init(appliedThrough: Slot, effectiveTime: UInt64, digest: StateDigest) {
        self.appliedThrough = appliedThrough
        self.effectiveTime = effectiveTime
        self.digest = digest
    }
}

package enum StateBuilderError: Error, Equatable, Sendable {
    case malformedSessions
    case wrongDigest(StateDigest)
}

package struct StateBuilder: ~Copyable, Sendable {
    private var keys: [(Key, StoredValue)] = []

    package init() {}

    /// Takes the next key, in the order of the keys' bytes.
    package mutating func append(key: [UInt8], _ stored: StoredValue) {
        keys.append((Key(key), stored))
    }

    /// - Parameter sessions: what `KeyValueStore.encodedSessions` gave.
    /// - Throws: `.wrongDigest` with the digest that the state has.
    package consuming func finish(
        _ summary: StateSummary, sessions: [UInt8], sessionBound: UInt64 = KeyValueStore.sessionBound
    ) throws(StateBuilderError) -> KeyValueStore {
        let store = KeyValueStore(
            summary, entries: SortedDictionary(sortedKeysWithValues: keys),
            sessions: try Sessions(decoding: sessions, bound: sessionBound))
        let digest = store.recomputedDigest()
        guard digest == summary.digest else { throw .wrongDigest(digest) }
        return store
    }
}

extension StateBuilderError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformedSessions: "the sessions can't be read"
        case .wrongDigest(let digest): "the state has the digest \(digest)"
        }
    }
}

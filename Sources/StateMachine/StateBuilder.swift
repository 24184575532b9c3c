// A state put together again from what a KeyValueStore gave out of itself: `summary`, `encodedSessions` and
// every key. It is taken for a state only when its digest, computed anew from all that came to be in memory, is the one
// that it had.

import HashTreeCollections
package import Paxos

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
    private var entries = TreeDictionary<Key, StoredValue>()

    package init() {}

    package mutating func add(key: [UInt8], _ stored: StoredValue) {
        let replaced = entries.updateValue(stored, forKey: Key(key))
        precondition(replaced == nil, "a state has each key once")
    }

    /// - Parameter sessions: what `KeyValueStore.encodedSessions` gave.
    /// - Throws: `.wrongDigest` with the digest that the state has.
    package consuming func finish(
        _ summary: StateSummary, sessions: [UInt8], sessionBound: UInt64 = KeyValueStore.sessionBound
    ) throws(StateBuilderError) -> KeyValueStore {
        let store = KeyValueStore(
            summary, entries: entries, sessions: try Sessions(decoding: sessions, bound: sessionBound))
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

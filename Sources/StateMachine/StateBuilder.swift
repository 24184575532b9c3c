// A state put together again from what a KeyValueStore gave out of itself: `summary`, `encodedSessions` and
// every key. It is taken for a state only when its digest, computed anew from all that came to be in memory, is the one
// that it had.

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
    private var entries: KeyTable

    /// For how many keys room is made before they come.
    private static let mostExpected = 1 << 24

    /// - Parameter keys: how many there will be, as far as that is known.
    package init(expecting keys: Int = 0) {
        entries = KeyTable(expecting: min(keys, StateBuilder.mostExpected))
    }

    /// Adds keys that were not added yet.
    package mutating func add(_ added: [(key: [UInt8], stored: StoredValue)]) {
        let count = entries.count
        let keys = added.map { Key($0.key) }
        entries.fetch(keys.map(\.hash))
        for (key, added) in zip(keys, added) { entries.update(key, absent: added.stored) { _ in } }
        precondition(entries.count == count + added.count, "a state has each key once")
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

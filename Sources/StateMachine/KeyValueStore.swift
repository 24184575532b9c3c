// The state machine: nothing but the chosen commands, replayed in the order of their slots. It depends on the entries
// alone; it never looks at a clock, draws no random number, and two stores that applied the same slots are equal.

package import Paxos

package struct KeyValueStore: Sendable {
    /// For how many slots a request that did not come in order, or came from an earlier boot, can still be told from a
    /// repetition. It is part of the state machine: nodes with different bounds come to different states.
    package static let sessionBound: UInt64 = 65_536

    /// Every slot up to and with this one has been applied.
    package private(set) var appliedThrough: Slot = .zero
    /// The time of the last slot, in microseconds since 1970: the highest that an entry up to it was proposed at, so
    /// that it never runs back.
    package private(set) var effectiveTime: UInt64 = 0
    /// Kept at every write.
    package private(set) var digest = StateDigest()

    private var entries = KeyTable()
    private var sessions: Sessions

    package init(sessionBound: UInt64 = KeyValueStore.sessionBound) {
        self.sessions = Sessions(bound: sessionBound)
    }

    /// A state as it was, of which nothing is looked at; `StateBuilder` proves it.
    init(_ summary: StateSummary, entries: KeyTable, sessions: Sessions) {
        appliedThrough = summary.appliedThrough
        effectiveTime = summary.effectiveTime
        digest = summary.digest
        self.entries = entries
        self.sessions = sessions
    }

    /// How many keys there are.
    package var count: Int { entries.count }
    /// How many sessions are remembered.
    package var sessionCount: Int { sessions.count }

    package func value(for key: [UInt8]) -> StoredValue? {
        key.count <= Command.longestKey ? entries[Key(key)] : nil
    }

    /// What there is to say of this state beside its keys and sessions.
    package var summary: StateSummary {
        StateSummary(appliedThrough: appliedThrough, effectiveTime: effectiveTime, digest: digest)
    }

    /// The sessions as bytes, which are the same for equal states (`Sessions+Encoding.swift`).
    package var encodedSessions: [UInt8] { sessions.encoded }

    /// The keys as they are now, in the order of their bytes. They are sorted here, on a thread that nobody waits for, and on
    /// a copy of the store, which costs nothing.
    package func sortedKeys() -> StoredKeys { StoredKeys(entries) }
}

extension KeyValueStore {
    /// Applies the command that was chosen in `slot`, the next one.
    /// - Throws: `CommandError` when the bytes are no command that this program knows. Nothing has changed then, and the
    ///   node must stop.
    package mutating func apply(
        slot: Slot, time: UInt64, session: SessionID, sequence: UInt64, command bytes: RawSpan
    ) throws(CommandError) -> Outcome {
        if let only = SingleSet(in: bytes) {
            advance(to: slot, time: time)
            if let refused = settle(session, sequence: sequence) { return refused }
            return .done(existed: set(Key(bytes.extracting(only.key)), to: bytes.extracting(only.value)))
        }
        // Read before the session is looked at: whether an unknown command stops the node must not depend on who sent it.
        let command = try Command(decoding: bytes)
        advance(to: slot, time: time)
        if let refused = settle(session, sequence: sequence) { return refused }
        guard command.conditions.allSatisfy(holds) else { return .conditionFailed }
        var existed = false
        for (index, operation) in command.operations.enumerated() {
            let didExist =
                switch operation {
                case .set(let key, let value): set(Key(key), to: value.span.bytes)
                case .delete(let key): delete(Key(key))
                }
            if index == 0 { existed = didExist }
        }
        switch command.resultRule {
        case .existed: return .done(existed: existed)
        }
    }

    /// The hash of the key that a command sets, if that is all that it does; for `fetch`.
    package func hash(ofKeyIn command: RawSpan) -> UInt64? {
        SingleSet(in: command).map { Key(command.extracting($0.key)).hash }
    }

    /// Makes ready for keys to be set, of which only the time that it takes depends on it.
    package func fetch(_ hashes: [UInt64]) { entries.fetch(hashes) }

    /// Passes over what was chosen in `slot`, the next one, and is no command: it changes no key. A request that asked
    /// for it (`sequence` above 0) is settled all the same.
    package mutating func skip(slot: Slot, time: UInt64, session: SessionID, sequence: UInt64) -> Outcome {
        advance(to: slot, time: time)
        return settle(session, sequence: sequence) ?? .done(existed: false)
    }

    /// The digest of what is here, computed from nothing: equal to `digest` unless memory or this program failed.
    package func recomputedDigest() -> StateDigest {
        var digest = StateDigest()
        entries.visit { entry, _ in digest.add(entry.stored.digestTerm(of: entry.key)) }
        sessions.addTerms(to: &digest)
        return digest
    }

    private mutating func advance(to slot: Slot, time: UInt64) {
        precondition(slot == appliedThrough.next, "slots are applied in order and without gaps")
        appliedThrough = slot
        effectiveTime = max(effectiveTime, time)
    }

    /// The answer when the request must not be carried out; nil when it must.
    private mutating func settle(_ session: SessionID, sequence: UInt64) -> Outcome? {
        guard sequence > 0 else { return nil }
        switch sessions.settle(session, sequence: sequence, at: appliedThrough, digest: &digest) {
        case .new: return nil
        case .duplicate: return .duplicate
        case .expired: return .sessionExpired
        }
    }

    private func holds(_ condition: Command.Condition) -> Bool {
        let stored = entries[Key(condition.key)]
        switch condition {
        case .keyIsAbsent: return stored == nil
        case .valueEquals(_, let value): return stored?.value == value
        case .modifiedSlotEquals(_, let slot): return stored?.modified == slot
        }
    }

    /// Whether the key was there.
    private mutating func set(_ key: Key, to value: RawSpan) -> Bool {
        let slot = appliedThrough
        var digest = digest
        defer { self.digest = digest }
        return entries.update(key, absent: StoredValue(value: [], created: slot, modified: .zero)) { stored in
            let existed = stored.modified != .zero
            // The term is computed from the old value as it now stands in memory, and not remembered: a value that has
            // changed there by a fault then leaves its trace in the digest.
            if existed { digest.remove(stored.digestTerm(of: key)) }
            stored.overwrite(value)
            stored.modified = slot
            digest.add(stored.digestTerm(of: key))
            return existed
        }
    }

    /// Whether the key was there.
    private mutating func delete(_ key: Key) -> Bool {
        guard let old = entries.remove(key) else { return false }
        digest.remove(old.digestTerm(of: key))
        return true
    }
}

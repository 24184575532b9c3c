// How an entry of the log changes the state machine: one place for the start, which replays the log, and for what is
// chosen afterwards.

import Paxos
package import PaxosLog
package import StateMachine

package enum ApplyError: Error, Equatable {
    case entry(EntryError)
    case command(CommandError)
    case configuration(GenesisError)
    case checkpoint(CheckpointError)
}

extension KeyValueStore {
    /// Applies the entry of the next slot.
    package mutating func apply(_ entry: EntryView, payload: RawSpan) throws(ApplyError) -> Outcome {
        switch entry.kind {
        case .command:
            do {
                return try apply(
                    slot: entry.slot, time: entry.time, session: entry.session, sequence: entry.sequence,
                    command: payload)
            } catch {
                throw .command(error)
            }
        case .noOp, .genesis, .seal, .configuration:
            return skip(slot: entry.slot, time: entry.time, session: entry.session, sequence: entry.sequence)
        case .checkpoint:
            do {
                _ = try Checkpoint(decoding: payload, in: entry.slot)
            } catch {
                throw .checkpoint(error)
            }
            return skip(slot: entry.slot, time: entry.time, session: entry.session, sequence: entry.sequence)
        }
    }

    /// Applies entries that follow one another from the next slot on.
    /// - Returns: the last configuration among them.
    package mutating func apply(entriesOf bytes: [UInt8]) throws(ApplyError) -> Membership? {
        var audit = StateAudit()
        var bytesSinceSeal = 0
        return try apply(entriesOf: bytes, &audit, bytesSinceSeal: &bytesSinceSeal)
    }

    /// - Parameters:
    ///   - audit: holds the checkpoints among them against this state.
    ///   - bytesSinceSeal: raised by the bytes of the entries, from the last seal among them on.
    mutating func apply(
        entriesOf bytes: [UInt8], _ audit: inout StateAudit, bytesSinceSeal: inout Int
    ) throws(ApplyError) -> Membership? {
        let span = bytes.span.bytes
        var fetchedThrough = 0
        var offset = 0
        var membership: Membership?
        while offset < bytes.count {
            if offset >= fetchedThrough { fetchedThrough = fetchKeys(ofEntriesIn: span, from: offset) }
            let entry: EntryView
            do {
                entry = try EntryView(in: span, at: offset)
            } catch {
                throw .entry(error)
            }
            _ = try apply(entry, payload: span.extracting(entry.payload))
            _ = audit.note(entry, in: span, digest)
            bytesSinceSeal += entry.end - offset
            switch entry.kind {
            case .seal: bytesSinceSeal = 0
            case .configuration: membership = try Membership(of: entry, in: bytes)
            case .command, .noOp, .checkpoint, .genesis: break
            }
            offset = entry.end
        }
        return membership
    }

    /// How many keys are asked for at a time: as many as the caches next to the processor hold, with their values.
    private static let fetchedAtOnce = 64

    /// What can't be read is passed over here: it is an error when it is applied.
    /// - Returns: where the first entry starts whose key was not asked for.
    private func fetchKeys(ofEntriesIn bytes: RawSpan, from start: Int) -> Int {
        var hashes: [UInt64] = []
        var offset = start
        while hashes.count < KeyValueStore.fetchedAtOnce, offset < bytes.byteCount,
            let entry = try? EntryBounds(in: bytes, at: offset)
        {
            if case .command = entry.kind, let hash = hash(ofKeyIn: bytes.extracting(entry.payload)) {
                hashes.append(hash)
            }
            offset = entry.end
        }
        fetch(hashes)
        return offset
    }
}

extension Membership {
    /// - Parameter bytes: what `entry`, a configuration, points into.
    package init(of entry: EntryView, in bytes: [UInt8]) throws(ApplyError) {
        do {
            self = try Membership(decoding: Array(bytes[entry.payload]), slot: entry.slot)
        } catch {
            throw .configuration(error)
        }
    }
}

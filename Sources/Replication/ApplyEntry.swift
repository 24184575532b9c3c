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
    /// - Parameter audit: holds the checkpoints among them against this state.
    /// - Returns: the last configuration among them.
    package mutating func apply(
        entriesOf bytes: [UInt8], _ audit: inout StateAudit
    ) throws(ApplyError) -> Membership? {
        let span = bytes.span.bytes
        var offset = 0
        var membership: Membership?
        while offset < bytes.count {
            let entry: EntryView
            do {
                entry = try EntryView(in: span, at: offset)
            } catch {
                throw .entry(error)
            }
            _ = try apply(entry, payload: span.extracting(entry.payload))
            _ = audit.note(entry, in: span, digest)
            if entry.kind == .configuration { membership = try Membership(of: entry, in: bytes) }
            offset = entry.end
        }
        return membership
    }

    /// The same, without a look at checkpoints.
    package mutating func apply(entriesOf bytes: [UInt8]) throws(ApplyError) -> Membership? {
        var audit = StateAudit()
        return try apply(entriesOf: bytes, &audit)
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

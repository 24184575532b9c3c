// One slot of the log as a line for people: `slot state command`. It holds no line feed, whatever was written, and
// splits at its spaces.

import Paxos

package enum EntryText {
    package enum State: String, Sendable {
        case chosen
        /// Voted for by this node, and not known to be chosen.
        case accepted
    }

    /// - Parameter command: tells what the payload of a command says; it is known to the state machine alone.
    package static func line(
        _ entry: EntryView, _ state: State, in bytes: [UInt8], command: ([UInt8]) -> String
    ) -> String {
        "\(entry.slot) \(state.rawValue) \(text(entry, in: bytes, command: command))"
    }

    /// What stands behind slot and state.
    package static func text(_ entry: EntryView, in bytes: [UInt8], command: ([UInt8]) -> String) -> String {
        let payload = Array(bytes[entry.payload])
        switch entry.kind {
        case .command: return command(payload)
        case .noOp: return "noop"
        case .seal: return "seal"
        case .checkpoint:
            guard let checkpoint = Checkpoint(of: entry, in: bytes.span.bytes) else { return "checkpoint unreadable" }
            let digest =
                checkpoint.stateDigest.map { "state=\($0)" } ?? checkpoint.snapshotSHA256.map { "sha256=\($0)" }
            return "checkpoint slot=\(checkpoint.slot) \(digest ?? "")"
        case .configuration:
            guard let next = try? Membership(decoding: payload, slot: entry.slot) else {
                return "configuration unreadable"
            }
            return "configuration members=" + next.members.map { "\($0.node).\($0.incarnation)" }.joined(separator: ",")
        case .genesis:
            guard let genesis = try? Genesis(decoding: payload) else { return "genesis unreadable" }
            let members = genesis.members.map { "\($0.node)" }.joined(separator: ",")
            return "genesis cluster=\(genesis.cluster) members=\(members)"
        }
    }
}

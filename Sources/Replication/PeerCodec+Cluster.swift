// What nodes say to one another beside Paxos, read back: commands on their way to the leader, where a node stands, and who
// asks for a vote.

import NIOCore
import Paxos
import PaxosLog

extension ByteBuffer {
    mutating func readForward() throws(PeerCodecError) -> ForwardedCommands {
        let node = NodeID(try read(UInt16.self))
        guard try read(UInt16.self) == 0 else { throw .reservedBytesInUse }
        let incarnation = Incarnation(try read(UInt32.self))
        let session = SessionID(node: node, incarnation: incarnation, boot: try read(UInt64.self))
        let count = Int(try read(UInt32.self))
        guard count <= readableBytes / 16 else { throw .truncated }
        var commands: [ForwardedCommands.Command] = []
        commands.reserveCapacity(count)
        for _ in 0..<count {
            let sequence = try read(UInt64.self)
            let rawKind = try read(UInt32.self)
            guard let kind = Entry.Kind(rawValue: UInt8(truncatingIfNeeded: rawKind)), rawKind < 256,
                kind == .command || kind == .noOp || kind == .seal, sequence > 0
            else { throw .malformed("a client asks for an entry of kind \(rawKind)") }
            let payload = try readCounted()
            guard payload.count + Entry.headerLength <= Entry.longest else { throw .malformed("a command too long") }
            commands.append(.init(sequence: sequence, kind: kind, payload: payload))
        }
        return ForwardedCommands(session: session, commands: commands)
    }

    mutating func readStanding() throws(PeerCodecError) -> Standing {
        let journal = try readUniqueID()
        let membersHash = try read(UInt64.self)
        let asker = try readUniqueID()
        let genesis = try readCounted()
        return Standing(
            journal: journal, membersHash: membersHash, genesis: genesis.isEmpty ? nil : genesis,
            asker: asker == .none ? nil : asker)
    }

    mutating func readReadmission() throws(PeerCodecError) -> Readmission {
        let journal = try readUniqueID()
        let after = Incarnation(try read(UInt32.self))
        guard try read(UInt32.self) == 0 else { throw .reservedBytesInUse }
        return Readmission(journal: journal, after: after)
    }
}

// What two nodes tell each other before anything else: `hello` from the one that dialled, then `welcome` or `refusal`
// from the one that was dialled. It carries nothing of the log. docs/wire-format.md draws the bytes.

import NIOCore
import Paxos
import PaxosLog

/// Who speaks, and for whom.
struct PeerIdentity: Equatable, Sendable {
    var node: NodeID
    var incarnation: Incarnation
    /// `UniqueID.none` before the node belongs to a cluster.
    var cluster: UniqueID
    /// Over the member list that the node was started with.
    var membersHash: UInt64
    var journal: UniqueID
    /// Counts the starts of a node; a later one has a greater.
    var boot: UInt64
    /// The versions of the peers' protocol that the node speaks.
    var versions: ClosedRange<UInt16>
    /// Reserved for proof that the node is who it says. Empty today, and anything else is refused.
    var authentication: [UInt8] = []
}

enum Handshake: Equatable, Sendable {
    case hello(PeerIdentity)
    case welcome(PeerIdentity)
    /// Why the dialling node is not wanted, for its log.
    case refusal(String)
}

enum HandshakeError: Error, Equatable {
    /// Whoever is there does not speak this protocol.
    case notAPeer
    case length(UInt32)
    case unknownKind(UInt8)
    case malformed
}

extension Handshake {
    /// The carriage return and line feed show when something on the way takes the stream for text.
    static let magic: [UInt8] = Array("PAXOS\r\n\0".utf8)
    /// The most bytes behind magic and length.
    static let longest = 4096
    private static let headerLength = 12

    private var kind: UInt8 {
        switch self {
        case .hello: 1
        case .welcome: 2
        case .refusal: 3
        }
    }

    func encode(into buffer: inout ByteBuffer) {
        buffer.writeBytes(Handshake.magic)
        let length = buffer.writerIndex
        buffer.writeInteger(UInt32(0))
        buffer.writeInteger(kind)
        buffer.writeRepeatingByte(0, count: 3)
        switch self {
        case .hello(let identity), .welcome(let identity): buffer.write(identity)
        case .refusal(let reason):
            let text = Array(reason.utf8.prefix(1024))
            buffer.writeInteger(UInt16(text.count), endianness: .little)
            buffer.writeBytes(text)
        }
        buffer.setInteger(UInt32(buffer.writerIndex - length - 4), at: length, endianness: .little)
    }

    /// Takes a handshake off the front of `buffer`. What stands behind the fields that this version knows is passed
    /// over, so that a later one may say more.
    /// - Returns: nil when it has not arrived whole; nothing is taken then.
    static func decode(from buffer: inout ByteBuffer) throws(HandshakeError) -> Handshake? {
        let start = buffer.readableBytesView.prefix(magic.count)
        guard start.elementsEqual(magic.prefix(start.count)) else { throw .notAPeer }
        let lengthIndex = buffer.readerIndex + magic.count
        guard let length = buffer.getInteger(at: lengthIndex, endianness: .little, as: UInt32.self) else { return nil }
        guard length >= 4, length <= UInt32(longest) else { throw .length(length) }
        guard buffer.readableBytes >= headerLength + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: headerLength)
        guard var body = buffer.readSlice(length: Int(length)), let kind = body.readInteger(as: UInt8.self),
            body.readBytes(length: 3) == [0, 0, 0]
        else { throw .malformed }
        switch kind {
        case 1, 2:
            guard let identity = body.readPeerIdentity() else { throw .malformed }
            return kind == 1 ? .hello(identity) : .welcome(identity)
        case 3:
            guard let count = body.readInteger(endianness: .little, as: UInt16.self),
                let text = body.readBytes(length: Int(count))
            else { throw .malformed }
            return .refusal(String(decoding: text, as: UTF8.self))
        default: throw .unknownKind(kind)
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func write(_ identity: PeerIdentity) {
        writeInteger(identity.versions.lowerBound, endianness: .little)
        writeInteger(identity.versions.upperBound, endianness: .little)
        writeInteger(identity.node.rawValue, endianness: .little)
        writeInteger(UInt16(0))
        writeInteger(identity.incarnation.rawValue, endianness: .little)
        writeInteger(identity.cluster.high, endianness: .little)
        writeInteger(identity.cluster.low, endianness: .little)
        writeInteger(identity.membersHash, endianness: .little)
        writeInteger(identity.journal.high, endianness: .little)
        writeInteger(identity.journal.low, endianness: .little)
        writeInteger(identity.boot, endianness: .little)
        writeInteger(UInt16(identity.authentication.count), endianness: .little)
        writeBytes(identity.authentication)
    }

    fileprivate mutating func readPeerIdentity() -> PeerIdentity? {
        guard let lowest = readInteger(endianness: .little, as: UInt16.self),
            let highest = readInteger(endianness: .little, as: UInt16.self), lowest <= highest,
            let node = readInteger(endianness: .little, as: UInt16.self),
            readInteger(as: UInt16.self) == 0,
            let incarnation = readInteger(endianness: .little, as: UInt32.self),
            let cluster = readUniqueID(),
            let membersHash = readInteger(endianness: .little, as: UInt64.self),
            let journal = readUniqueID(),
            let boot = readInteger(endianness: .little, as: UInt64.self),
            let authenticationLength = readInteger(endianness: .little, as: UInt16.self),
            let authentication = readBytes(length: Int(authenticationLength))
        else { return nil }
        return PeerIdentity(
            node: NodeID(node), incarnation: Incarnation(incarnation), cluster: cluster, membersHash: membersHash,
            journal: journal, boot: boot, versions: lowest...highest, authentication: authentication)
    }

    private mutating func readUniqueID() -> UniqueID? {
        guard let high = readInteger(endianness: .little, as: UInt64.self),
            let low = readInteger(endianness: .little, as: UInt64.self)
        else { return nil }
        return UniqueID(high: high, low: low)
    }
}

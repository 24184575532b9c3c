// The fields that messages are made of, each little-endian.

import NIOCore
import Paxos
import PaxosLog

extension ByteBuffer {
    mutating func write(_ value: some FixedWidthInteger) { writeInteger(value, endianness: .little) }

    mutating func write(_ slot: Slot) { write(slot.rawValue) }

    mutating func write(_ ballot: Ballot) {
        write(ballot.round)
        write(ballot.node.rawValue)
        write(UInt16(0))
        write(ballot.incarnation.rawValue)
    }

    mutating func writeCounted(_ bytes: [UInt8]) {
        write(UInt32(bytes.count))
        writeBytes(bytes)
    }
}

extension ByteBuffer {
    mutating func read<T: FixedWidthInteger>(_ type: T.Type) throws(PeerCodecError) -> T {
        guard let value = readInteger(endianness: .little, as: type) else { throw .truncated }
        return value
    }

    mutating func readFlag() throws(PeerCodecError) -> Bool {
        switch try read(UInt32.self) {
        case 0: return false
        case 1: return true
        default: throw .malformed("a flag is neither 0 nor 1")
        }
    }

    mutating func readSlot() throws(PeerCodecError) -> Slot {
        let raw = try read(UInt64.self)
        guard Slot(raw) < JournalFormat.highestSlot else { throw .malformed("slot \(raw)") }
        return Slot(raw)
    }

    mutating func readPositiveSlot() throws(PeerCodecError) -> Slot {
        let slot = try readSlot()
        guard slot > .zero else { throw .malformed("slot zero") }
        return slot
    }

    mutating func readUniqueID() throws(PeerCodecError) -> UniqueID {
        UniqueID(high: try read(UInt64.self), low: try read(UInt64.self))
    }

    mutating func readBallot() throws(PeerCodecError) -> Ballot {
        let round = try read(UInt64.self)
        guard round < JournalFormat.endOfRounds else { throw .malformed("round \(round)") }
        let node = NodeID(try read(UInt16.self))
        guard try read(UInt16.self) == 0 else { throw .reservedBytesInUse }
        return Ballot(round: round, node: node, incarnation: Incarnation(try read(UInt32.self)))
    }

    mutating func readCounted() throws(PeerCodecError) -> [UInt8] {
        let count = Int(try read(UInt32.self))
        guard count <= readableBytes, let bytes = readBytes(length: count) else { throw .truncated }
        return bytes
    }
}

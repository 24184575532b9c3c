// What stands in a slot: the value that Paxos agrees on, as bytes that are the same on every node and never change
// between the proposal and the log. docs/log-format.md draws the layout.

package import Paxos

package struct Entry: Equatable, Sendable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        case command = 1
        case noOp = 2
        case seal = 3
        case checkpoint = 4
        case genesis = 5
        case configuration = 6
    }

    package var slot: Slot
    package var kind: Kind
    /// When the leader proposed it, in microseconds since 1970 by the leader's clock.
    package var time: UInt64
    /// Who asked for it; the leader itself for what nobody asked for.
    package var session: SessionID
    /// The request's number within its session; 0 for what nobody asked for.
    package var sequence: UInt64
    package var payload: [UInt8]

    package init(slot: Slot, kind: Kind, time: UInt64, session: SessionID, sequence: UInt64, payload: [UInt8]) {
        self.slot = slot
        self.kind = kind
        self.time = time
        self.session = session
        self.sequence = sequence
        self.payload = payload
    }
}

extension Entry {
    /// Bytes before the payload, the length field included.
    package static let headerLength = 48
    package static let currentVersion: UInt8 = 0
    package static let longest = 4 << 20

    /// The length of this entry in a run's body, the length field included.
    package var encodedLength: Int { Entry.headerLength + payload.count }

    package func encode(into bytes: inout [UInt8]) {
        bytes.appendLittleEndian(UInt32(encodedLength - 4))
        bytes.append(kind.rawValue)
        bytes.append(Entry.currentVersion)
        bytes.appendLittleEndian(session.node.rawValue)
        bytes.appendLittleEndian(slot.rawValue)
        bytes.appendLittleEndian(time)
        bytes.appendLittleEndian(session.boot)
        bytes.appendLittleEndian(sequence)
        bytes.appendLittleEndian(session.incarnation.rawValue)
        bytes.appendLittleEndian(UInt32(0))
        bytes.append(contentsOf: payload)
    }
}

/// An entry in place: its fields, and where its payload lies in the bytes that it was read from.
package struct EntryView: Sendable {
    package let slot: Slot
    package let kind: Entry.Kind
    package let time: UInt64
    package let session: SessionID
    package let sequence: UInt64
    package let payload: Range<Int>
    /// Where the next entry starts.
    package let end: Int

    /// Reads the entry that starts at `offset` of `bytes`.
    /// - Throws: `EntryError` when the bytes hold none; nothing is allocated.
    package init(in bytes: borrowing RawSpan, at offset: Int) throws(EntryError) {
        guard offset >= 0, bytes.byteCount - offset >= Entry.headerLength else { throw .truncated }
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ at: Int) -> T {
            T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + at, as: type))
        }
        let length = Int(load(UInt32.self, 0))
        guard length >= Entry.headerLength - 4, length <= bytes.byteCount - offset - 4 else { throw .truncated }
        guard length + 4 <= Entry.longest else { throw .tooLong(length + 4) }
        let version = load(UInt8.self, 5)
        guard version == Entry.currentVersion else { throw .unsupportedVersion(version) }
        guard let kind = Entry.Kind(rawValue: load(UInt8.self, 4)) else { throw .unknownKind(load(UInt8.self, 4)) }
        guard load(UInt32.self, 44) == 0 else { throw .reservedBytesInUse }
        self.slot = Slot(load(UInt64.self, 8))
        self.kind = kind
        self.time = load(UInt64.self, 16)
        self.session = SessionID(
            node: NodeID(load(UInt16.self, 6)), incarnation: Incarnation(load(UInt32.self, 40)),
            boot: load(UInt64.self, 24))
        self.sequence = load(UInt64.self, 32)
        self.end = offset + 4 + length
        self.payload = (offset + Entry.headerLength)..<self.end
    }
}

package enum EntryError: Error, Equatable {
    case truncated
    case tooLong(Int)
    case unknownKind(UInt8)
    case unsupportedVersion(UInt8)
    case reservedBytesInUse
}

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
    package static let currentVersion: UInt8 = 1
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
        let bounds = try EntryBounds(in: bytes, at: offset)
        self.slot = Slot(bounds.slot)
        self.kind = bounds.kind
        self.time = bytes.field(UInt64.self, at: offset + 16)
        self.session = SessionID(
            node: NodeID(bytes.field(UInt16.self, at: offset + 6)),
            incarnation: Incarnation(bytes.field(UInt32.self, at: offset + 40)),
            boot: bytes.field(UInt64.self, at: offset + 24))
        self.sequence = bytes.field(UInt64.self, at: offset + 32)
        self.end = bounds.end
        self.payload = bounds.payload
    }

    /// The last of whole entries that stand one behind the other; nil where there is none.
    package static func last(in bytes: [UInt8]) -> EntryView? {
        var (last, offset): (EntryView?, Int) = (nil, 0)
        while offset < bytes.count, let entry = try? EntryView(in: bytes.span.bytes, at: offset) {
            last = entry
            offset = entry.end
        }
        return last
    }
}

/// What must hold of an entry for the next one to be found: all that is checked, and little enough that verifying a log
/// is not slowed by it.
package struct EntryBounds {
    package let slot: UInt64
    package let kind: Entry.Kind
    package let payload: Range<Int>
    /// Where the next entry starts.
    package let end: Int

    package init(in bytes: borrowing RawSpan, at offset: Int) throws(EntryError) {
        guard offset >= 0, bytes.byteCount - offset >= Entry.headerLength else { throw .truncated }
        let length = Int(bytes.field(UInt32.self, at: offset))
        guard length >= Entry.headerLength - 4, length <= bytes.byteCount - offset - 4 else { throw .truncated }
        guard length + 4 <= Entry.longest else { throw .tooLong(length + 4) }
        let version = bytes.field(UInt8.self, at: offset + 5)
        guard version == Entry.currentVersion else { throw .unsupportedVersion(version) }
        let kind = bytes.field(UInt8.self, at: offset + 4)
        guard let kind = Entry.Kind(rawValue: kind) else { throw .unknownKind(kind) }
        guard bytes.field(UInt32.self, at: offset + 44) == 0 else { throw .reservedBytesInUse }
        self.slot = bytes.field(UInt64.self, at: offset + 8)
        self.kind = kind
        self.end = offset + 4 + length
        self.payload = (offset + Entry.headerLength)..<end
    }
}

package enum EntryError: Error, Equatable {
    case truncated
    case tooLong(Int)
    case unknownKind(UInt8)
    case unsupportedVersion(UInt8)
    case reservedBytesInUse
}

// One key of a snapshot with what it holds, within the raw bytes of its block. docs/log-format.md draws the layout.

package import Paxos

/// A key in place: its fields, and where key and value lie in the bytes that it was read from.
package struct SnapshotKey: Sendable {
    package let key: Range<Int>
    package let value: Range<Int>
    package let created: Slot
    package let modified: Slot
}

extension SnapshotKey {
    static let headerLength = 36

    static func encode(
        key: [UInt8], value: [UInt8], created: Slot, modified: Slot, into bytes: inout [UInt8]
    ) {
        bytes.appendLittleEndian(UInt32(key.count))
        bytes.appendLittleEndian(UInt32(value.count))
        bytes.appendLittleEndian(created.rawValue)
        bytes.appendLittleEndian(modified.rawValue)
        // Namespace and expiry, which no command can give yet.
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(UInt64(0))
        bytes.append(contentsOf: key)
        bytes.append(contentsOf: value)
    }

    /// Reads the key that starts at `offset` of `bytes`.
    init(in bytes: borrowing RawSpan, at offset: Int, through slot: Slot) throws(SegmentFault) {
        guard bytes.byteCount - offset >= SnapshotKey.headerLength else { throw .truncated }
        let keyLength = Int(bytes.field(UInt32.self, at: offset))
        let valueLength = Int(bytes.field(UInt32.self, at: offset + 4))
        let start = offset + SnapshotKey.headerLength
        guard keyLength <= bytes.byteCount - start, valueLength <= bytes.byteCount - start - keyLength else {
            throw .truncated
        }
        guard bytes.field(UInt32.self, at: offset + 24) == 0, bytes.field(UInt64.self, at: offset + 28) == 0 else {
            throw .reservedBytesInUse
        }
        created = Slot(bytes.field(UInt64.self, at: offset + 8))
        modified = Slot(bytes.field(UInt64.self, at: offset + 16))
        guard created > .zero, created <= modified, modified <= slot else { throw .outOfBounds("a key's slots") }
        key = start..<(start + keyLength)
        value = key.upperBound..<(key.upperBound + valueLength)
    }
}

extension RawSpan {
    /// Whether these bytes sort before `other`, as unsigned numbers; a key sorts before those that it begins.
    func sorts(before other: borrowing RawSpan) -> Bool {
        withUnsafeBytes { left in other.withUnsafeBytes { right in left.lexicographicallyPrecedes(right) } }
    }
}

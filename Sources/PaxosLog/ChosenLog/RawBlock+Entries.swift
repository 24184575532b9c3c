// The entries within a block's raw bytes.

import Paxos

/// Why raw bytes are not the entries that their header promises.
enum BlockFault: Error, Equatable {
    case malformed(String)
    /// Written by a later version; it is never skipped.
    case unknown(String)
}

extension RawBlock {
    /// Calls `body` with each entry in turn, and the raw bytes that it lies in.
    /// - Throws: `EntryError` where the bytes hold no entry; no block that a reader has given out does.
    package func forEachEntry(_ body: (EntryView, borrowing RawSpan) -> Void) throws(EntryError) {
        let span = bytes.span.bytes
        var offset = 0
        for _ in 0..<count {
            let entry = try EntryView(in: span, at: offset)
            body(entry, span)
            offset = entry.end
        }
    }

    /// Verifies that raw bytes are exactly `count` entries of consecutive slots; returns the kind of the last.
    static func verifyEntries(
        _ bytes: borrowing RawSpan, from firstSlot: Slot, count: Int
    ) throws(BlockFault) -> Entry.Kind {
        var offset = 0
        var kind = Entry.Kind.noOp
        let first = firstSlot.rawValue
        for index in 0..<count {
            let entry: EntryBounds
            do {
                entry = try EntryBounds(in: bytes, at: offset)
            } catch {
                throw BlockFault(error, slot: firstSlot + index)
            }
            guard entry.slot == first + UInt64(index) else {
                throw .malformed("slot \(entry.slot) stands where \(firstSlot + index) belongs")
            }
            offset = entry.end
            kind = entry.kind
        }
        guard offset == bytes.byteCount else { throw .malformed("bytes stand behind its last entry") }
        return kind
    }
}

extension BlockFault {
    fileprivate init(_ error: EntryError, slot: Slot) {
        switch error {
        case .unknownKind(let kind): self = .unknown("the entry of slot \(slot) is of kind \(kind)")
        case .unsupportedVersion(let version): self = .unknown("the entry of slot \(slot) is of version \(version)")
        case .truncated: self = .malformed("the entry of slot \(slot) is cut short")
        case .tooLong(let length): self = .malformed("the entry of slot \(slot) has \(length) bytes, more than it may")
        case .reservedBytesInUse: self = .unknown("the entry of slot \(slot) uses reserved bytes")
        }
    }
}

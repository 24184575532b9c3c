// Sessions as bytes, the same on every node: in the order of their names. Integers are little-endian.
//
//     sessions   bound in slots u64, number of sessions u32, zero u32, sessions
//     session    node u16, zero u16, incarnation u32, boot u64, last use u64 (a slot), highest u64, forgotten u64,
//                number of gaps u32, zero u32, gaps
//     gap        first u64, last u64, since u64 (a slot)

import DequeModule
import Paxos

extension Sessions {
    private static let headerLength = 16

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(bound)
        bytes.appendLittleEndian(UInt32(count))
        bytes.appendLittleEndian(UInt32(0))
        for session in inOrder { session.encode(into: &bytes) }
        return bytes
    }

    /// - Throws: `.malformedSessions` unless the bytes are what sessions with this bound are encoded as.
    init(decoding bytes: [UInt8], bound: UInt64) throws(StateBuilderError) {
        self.init(bound: bound)
        var reader = SessionReader(bytes)
        guard try reader.next(UInt64.self) == bound else { throw .malformedSessions }
        let count = try reader.next(UInt32.self)
        try reader.skipZeros(4)
        for _ in 0..<count { try append(try Session(from: &reader)) }
        guard reader.isAtEnd else { throw .malformedSessions }
    }
}

extension Session {
    fileprivate func encode(into bytes: inout [UInt8]) {
        bytes.appendLittleEndian(id.node.rawValue)
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendLittleEndian(id.incarnation.rawValue)
        bytes.appendLittleEndian(id.boot)
        bytes.appendLittleEndian(lastUse.rawValue)
        bytes.appendLittleEndian(highest)
        bytes.appendLittleEndian(forgotten)
        bytes.appendLittleEndian(UInt32(gaps.count))
        bytes.appendLittleEndian(UInt32(0))
        for gap in gaps {
            bytes.appendLittleEndian(gap.first)
            bytes.appendLittleEndian(gap.last)
            bytes.appendLittleEndian(gap.since.rawValue)
        }
    }

    fileprivate init(from reader: inout SessionReader) throws(StateBuilderError) {
        let node = NodeID(try reader.next(UInt16.self))
        try reader.skipZeros(2)
        let incarnation = Incarnation(try reader.next(UInt32.self))
        let id = SessionID(node: node, incarnation: incarnation, boot: try reader.next(UInt64.self))
        let lastUse = Slot(try reader.next(UInt64.self))
        let highest = try reader.next(UInt64.self)
        let forgotten = try reader.next(UInt64.self)
        let count = try reader.next(UInt32.self)
        try reader.skipZeros(4)
        var gaps: Deque<Gap> = []
        var end = forgotten
        for _ in 0..<count {
            let gap = Gap(
                first: try reader.next(UInt64.self), last: try reader.next(UInt64.self),
                since: Slot(try reader.next(UInt64.self)))
            guard gap.first > end, gap.last >= gap.first, gap.last < highest else { throw .malformedSessions }
            end = gap.last
            gaps.append(gap)
        }
        guard forgotten <= highest else { throw .malformedSessions }
        self.init(id: id, lastUse: lastUse, highest: highest, forgotten: forgotten, gaps: gaps)
    }
}

private struct SessionReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func next<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws(StateBuilderError) -> T {
        guard bytes.count - offset >= MemoryLayout<T>.size else { throw .malformedSessions }
        defer { offset += MemoryLayout<T>.size }
        return T(littleEndian: bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }

    mutating func skipZeros(_ count: Int) throws(StateBuilderError) {
        guard bytes.count - offset >= count, bytes[offset..<(offset + count)].allSatisfy({ $0 == 0 }) else {
            throw .malformedSessions
        }
        offset += count
    }
}

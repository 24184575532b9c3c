// The payload of slot 1: who the cluster is and how its log is cut. Nothing that changes the log's bytes is configured
// anywhere else. docs/log-format.md draws the layout.

package import Paxos

package struct Genesis: Equatable, Sendable {
    package struct Member: Equatable, Sendable {
        package var node: NodeID
        package var incarnation: Incarnation
        /// The journal that may vote for this member. A node whose disk was emptied has another one.
        package var journal: UniqueID

        package init(node: NodeID, incarnation: Incarnation, journal: UniqueID) {
            self.node = node
            self.incarnation = incarnation
            self.journal = journal
        }
    }

    package var cluster: UniqueID
    /// Sorted by node.
    package var members: [Member]
    package var limits: LogLimits

    package init(cluster: UniqueID, members: [Member], limits: LogLimits) {
        self.cluster = cluster
        self.members = members.sorted { $0.node < $1.node }
        self.limits = limits
    }
}

/// Where blocks and segments of the chosen log end.
package struct LogLimits: Equatable, Sendable {
    /// A block ends after the entry that brings its raw bytes to this many.
    package var blockBytes: Int
    /// A segment ends after the block that brings its raw bytes to this many.
    package var segmentBytes: Int

    package init(blockBytes: Int, segmentBytes: Int) {
        precondition(blockBytes > 0 && segmentBytes >= blockBytes, "a segment holds at least one block")
        self.blockBytes = blockBytes
        self.segmentBytes = segmentBytes
    }

    package static let standard = LogLimits(blockBytes: 64 << 10, segmentBytes: 64 << 20)
}

extension Genesis {
    package static let currentVersion: UInt16 = 1
    /// zstd at this level, single-threaded, with a fresh state for each block.
    package static let zstdLevel: Int32 = 1
    private static let zstdCodec: UInt8 = 1

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(Genesis.currentVersion)
        bytes.append(Genesis.zstdCodec)
        bytes.append(UInt8(Genesis.zstdLevel))
        bytes.appendLittleEndian(UInt32(limits.blockBytes))
        bytes.appendLittleEndian(UInt64(limits.segmentBytes))
        bytes.appendLittleEndian(cluster.high)
        bytes.appendLittleEndian(cluster.low)
        bytes.appendLittleEndian(UInt32(members.count))
        for member in members { member.encode(into: &bytes) }
        return bytes
    }

    /// - Throws: `GenesisError` when the bytes are not a genesis that this version writes.
    package init(decoding bytes: [UInt8]) throws(GenesisError) {
        guard bytes.count >= 36 else { throw .malformed }
        let span = bytes.span.bytes
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ at: Int) -> T {
            T(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: at, as: type))
        }
        let version = load(UInt16.self, 0)
        guard version == Genesis.currentVersion else { throw .unsupportedVersion(version) }
        guard bytes[2] == Genesis.zstdCodec, bytes[3] == UInt8(Genesis.zstdLevel) else { throw .unknownCodec }
        let blockBytes = Int(load(UInt32.self, 4))
        let segmentBytes = load(UInt64.self, 8)
        guard blockBytes > 0, segmentBytes >= UInt64(blockBytes), segmentBytes < 1 << 40 else { throw .malformed }
        let members = try Member.decode(bytes, at: 36, count: Int(load(UInt32.self, 32)))
        self.init(
            cluster: UniqueID(high: load(UInt64.self, 16), low: load(UInt64.self, 24)), members: members,
            limits: LogLimits(blockBytes: blockBytes, segmentBytes: Int(segmentBytes)))
    }

    package static let mostMembers = 99
}

extension Genesis.Member {
    private static let encodedLength = 24

    func encode(into bytes: inout [UInt8]) {
        bytes.appendLittleEndian(node.rawValue)
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendLittleEndian(incarnation.rawValue)
        bytes.appendLittleEndian(journal.high)
        bytes.appendLittleEndian(journal.low)
    }

    /// `count` members that end the bytes, sorted.
    static func decode(_ bytes: [UInt8], at start: Int, count: Int) throws(GenesisError) -> [Genesis.Member] {
        guard count > 0, count <= Genesis.mostMembers, bytes.count == start + encodedLength * count else {
            throw .malformed
        }
        let span = bytes.span.bytes
        guard (0..<count).allSatisfy({ span.field(UInt16.self, at: start + encodedLength * $0 + 2) == 0 }) else {
            throw .malformed
        }
        let members = (0..<count).map { index in
            let at = start + encodedLength * index
            return Genesis.Member(
                node: NodeID(span.field(UInt16.self, at: at)),
                incarnation: Incarnation(span.field(UInt32.self, at: at + 4)),
                journal: UniqueID(
                    high: span.field(UInt64.self, at: at + 8), low: span.field(UInt64.self, at: at + 16)))
        }
        guard zip(members, members.dropFirst()).allSatisfy({ $0.node < $1.node }) else { throw .malformed }
        return members
    }
}

package enum GenesisError: Error, Equatable {
    case malformed
    case unsupportedVersion(UInt16)
    case unknownCodec
}

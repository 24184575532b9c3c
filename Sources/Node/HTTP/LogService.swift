// What the routes that show a node's log need of the node behind them. They write nothing, and show nothing that is not
// durable.

import NIOCore
import Paxos
import PaxosLog

protocol LogService: Sendable {
    /// Chosen entries from `first`, or the first that there is, on, `limit` of them at the most, as lines of JSON.
    func entries(from first: Slot?, limit: Int?, compressed: Bool) async throws(HTTPFailure) -> DocumentPieces
    /// Chosen entries of `slots` as the log has them, `limit` of them at the most, until they are `bytes` long.
    func encodedEntries(_ slots: ClosedRange<Slot>, limit: Int, bytes: Int) async throws(HTTPFailure) -> EncodedEntries
    /// The segments from the one that holds `slot` on, as many as one answer may name, and all snapshots.
    func files(from slot: Slot) async throws(HTTPFailure) -> FileListing
    func file(_ file: NodeFile) async throws(HTTPFailure) -> FileContents
    /// The block of the log that holds a slot.
    func block(holding slot: Slot) async throws(HTTPFailure) -> BlockDigest
}

struct EncodedEntries: Sendable {
    /// Whole entries, one behind the other.
    var bytes: [UInt8]
    /// How far this node has applied the log.
    var appliedThrough: Slot

    /// An answer is about so long; one entry may make it longer.
    static let mostBytes = 1 << 20
    /// The same where only their digest is sent.
    static let mostDigested = 8 << 20
}

/// The files that others may read: no name of any other leads anywhere.
enum NodeFile: Equatable, Sendable {
    case identity
    case shipped(ShippedFile)

    init?(_ name: String) {
        if name == Identity.fileName {
            self = .identity
        } else if let file = ShippedFile(name) {
            self = .shipped(file)
        } else {
            return nil
        }
    }
}

/// A file that is open; it stays what it was, whatever becomes of its name.
struct FileContents: Sendable {
    let size: Int
    /// Bytes of it, read off the event loop.
    let read: @Sendable (_ part: Range<Int>) async throws -> ByteBuffer
}

/// What a node has on disk for others to read.
struct FileListing: Sendable {
    struct Snapshot: Sendable {
        var name: SnapshotName
        var bytes: UInt64
    }

    /// So many segments are named in one answer.
    static let mostSegments = 1_000

    var node: NodeID
    var log: DurableLog
    var appliedThrough: Slot
    var segments: [SegmentSummary]
    /// Where the next answer begins; nil when all are named.
    var next: Slot?
    /// The newest first.
    var snapshots: [Snapshot]
}

extension FileListing {
    var json: JSONValue {
        .object([
            ("node", .string("\(node)")),
            ("logThrough", .number(log.through.rawValue)),
            ("appliedThrough", .number(appliedThrough.rawValue)),
            ("segments", .array(segments.map(\.json))),
            ("next", next.map { .number($0.rawValue) } ?? .null),
            (
                "snapshots",
                .array(
                    snapshots.map { snapshot in
                        .object([
                            ("name", .string("\(snapshot.name)")), ("slot", .number(snapshot.name.slot.rawValue)),
                            ("bytes", .number(snapshot.bytes)),
                        ])
                    })
            ),
        ])
    }
}

extension SegmentSummary {
    fileprivate var json: JSONValue {
        .object([
            ("name", .string("\(name)")),
            ("firstSlot", .number(name.firstSlot.rawValue)),
            ("lastSlot", contents.map { .number($0.lastSlot.rawValue) } ?? .null),
            ("bytes", .number(bytes)),
            ("blocks", contents.map { .number(UInt64($0.blocks)) } ?? .null),
            ("rawBytes", contents.map { .number($0.rawBytes) } ?? .null),
            ("sealed", .bool(isSealed)),
            ("chainDigest", contents.map { .string("\($0.chainDigest)") } ?? .null),
        ])
    }
}

extension BlockDigest {
    var json: JSONValue {
        .object([
            ("firstSlot", .number(slots.lowerBound.rawValue)), ("lastSlot", .number(slots.upperBound.rawValue)),
            ("chainDigest", .string("\(chainDigest)")),
        ])
    }
}

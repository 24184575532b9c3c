// What a running node says of its files, out of the JSON of /log/files.

import FoundationEssentials
import Paxos
import PaxosLog

struct NodeListing: Equatable {
    struct Snapshot: Equatable {
        var name: SnapshotName
        var bytes: UInt64
    }

    var node: String
    /// How far the files go.
    var logThrough: Slot
    /// How far the node had applied the log.
    var appliedThrough: Slot
    /// By slot.
    var segments: [SegmentSummary]
    /// The newest first.
    var snapshots: [Snapshot]
    /// Where the next answer begins; nil when this is the last.
    var next: Slot?

    /// How many bytes all the files have together.
    var bytes: UInt64 { segments.reduce(0) { $0 + $1.bytes } + snapshots.reduce(0) { $0 + $1.bytes } }

    /// - Throws: `.garbled` for what is no such listing.
    init(_ json: [UInt8]) throws(NodeFailure) {
        let object: Object
        do {
            object = try JSONDecoder().decode(Object.self, from: Data(json))
        } catch {
            throw .garbled("the listing of its files")
        }
        node = object.node
        logThrough = Slot(object.logThrough)
        appliedThrough = Slot(object.appliedThrough)
        next = object.next.map { Slot($0) }
        segments = object.segments.compactMap { SegmentSummary($0) }
        snapshots = object.snapshots.compactMap { file in
            SnapshotName(file.name).map { Snapshot(name: $0, bytes: file.bytes) }
        }
        let slots = segments.map(\.name.firstSlot)
        guard segments.count == object.segments.count, snapshots.count == object.snapshots.count,
            zip(slots, slots.dropFirst()).allSatisfy({ $0 < $1 })
        else { throw .garbled("the listing of its files") }
    }

    fileprivate struct Object: Decodable {
        struct Segment: Decodable {
            var name: String
            var lastSlot: UInt64?
            var bytes: UInt64
            var blocks: Int?
            var rawBytes: UInt64?
            var sealed: Bool
            var chainDigest: String?
        }
        struct Snapshot: Decodable {
            var name: String
            var bytes: UInt64
        }
        var node: String
        var logThrough: UInt64
        var appliedThrough: UInt64
        var segments: [Segment]
        var next: UInt64?
        var snapshots: [Snapshot]
    }
}

extension SegmentSummary {
    fileprivate init?(_ object: NodeListing.Object.Segment) {
        guard let name = SegmentName(object.name) else { return nil }
        var contents: Contents?
        if let last = object.lastSlot, let blocks = object.blocks, let raw = object.rawBytes,
            let digest = object.chainDigest.flatMap({ ChainDigest($0) })
        {
            contents = Contents(lastSlot: Slot(last), blocks: blocks, rawBytes: raw, chainDigest: digest)
        }
        self.init(name: name, bytes: object.bytes, isSealed: object.sealed, contents: contents)
    }
}

/// What a node says of a question that it does not answer.
struct RefusalObject: Decodable {
    var error: String
    var reason: String

    init?(_ json: [UInt8]) {
        guard let object = try? JSONDecoder().decode(RefusalObject.self, from: Data(json)) else { return nil }
        self = object
    }
}

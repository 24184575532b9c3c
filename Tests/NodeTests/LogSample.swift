// What a node's log looks like to those who ask over HTTP.

import NIOCore
import Paxos
import PaxosLog

@testable import Node

enum LogSample {
    static let text = "abcdefghijklmnop"

    /// Gives three bytes at a time.
    static let file = FileContents(size: text.utf8.count) { part in
        ByteBuffer(bytes: Array(text.utf8)[part].prefix(3))
    }

    static let listing = FileListing(
        node: NodeID(2), log: DurableLog(through: Slot(7), open: nil), appliedThrough: Slot(9),
        segments: [
            SegmentSummary(
                name: SegmentName(firstSlot: Slot(5)), bytes: 300, isSealed: true,
                contents: .init(lastSlot: Slot(7), blocks: 1, rawBytes: 700, chainDigest: .start))
        ],
        next: nil, snapshots: [.init(name: SnapshotName(slot: Slot(4)), bytes: 88)])

    static let cluster = UniqueID(high: 1, low: 1)

    /// The first entry of a cluster's log.
    static func genesis(_ members: [NodeID], journal: (NodeID) -> UniqueID = { _ in .none }) -> [UInt8] {
        var bytes: [UInt8] = []
        Entry(
            slot: .first, kind: .genesis, time: 1, session: SessionID(node: NodeID(0), incarnation: .first, boot: 1),
            sequence: 0,
            payload: Genesis(
                cluster: cluster,
                members: members.map { Genesis.Member(node: $0, incarnation: .first, journal: journal($0)) },
                limits: .standard
            ).encoded()
        ).encode(into: &bytes)
        return bytes
    }

    static func entries(from first: Slot, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in 0..<count {
            Entry(
                slot: first + number, kind: .noOp, time: 1,
                session: SessionID(node: NodeID(0), incarnation: .first, boot: 1),
                sequence: 0, payload: []
            ).encode(into: &bytes)
        }
        return bytes
    }
}

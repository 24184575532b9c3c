// What a running node is asked through: one question at a time, and the wait for its answer.

import Paxos
import PaxosLog

protocol NodeConnection: Sendable {
    var url: NodeURL { get }
    /// How many bytes the bodies of all answers had together.
    var receivedBytes: Int { get }

    /// - Parameters:
    ///   - path: with its query.
    ///   - range: the bytes wanted of what is there; nil for all.
    func get(_ path: String, range: Range<UInt64>?) throws(NodeFailure) -> NodeAnswer
}

struct NodeAnswer {
    var body: [UInt8]
    /// What the header `Paxos-Slot` says.
    var slot: UInt64?
}

extension NodeConnection {
    func get(_ path: String) throws(NodeFailure) -> NodeAnswer { try get(path, range: nil) }

    /// About a megabyte of entries from `first` on, as runs of the log; nil where there is none yet.
    func entries(from first: Slot, limit: Int? = nil) throws(NodeFailure) -> Run? {
        let limit = limit.map { "&limit=\($0)" } ?? ""
        let body = try get("/log/entries/encoded?from=\(first)\(limit)").body
        if body.isEmpty { return nil }
        var (count, offset) = (0, 0)
        while offset < body.count {
            guard let entry = try? EntryView(in: body.span.bytes, at: offset), entry.slot == first + count else {
                throw .garbled("the entries from slot \(first) on")
            }
            (count, offset) = (count + 1, entry.end)
        }
        return Run(ballot: .none, firstSlot: first, count: count, body: body, checksum: 0)
    }
}

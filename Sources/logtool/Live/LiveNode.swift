// A running node's log as it was when the node was first asked: its files as far as they were durable then, and behind them
// the entries that it had applied. What the node writes meanwhile is not looked at.

import FoundationEssentials
import Paxos
import PaxosLog
import SystemPackage

struct LiveNode: Sendable {
    let connection: any NodeConnection
    let listing: NodeListing

    /// The folder that the files seem to lie in.
    var directory: FilePath { FilePath(connection.url.host) }

    /// - Throws: `Failure` when the node does not tell of its files.
    init(_ connection: any NodeConnection) throws {
        self.connection = connection
        do throws(NodeFailure) {
            var listing = try LiveNode.listing(connection, from: .first)
            while let next = listing.next {
                let more = try LiveNode.listing(connection, from: next)
                guard let first = more.segments.first, first.name.firstSlot >= next else {
                    throw .garbled("the listing of its files")
                }
                listing.segments += more.segments
                listing.next = more.next
            }
            // Of what was written while several answers came, the first one knows nothing.
            let through = listing.logThrough
            listing.segments.removeAll { $0.name.firstSlot > through }
            self.listing = listing
        } catch {
            throw error.asFailure(connection.url, isFirst: true)
        }
    }

    private static func listing(_ connection: any NodeConnection, from slot: Slot) throws(NodeFailure) -> NodeListing {
        try NodeListing(connection.get("/log/files?from=\(slot)").body)
    }

    // MARK: Entries

    /// The entries behind the files, as a journal has them.
    /// - Parameter slot: slots up to this one are not wanted.
    func tail(above slot: Slot) throws -> JournalView {
        var runs: [Run] = []
        var next = max(slot, listing.logThrough).next
        while next <= listing.appliedThrough {
            guard
                let run = try asking({ () throws(NodeFailure) in
                    try connection.entries(from: next, limit: listing.appliedThrough - next + 1)
                })
            else { break }
            runs.append(run)
            next = run.lastSlot.next
        }
        return JournalView(
            promised: .none, logThrough: listing.logThrough, chosen: runs, accepted: [], files: 0, damage: [])
    }

    // MARK: Digests

    private struct BlockObject: Decodable {
        var firstSlot: UInt64
        var lastSlot: UInt64
        var chainDigest: String
    }

    /// The block that holds a slot; nil where none does, or it is damaged.
    func block(holding slot: Slot) throws -> BlockDigest? {
        do throws(NodeFailure) {
            let object: BlockObject = try decoded("/log/block?slot=\(slot)")
            guard let digest = ChainDigest(object.chainDigest), object.firstSlot <= object.lastSlot else {
                throw .garbled("the block of slot \(slot)")
            }
            return BlockDigest(slots: Slot(object.firstSlot)...Slot(object.lastSlot), chainDigest: digest)
        } catch {
            switch error {
            case .refused(404, _), .refused(500, _): return nil
            default: throw error.asFailure(connection.url)
            }
        }
    }

    private struct DigestObject: Decodable, Equatable {
        var from: UInt64
        var to: UInt64
        var digest: String
    }

    /// A digest of these entries; nil where the node does not hold them all, or they are more than it reads for this.
    func digest(of slots: ClosedRange<Slot>) throws -> String? {
        do throws(NodeFailure) {
            let object: DigestObject = try decoded(
                "/log/entries/digest?from=\(slots.lowerBound)&to=\(slots.upperBound)")
            return object.to == slots.upperBound.rawValue ? object.digest : nil
        } catch .refused {
            return nil
        } catch {
            throw error.asFailure(connection.url)
        }
    }

    private func decoded<Object: Decodable>(_ path: String) throws(NodeFailure) -> Object {
        let body = try connection.get(path).body
        guard let object = try? JSONDecoder().decode(Object.self, from: Data(body)) else {
            throw .garbled("the answer to \(path)")
        }
        return object
    }

    /// - Throws: what went wrong, as a `Failure`.
    func asking<Value>(_ body: () throws(NodeFailure) -> Value) throws -> Value {
        do throws(NodeFailure) {
            return try body()
        } catch {
            throw error.asFailure(connection.url)
        }
    }
}

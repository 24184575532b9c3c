// What the status page shows: the cluster as this node knows it, and what its own clients asked. For those who read it by
// program, names of fields are promises.

import Paxos
import PaxosLog
import Replication
import StateMachine

struct ClusterStatus: Sendable {
    /// A node from which nothing was heard for this long, in microseconds, is taken for unreachable: four reports.
    static let longestSilence: UInt64 = 2_000_000
    /// How much of an entry is shown, in characters.
    static let longestText = 200

    var view: ClusterView
    /// Microseconds since 1970.
    var time: UInt64
    var traffic: [TrafficHistory.Second]
    var isDiskFull: Bool
}

extension ClusterStatus {
    /// One node, this or another.
    struct Member {
        var node: NodeID
        /// Nil for one that was never heard of.
        var report: NodeReport?
        /// In microseconds; nil with the report.
        var age: UInt64?
        /// How many slots it has not applied that it could have.
        var lag: UInt64?
        /// Whether its log is the same as this node's, as far as both reach.
        var agreement: NodeReport.Agreement?

        var isReachable: Bool { age.map { $0 <= ClusterStatus.longestSilence } ?? false }
    }

    /// All members, in order.
    var members: [Member] {
        let own = own
        let this = Member(
            node: view.node, report: own, age: 0, lag: lag(own.knownChosenThrough, own),
            agreement: own.agreement(with: own))
        let others = view.peers.map { peer in
            guard let heard = peer.heard else { return Member(node: peer.node) }
            var member = Member(
                node: peer.node, report: heard.report, age: heard.age, lag: UInt64(heard.lag),
                agreement: own.agreement(with: heard.report))
            // What a node says of itself says nothing of what it has missed since.
            if !member.isReachable { member.lag = lag(view.knownChosenThrough, heard.report) }
            return member
        }
        return ([this] + others).sorted { $0.node < $1.node }
    }

    private var own: NodeReport {
        var own = view.own
        if isDiskFull { own.unhealthy = own.unhealthy ?? "the disk is full" }
        return own
    }

    private func lag(_ known: Slot, _ report: NodeReport) -> UInt64 {
        known.rawValue - min(known, report.appliedThrough).rawValue
    }
}

extension ClusterView.Entry {
    /// The entry, and its text for people; nil for one that is not shown.
    var shown: (view: EntryView, text: String)? {
        guard let bytes, let view = try? EntryView(in: bytes.span.bytes, at: 0) else { return nil }
        let text = EntryText.text(view, in: bytes) {
            CommandText.text(ofEncoded: $0, atLeast: ClusterStatus.longestText)
        }
        guard text.count > ClusterStatus.longestText else { return (view, text) }
        return (view, text.prefix(ClusterStatus.longestText) + "…")
    }
}

extension CommandText {
    /// The text of a command, of which no more than the first `count` characters need be right: what is longer is not
    /// made into text.
    fileprivate static func text(ofEncoded payload: [UInt8], atLeast count: Int) -> String {
        guard var command = try? Command(decoding: payload.span.bytes) else {
            return text(ofEncoded: Array(payload.prefix(count)))
        }
        // No character stands for more than four bytes.
        func cut(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.prefix(4 * count + 4)) }
        command.conditions = command.conditions.prefix(count).map { condition in
            switch condition {
            case .keyIsAbsent(let key): .keyIsAbsent(key: cut(key))
            case .valueEquals(let key, let value): .valueEquals(key: cut(key), value: cut(value))
            case .modifiedSlotEquals(let key, let slot): .modifiedSlotEquals(key: cut(key), slot: slot)
            }
        }
        command.operations = command.operations.prefix(count).map { operation in
            switch operation {
            case .set(let key, let value): .set(key: cut(key), value: cut(value))
            case .delete(let key): .delete(key: cut(key))
            }
        }
        return command.text
    }
}

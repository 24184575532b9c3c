// /cluster, as JSON. Names of fields are promises to those who read them by program.

import Paxos
import PaxosLog
import Replication

extension ClusterStatus {
    var json: JSONValue {
        .object([
            ("node", .string("\(view.node)")),
            ("cluster", view.cluster.map { .string("\($0)") } ?? .null),
            ("time", .number(time)),
            ("nodes", .array(members.map { $0.json })),
            ("entries", .array(view.entries.map { $0.json })),
            ("chosen", .array(view.history.map { .array([.number($0.time), .number($0.chosenThrough.rawValue)]) })),
            ("traffic", .array(traffic.map { $0.json })),
        ])
    }
}

extension ClusterStatus.Member {
    fileprivate var json: JSONValue {
        var fields: [(String, JSONValue)] = [
            ("id", .string("\(node)")),
            ("reachable", .bool(isReachable)),
            ("ageMilliseconds", age.map { .number($0 / 1_000) } ?? .null),
        ]
        if let report { fields += self.fields(of: report) }
        return .object(fields)
    }

    private func fields(of report: NodeReport) -> [(String, JSONValue)] {
        [
            ("role", .string(report.role.rawValue)),
            ("leader", report.leader.map { .string("\($0)") } ?? .null),
            ("ballot", .string("\(report.ballot)")),
            ("promised", .string("\(report.promised)")),
            ("chosenThrough", .number(report.chosenThrough.rawValue)),
            ("appliedThrough", .number(report.appliedThrough.rawValue)),
            ("lag", lag.map { .number($0) } ?? .null),
            ("logThrough", .number(report.log.through.rawValue)),
            ("segments", .number(UInt64(report.log.segments))),
            ("logBytes", .number(report.log.bytes)),
            ("keys", .number(UInt64(report.keys))),
            ("digest", .string("\(report.digest)")),
            ("unhealthy", report.unhealthy.map { .string($0) } ?? .null),
            (
                "agreement",
                agreement.map { .object([("through", .number($0.through.rawValue)), ("same", .bool($0.isSame))]) }
                    ?? .null
            ),
            (
                "blocks",
                .array(
                    report.blocks.map {
                        .object([("through", .number($0.through.rawValue)), ("digest", .string("\($0.digest)"))])
                    })
            ),
            ("stride", .number(UInt64(report.stride))),
            (
                "entries",
                .array(
                    report.entries.map {
                        .object([("slot", .number($0.slot.rawValue)), ("hash", .string($0.hash.hexadecimal))])
                    })
            ),
        ]
    }
}

extension ClusterView.Entry {
    fileprivate var json: JSONValue {
        let shown = shown
        return .object([
            ("slot", .number(slot.rawValue)),
            ("time", shown.map { .number($0.view.time) } ?? .null),
            ("kind", shown.map { .string($0.view.kind.name) } ?? .null),
            ("text", .string(shown?.text ?? "an entry of \(length) bytes")),
            ("hash", .string(hash.hexadecimal)),
        ])
    }
}

extension Entry.Kind {
    fileprivate var name: String {
        switch self {
        case .command: "command"
        case .noOp: "noop"
        case .seal: "seal"
        case .checkpoint: "checkpoint"
        case .genesis: "genesis"
        case .configuration: "configuration"
        }
    }
}

extension TrafficHistory.Second {
    fileprivate var json: JSONValue {
        .object([
            ("time", .number(time)), ("requests", .number(UInt64(requests))), ("failures", .number(UInt64(failures))),
            ("p50Microseconds", .number(p50Microseconds)), ("p99Microseconds", .number(p99Microseconds)),
        ])
    }
}

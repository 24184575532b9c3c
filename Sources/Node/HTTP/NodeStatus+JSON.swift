// /status, as JSON. Names of fields are promises to those who read them by program.

import Paxos
import PaxosLog
import Replication

extension NodeStatus {
    var json: JSONValue {
        .object([
            ("id", .string("\(driver.node)")),
            ("role", .string(driver.role.rawValue)),
            ("leader", driver.leader.map { .string("\($0)") } ?? .null),
            ("ballot", .string("\(driver.ballot)")),
            ("promised", .string("\(driver.promised)")),
            ("cluster", driver.cluster.map { .string("\($0)") } ?? .null),
            ("incarnation", .number(UInt64(driver.incarnation.rawValue))),
            ("configuration", .number(driver.configuration.rawValue)),
            ("chosenThrough", .number(driver.chosenThrough.rawValue)),
            ("knownChosenThrough", .number(driver.knownChosenThrough.rawValue)),
            ("appliedThrough", .number(driver.appliedThrough.rawValue)),
            ("digest", .string("\(driver.digest)")),
            ("keys", .number(UInt64(driver.keys))),
            ("stopping", .bool(driver.isStopping)),
            ("setAside", .array(driver.setAside.map { .string($0.reason) })),
            ("logDamage", damage),
            ("unknownSlots", .number(UInt64(driver.unknownSlots))),
            ("fetching", driver.fetching.map(fetching) ?? .null),
            ("segmentsTakenIn", .number(UInt64(driver.segmentsTakenIn))),
            ("mendingThrough", driver.mendingThrough.map { .number($0.rawValue) } ?? .null),
            (
                "log",
                .object([
                    ("through", .number(driver.logThrough.rawValue)), ("segments", .number(UInt64(logSegments))),
                    ("bytes", .number(logBytes)),
                ])
            ),
            ("budgets", budgets),
            ("peers", .array(driver.peers.map(peer))),
        ])
    }

    private var damage: JSONValue {
        .object([
            ("found", .number(UInt64(driver.logDamage.found))), ("mended", .number(UInt64(driver.logDamage.mended))),
            ("unmended", .array(driver.logDamage.unmended.map { .string($0.sentence) })),
        ])
    }

    private func fetching(_ fetching: DriverStatus.Fetching) -> JSONValue {
        .object([
            ("file", .string("\(fetching.file)")), ("from", .string("\(fetching.peer)")),
            ("bytes", .number(fetching.bytes)), ("of", fetching.fileSize.map { .number($0) } ?? .null),
        ])
    }

    private var budgets: JSONValue {
        let budgets = queues.map { queue -> (String, JSONValue) in
            guard let most = queue.most else { return (queue.name, .number(UInt64(queue.used))) }
            return (queue.name, .object([("used", .number(UInt64(queue.used))), ("most", .number(UInt64(most)))]))
        }
        return .object(budgets + [("ignoredMessages", .number(driver.ignoredMessages))])
    }

    private func peer(_ peer: DriverStatus.Peer) -> JSONValue {
        let link = links[peer.node]
        return .object([
            ("id", .string("\(peer.node)")),
            ("connected", .bool(link?.isConnected ?? false)),
            ("acceptedThrough", peer.acceptedThrough.map { .number($0.rawValue) } ?? .null),
            ("inFlightBytes", .number(UInt64(peer.inFlightBytes))),
            ("droppedMessages", .number(link?.droppedMessages ?? 0)),
        ])
    }
}

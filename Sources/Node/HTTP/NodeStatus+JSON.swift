// /status, as JSON. Names of fields are promises to those who read them by program.

import Paxos
import PaxosLog
import Replication

extension NodeStatus {
    var json: JSONValue {
        .object(
            standing + state + health + [("log", log), ("budgets", budgets), ("peers", .array(driver.peers.map(peer)))])
    }

    /// Who the node is among the others.
    private var standing: [(String, JSONValue)] {
        [
            ("id", .string("\(driver.node)")),
            ("role", .string(driver.role.rawValue)),
            ("leader", driver.leader.map { .string("\($0)") } ?? .null),
            ("ballot", .string("\(driver.ballot)")),
            ("promised", .string("\(driver.promised)")),
            ("cluster", driver.cluster.map { .string("\($0)") } ?? .null),
            ("incarnation", .number(UInt64(driver.incarnation.rawValue))),
            ("configuration", slot(driver.configuration)),
        ]
    }

    /// How far it is, and what its state is there.
    private var state: [(String, JSONValue)] {
        [
            ("chosenThrough", slot(driver.chosenThrough)),
            ("knownChosenThrough", slot(driver.knownChosenThrough)),
            ("appliedThrough", slot(driver.appliedThrough)),
            ("digest", .string("\(driver.digest)")),
            ("keys", .number(UInt64(driver.keys))),
            ("checkpoint", checkpoint),
            ("diverged", driver.divergence.map(divergence) ?? .null),
        ]
    }

    /// What is wrong with it, and what is being done about that.
    private var health: [(String, JSONValue)] {
        [
            ("stopping", .bool(driver.isStopping)),
            ("setAside", .array(driver.setAside.map { .string($0.reason) })),
            ("logDamage", damage),
            ("unknownSlots", .number(UInt64(driver.unknownSlots))),
            ("fetching", driver.fetching.map(fetching) ?? .null),
            ("segmentsTakenIn", .number(UInt64(driver.segmentsTakenIn))),
            ("mendingThrough", slot(driver.mendingThrough)),
        ]
    }

    private func slot(_ slot: Slot?) -> JSONValue { slot.map { .number($0.rawValue) } ?? .null }

    private var log: JSONValue {
        .object([
            ("through", slot(driver.logThrough)), ("segments", .number(UInt64(logSegments))),
            ("bytes", .number(logBytes)),
        ])
    }

    private var damage: JSONValue {
        .object([
            ("found", .number(UInt64(driver.logDamage.found))), ("mended", .number(UInt64(driver.logDamage.mended))),
            ("unmended", .array(driver.logDamage.unmended.map { .string($0.sentence) })),
        ])
    }

    private var checkpoint: JSONValue {
        .object([
            ("slot", slot(driver.checkpointed)), ("agreed", slot(driver.agreed)),
            ("snapshotDiffers", .bool(driver.snapshotDiffers)),
        ])
    }

    private func divergence(_ report: DivergenceReport) -> JSONValue {
        .object([
            ("slot", slot(report.slot)), ("digest", .string(report.ownDigest)),
            ("agreedDigest", .string(report.agreedDigest)),
            ("lastAgreed", slot(report.lastAgreed)), ("time", .number(report.time)),
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
            ("acceptedThrough", slot(peer.acceptedThrough)),
            ("inFlightBytes", .number(UInt64(peer.inFlightBytes))),
            ("droppedMessages", .number(link?.droppedMessages ?? 0)),
        ])
    }
}

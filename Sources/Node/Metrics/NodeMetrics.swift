// What is counted and timed, through swift-metrics, and what each figure means. Nothing is decided by them.

import Metrics
import Paxos
import PaxosLog
import Replication

enum NodeMetrics {
    static let peerMessagesDropped = Counter(label: "paxos_peer_messages_dropped_total")
    static let journalBatches = Counter(label: "paxos_journal_batches_total")
    static let journalBytes = Counter(label: "paxos_journal_bytes_total")
    static let journalWrites = Timer(label: "paxos_journal_write_seconds")
    static let logBlocks = Counter(label: "paxos_log_blocks_total")
    static let logRawBytes = Counter(label: "paxos_log_raw_bytes_total")
    static let snapshots = Counter(label: "paxos_snapshots_total")
    static let damageFound = Counter(label: "paxos_log_damage_found_total")
    static let damageMended = Counter(label: "paxos_log_damage_mended_total")
    static let segmentsTakenIn = Counter(label: "paxos_segments_taken_in_total")
    static let elections = Counter(label: "paxos_elections_started_total")
    static let leaderChanges = Counter(label: "paxos_leader_changes_total")
    static let connectionsRefused = Counter(label: "paxos_http_connections_refused_total")

    /// By label, for whoever reads the figures.
    static let help = [
        "paxos_http_requests_total": "Requests of clients, by route and status.",
        "paxos_http_request_seconds": "Time from a request's head to its answer, by route.",
        "paxos_http_connections_refused_total": "Connections of clients that were one too many.",
        "paxos_peer_messages_dropped_total": "Messages to peers that were too far behind to be sent more.",
        "paxos_peer_connected": "Whether messages can be sent to the peer: 1 or 0.",
        "paxos_peer_lag_slots": "Proposed slots that the peer has not accepted, as its leader knows.",
        "paxos_journal_batches_total": "Batches of records written to the journal.",
        "paxos_journal_bytes_total": "Bytes of the runs in those batches.",
        "paxos_journal_write_seconds": "Time of one write and sync of the journal, which may hold many batches.",
        "paxos_log_blocks_total": "Blocks appended to the chosen log.",
        "paxos_log_raw_bytes_total": "Bytes of those blocks before they were compressed.",
        "paxos_snapshots_total": "Snapshots taken of this node's state.",
        "paxos_log_damage_found_total": "Segments of the chosen log found damaged while the node ran.",
        "paxos_log_damage_mended_total": "Those of them that a peer's copy took the place of.",
        "paxos_segments_taken_in_total": "Segments of the chosen log that came from peers as files, to catch up.",
        "paxos_log_bytes": "Bytes of the chosen log on disk.",
        "paxos_log_segments": "Segments of the chosen log on disk.",
        "paxos_elections_started_total": "Elections that this node began.",
        "paxos_leader_changes_total": "Times that this node came to follow another leader, or to lead.",
        "paxos_is_leader": "Whether this node leads: 1 or 0.",
        "paxos_is_healthy": "Whether this node can serve, as /health says it: 1 or 0.",
        "paxos_is_diverged": "Whether this node's state was found not to be the others': 1 or 0.",
        "paxos_slot":
            "The last slot that is known to be chosen, chosen, applied, in the log on disk, and in a checkpoint.",
        "paxos_keys": "Keys in the store.",
        "paxos_queue_used": "What is held in each of the node's queues, in bytes or in items as its name says.",
        "paxos_queue_limit": "The most that each of the node's queues may hold.",
    ]

    /// Takes over what is known at the moment and not counted as it happens.
    static func note(_ status: NodeStatus) {
        let driver = status.driver
        set("paxos_is_leader", driver.role == .leader ? 1 : 0)
        set("paxos_is_healthy", driver.unhealthyReason == nil ? 1 : 0)
        set("paxos_is_diverged", driver.divergence == nil ? 0 : 1)
        set("paxos_keys", driver.keys)
        set("paxos_log_segments", status.logSegments)
        set("paxos_log_bytes", status.logBytes)
        for (state, slot) in [
            ("known_chosen", driver.knownChosenThrough), ("chosen", driver.chosenThrough),
            ("applied", driver.appliedThrough), ("logged", driver.logThrough), ("checkpointed", driver.checkpointed),
        ] { set("paxos_slot", slot.rawValue, ("state", state)) }
        for queue in status.queues {
            set("paxos_queue_used", queue.used, ("queue", queue.metricName))
            if let most = queue.most { set("paxos_queue_limit", most, ("queue", queue.metricName)) }
        }
        for peer in driver.peers {
            let node = ("peer", "\(peer.node)")
            set("paxos_peer_connected", status.links[peer.node]?.isConnected == true ? 1 : 0, node)
            guard let accepted = peer.acceptedThrough else { continue }
            set("paxos_peer_lag_slots", driver.knownChosenThrough.distance(from: accepted), node)
        }
    }

    /// Of a node that still reads its folder.
    static func note(_ progress: OpeningProgress) {
        set("paxos_is_healthy", 0)
        set("paxos_slot", progress.replay?.through.rawValue ?? 0, ("state", "applied"))
    }

    private static func set(_ label: String, _ value: some BinaryInteger, _ dimensions: (String, String)...) {
        Gauge(label: label, dimensions: dimensions).record(Double(value))
    }
}

extension Slot {
    /// How many slots lie behind `other` up to this one; zero when it is the higher.
    fileprivate func distance(from other: Slot) -> UInt64 { rawValue > other.rawValue ? rawValue - other.rawValue : 0 }
}

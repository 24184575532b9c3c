// What is counted and timed, through swift-metrics. An exporter is not here: without one these cost a call each.

import Metrics

enum NodeMetrics {
    static let peerMessagesDropped = Counter(label: "paxos_peer_messages_dropped_total")
    static let journalBatches = Counter(label: "paxos_journal_batches_total")
    static let journalWrites = Timer(label: "paxos_journal_write_seconds")
    static let logBlocks = Counter(label: "paxos_log_blocks_total")
    static let requests = Counter(label: "paxos_http_requests_total")
    static let failures = Counter(label: "paxos_http_failures_total")
}

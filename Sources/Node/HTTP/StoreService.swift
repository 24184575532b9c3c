// What the HTTP routes need of the node behind them.

import NIOCore
import Paxos
import Replication

protocol StoreService: LogService {
    /// Answers every request, in the time that the settings give it.
    func ask(_ request: Request) async -> Answer
    func status() async -> NodeStatus
    /// The cluster as this node knows it.
    func cluster() async -> ClusterStatus
    /// Why the node can't serve; nil when it can.
    func unhealthyReason() async -> String?
    func printLog(to name: String) async throws(HTTPFailure)
    /// The metrics of this process, for Prometheus.
    func exposition() -> ByteBuffer
    /// The settings, and where each was given.
    func configurationJSON() -> JSONValue
    /// Drops what this node's snapshots stand for; returns the first slot that is left in its log.
    func compact() async -> Slot
    /// Whether a command would find room in the journal.
    var hasRoom: Bool { get }
    /// Ends the process as a crash would.
    func crash() -> Never
}

/// The driver's status, and what only the node around it knows.
struct NodeStatus: Sendable {
    var driver: DriverStatus
    var configuration: DriverConfiguration
    var logSegments: Int
    var logBytes: UInt64
    /// By node: whether messages can be sent to it, and how many were dropped.
    var links: [NodeID: PeerNetwork.LinkStatus]
    var heldMessages: Int
    /// Bytes of requests' bodies that are being received, and the most there may be.
    var bodyBytes: (used: Int, most: Int)
    var connections: (used: Int, most: Int)
}

extension NodeStatus {
    /// One of the node's queues: what it holds now, and the most it may; nil where another queue's bound bounds it.
    struct Queue {
        var name: String
        var used: Int
        var most: Int?

        /// The name as metrics write it.
        var metricName: String {
            name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
        }
    }

    var queues: [Queue] {
        [
            Queue(name: "requests", used: driver.requestsUnderWay, most: configuration.mostRequests),
            Queue(name: "requestBytes", used: driver.requestBytes, most: configuration.mostRequestBytes),
            Queue(name: "reads", used: driver.readsUnderWay, most: configuration.mostRequests),
            Queue(name: "queuedBytes", used: driver.queuedBytes, most: configuration.mostQueuedBytes),
            Queue(name: "acceptedBytes", used: driver.acceptedBytes, most: configuration.window.bytes),
            Queue(name: "bodyBytes", used: bodyBytes.used, most: bodyBytes.most),
            Queue(name: "connections", used: connections.used, most: connections.most),
            Queue(name: "unloggedBytes", used: driver.unloggedBytes),
            Queue(name: "heldMessages", used: heldMessages),
        ]
    }
}

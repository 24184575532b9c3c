// What the HTTP routes need of the node behind them.

import Paxos
import Replication

protocol StoreService: Sendable {
    /// Answers every request, in the time that the settings give it.
    func ask(_ request: Request) async -> Answer
    func status() async -> NodeStatus
    /// The cluster as this node knows it.
    func cluster() async -> ClusterStatus
    /// Why the node can't serve; nil when it can.
    func unhealthyReason() async -> String?
    func printLog(to name: String) async throws(HTTPFailure)
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
}

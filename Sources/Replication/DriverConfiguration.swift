// What a driver is told when it is made: who it is, who the members are, and the bounds it keeps. Times are in ticks.

package import Paxos
package import PaxosLog

package struct DriverConfiguration: Sendable {
    package var node: NodeID
    /// The first member list, this node included; sorted.
    package var members: [NodeID]
    /// How the log is cut, if this node founds the cluster; later genesis says it.
    package var limits = LogLimits.standard
    /// Found the cluster with those that answer, without waiting for all.
    package var isBootstrapping = false
    /// Whether a node without a vote asks for one.
    package var asksForVote = true
    /// Whether a node that starts from a disk asks for its vote anew: the disk may be an older image of what it was.
    package var restartsStrictly = false

    /// The length of a tick, in microseconds.
    package var tickInterval: UInt64 = 10_000
    package var heartbeatTicks = 5
    package var electionTicks = 50
    /// After how long a request that has no answer gets one.
    package var requestTicks = 500
    /// After how long a command or a read that has no answer is sent again.
    package var resendTicks = 100
    /// How often a node tells the others how it is.
    package var reportTicks = 50
    /// How long a chosen-through mark may wait for a batch to go with.
    package var lazyRecordTicks = 10

    package var window = Acceptor.Window.standard
    /// The most bytes of one run, as far as commands can be cut, and of one answer to a peer that catches up.
    package var messageBytes = 1 << 20
    /// Raw bytes of the log since the last snapshot behind which the leader ends a segment, for all to take the next: at
    /// least so many, and as many as the last snapshot has.
    package var snapshotBytes = 64 << 20
    /// How long after its forerunner in the member list a node begins with its snapshot.
    package var snapshotStaggerTicks = 300
    /// Whether what snapshots stand for is dropped without anyone asking.
    package var compacts = true
    /// The most bytes of a segment's file in one message; one such message a tick.
    package var pieceBytes = 256 << 10
    /// The most requests, and bytes of commands, that this node's clients may have under way.
    package var mostRequests = 65_536
    package var mostRequestBytes = 64 << 20
    /// The most bytes that wait on a leader for a slot.
    package var mostQueuedBytes = 64 << 20
    /// How much of the log's end is kept in memory for peers that are close behind.
    package var keptLogBytes = 8 << 20

    package init(node: NodeID, members: [NodeID]) {
        precondition(members.contains(node), "a node is one of its members")
        self.node = node
        self.members = members.sorted()
    }

    /// XXH3-64 over the sorted member list: nodes that were told different lists must not found a cluster together.
    package var membersHash: UInt64 {
        var bytes: [UInt8] = []
        for member in members { bytes.appendLittleEndian(member.rawValue) }
        return xxh3(bytes, seed: UInt64(members.count))
    }
}

// What a driver tells about itself: for /status, /health and the simulator.

package import Paxos
package import PaxosLog
package import StateMachine

package struct DriverStatus: Sendable {
    package enum Role: String, Sendable {
        case forming, learner, follower, candidate, leader
    }

    package struct Peer: Sendable {
        package var node: NodeID
        /// Through which slot it has durably accepted; nil unless this node leads.
        package var acceptedThrough: Slot?
        package var inFlightBytes: Int
    }

    package var node: NodeID
    package var role: Role
    package var leader: NodeID?
    /// The ballot of the leader that is followed, else the highest promised.
    package var ballot: Ballot
    package var promised: Ballot
    package var cluster: UniqueID?
    package var incarnation: Incarnation
    /// The slot of the configuration that it votes under.
    package var configuration: Slot
    package var chosenThrough: Slot
    package var appliedThrough: Slot
    /// The highest slot that this node has heard to be chosen.
    package var knownChosenThrough: Slot
    package var logThrough: Slot
    package var digest: StateDigest
    package var keys: Int
    package var peers: [Peer]
    package var requestsUnderWay: Int
    package var requestBytes: Int
    package var readsUnderWay: Int
    package var queuedBytes: Int
    package var acceptedBytes: Int
    package var unloggedBytes: Int
    package var ignoredMessages: UInt64
    package var isStopping: Bool
    package var waitingFor: [NodeID]
    /// What was damaged at the start.
    package var setAside: [SetAside]
    /// What was found damaged of the log since.
    package var logDamage: LogDamageStatus
    /// In how many slots this node accepted values that its disk has lost, and that are not settled yet.
    package var unknownSlots: Int
    /// How far the log is being learned again that was cut at damage; nil when it is whole.
    package var mendingThrough: Slot?
    /// The highest slot that a checkpoint has named.
    package var checkpointed: Slot
    /// The last of them at which this node's state was the one agreed on; nil when none was compared since the start.
    package var agreed: Slot?
    /// Why it serves nobody; nil when its state is not known to be another than the others'.
    package var divergence: DivergenceReport?
    /// The newest snapshot is stored in other bytes than were agreed on.
    package var snapshotDiffers: Bool
    /// The file that is being fetched from a peer; nil when none is.
    package var fetching: Fetching?
    /// Segments that came from peers as files, since the start.
    package var segmentsTakenIn: Int

    package struct Fetching: Equatable, Sendable {
        package var file: ShippedFile
        package var peer: NodeID
        package var bytes: UInt64
        /// Nil while nobody has said it.
        package var fileSize: UInt64?
    }

    /// Slots a node may be behind and still be called healthy.
    package static let healthySlots = 1024

    /// Why this node can't serve; nil when it can.
    package var unhealthyReason: String? {
        if let divergence { return "diverged at slot \(divergence.slot)" }
        if isStopping { return "stopping" }
        if role == .forming {
            let missing = waitingFor.map { "\($0)" }.joined(separator: ", ")
            return missing.isEmpty
                ? "waiting for the cluster to be founded" : "waiting for \(missing) to form a cluster"
        }
        guard leader != nil else { return "no leader is known" }
        if knownChosenThrough.rawValue > appliedThrough.rawValue + UInt64(DriverStatus.healthySlots) {
            return "catching up: applied through \(appliedThrough) of \(knownChosenThrough)"
        }
        return nil
    }
}

extension ReplicaDriver {
    package var status: DriverStatus {
        DriverStatus(
            node: configuration.node, role: role, leader: replica?.leader?.node,
            ballot: replica?.leader?.ballot ?? replica?.acceptor.promised ?? .none,
            promised: replica?.acceptor.promised ?? .none, cluster: genesis?.cluster, incarnation: incarnation,
            configuration: replica?.configuration.slot ?? .zero,
            chosenThrough: replica?.chosenThrough ?? .zero, appliedThrough: store.appliedThrough,
            knownChosenThrough: replica?.knownChosenThrough ?? .zero, logThrough: tail?.durableThrough ?? .zero,
            digest: store.digest, keys: store.count, peers: peers, requestsUnderWay: commands.count,
            requestBytes: commands.bytes, readsUnderWay: reads.count, queuedBytes: incoming.bytes,
            acceptedBytes: replica?.acceptor.accepted.byteCount ?? 0, unloggedBytes: tail?.undurableBytes ?? 0,
            ignoredMessages: replica?.ignoredMessages ?? 0, isStopping: isStopping,
            waitingFor: formation?.missing ?? [], setAside: setAside, logDamage: damaged.status,
            unknownSlots: replica?.acceptor.unknown.slotCount ?? 0, mendingThrough: repair?.through,
            checkpointed: audit.checkpointed, agreed: audit.agreed, divergence: divergence,
            snapshotDiffers: checkpointing.snapshotDiffers,
            fetching: fetch.map {
                DriverStatus.Fetching(file: $0.file, peer: $0.peer, bytes: $0.kept, fileSize: $0.size)
            }, segmentsTakenIn: segments.takenIn)
    }

    private var role: DriverStatus.Role {
        guard let replica else { return .forming }
        switch replica.role {
        case .leader: return .leader
        case .candidate: return .candidate
        case .follower, .asking: return replica.mayVote ? .follower : .learner
        }
    }

    private var peers: [DriverStatus.Peer] {
        configuration.members.filter { $0 != configuration.node }.map { node in
            guard case .leader(let leadership)? = replica?.role, let peer = leadership.peers[node] else {
                return DriverStatus.Peer(node: node, acceptedThrough: nil, inFlightBytes: 0)
            }
            return DriverStatus.Peer(node: node, acceptedThrough: peer.accepted, inFlightBytes: peer.inFlightBytes)
        }
    }

    /// Says once when this node falls behind, and once when it has caught up.
    mutating func reportLag() {
        guard let replica else { return }
        let lag = replica.knownChosenThrough.rawValue - min(store.appliedThrough, replica.knownChosenThrough).rawValue
        if !isBehind, lag > UInt64(DriverStatus.healthySlots) {
            isBehind = true
            effects.append(
                .report(
                    .fellBehind(chosenThrough: replica.knownChosenThrough, appliedThrough: store.appliedThrough)))
        } else if isBehind, lag == 0 {
            isBehind = false
            effects.append(.report(.caughtUp(store.appliedThrough)))
        }
    }
}

// The other nodes, as the driver sees them: it dials each and sends on that connection alone, and receives on those that
// it accepts. It neither orders nor keeps messages: what can't be sent now is lost, which the protocol bears.

import Logging
import NIOCore
import Paxos
import Replication

// Unchecked, because everything here is touched on the driver's event loop only.
final class PeerNetwork: PeerOutlet, @unchecked Sendable {
    struct Settings: Sendable {
        /// Every other member, and where it listens.
        var others: [NodeID: HostAndPort]
        /// The most bytes that wait to be sent to one node.
        var mostQueuedBytes = 16 << 20
        /// How long the other side may take over its part of the handshake.
        var handshakeTimeout = TimeAmount.seconds(5)
    }

    let settings: Settings
    let transport: PeerTransport
    let logger: Logger
    let members: Set<NodeID>
    /// What this node says of itself, as of now.
    let identity: () -> PeerIdentity
    private let receive: (PeerMessage, NodeID) -> Void

    private var outgoing: [NodeID: OutgoingLink] = [:]
    /// The nodes that something was sent to in this turn.
    private var touched: [OutgoingLink] = []
    private var incoming: [NodeID: IncomingLink] = [:]
    private var listener: PeerTransport.Listener?
    private var junkLines = LineLimit()
    private var refusals: [String: LineLimit] = [:]
    private var isStopped = false

    init(
        settings: Settings, transport: PeerTransport, logger: Logger, identity: @escaping () -> PeerIdentity,
        receive: @escaping (PeerMessage, NodeID) -> Void
    ) {
        self.settings = settings
        self.transport = transport
        self.logger = logger
        self.identity = identity
        self.receive = receive
        members = Set(settings.others.keys)
    }

    // MARK: Starting and stopping

    /// - Parameter listener: nil for a node that nobody dials.
    func start(listener: PeerTransport.Listener?) {
        self.listener = listener
        transport.loop.preconditionInEventLoop()
        listener?.accept { [self] channel in try IncomingLink.attach(to: channel, of: self) }
        for (node, address) in settings.others {
            let link = OutgoingLink(to: node, at: address, network: self)
            outgoing[node] = link
            link.dial()
        }
    }

    func stop() {
        transport.loop.preconditionInEventLoop()
        isStopped = true
        listener?.close()
        for link in outgoing.values { link.stop() }
        for link in incoming.values { link.close() }
    }

    // MARK: Messages

    func send(_ message: PeerMessage, to node: NodeID) {
        guard let link = outgoing[node] else { return }
        if link.queue(message) { touched.append(link) }
    }

    func flush() {
        for link in touched { link.flush() }
        touched.removeAll(keepingCapacity: true)
    }

    func received(_ message: PeerMessage, from node: NodeID) {
        guard !isStopped else { return }
        receive(message, node)
    }

    // MARK: What links tell

    /// Decides on a node that dialled this one, and lets go of an older connection from it.
    func admit(_ link: IncomingLink, as other: PeerIdentity) -> String? {
        guard !isStopped else { return "\(identity().node) is stopping" }
        if let reason = Admission.refusal(of: other, by: identity(), members: members) { return reason }
        if let older = incoming[other.node] {
            guard other.boot >= older.boot else {
                return "a later start of \(other.node) is connected: two processes run under that name"
            }
            older.close()
        }
        incoming[other.node] = link
        return nil
    }

    func closed(_ link: IncomingLink) {
        if let node = link.node, incoming[node] === link { incoming[node] = nil }
    }

    /// A refusal is written once, and again only after a while: the other node goes on to dial.
    func logRefusal(_ reason: String, _ metadata: Logger.Metadata) {
        guard refusals.count < 1_000 || refusals[reason] != nil else { return }
        guard refusals[reason, default: LineLimit(patience: .minutes(10))].next() != nil else { return }
        logger.error("Peer refused", metadata: metadata.merging(["reason": "\(reason)"]) { $1 })
    }

    func logJunk(from address: SocketAddress?, _ error: any Error) {
        guard let heldBack = junkLines.next() else { return }
        logger.warning(
            "A connection to the peers' port was closed: it does not speak the peers' protocol",
            metadata: [
                "from": "\(address.map { "\($0)" } ?? "unknown")", "error": "\(error)",
                "lines-held-back": "\(heldBack)",
            ])
    }

    // MARK: Status

    struct LinkStatus: Sendable {
        var isConnected: Bool
        var droppedMessages: UInt64
    }

    var status: [NodeID: LinkStatus] {
        outgoing.mapValues { LinkStatus(isConnected: $0.isOpen, droppedMessages: $0.dropped) }
    }
}

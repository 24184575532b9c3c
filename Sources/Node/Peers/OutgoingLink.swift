// The connection on which this node sends to one other: dialled, and dialled again for as long as the node runs. Nothing
// is received on it but the answer to the handshake.

import Logging
import Metrics
import NIOCore
import Paxos
import Replication

final class OutgoingLink {
    private enum State {
        case idle
        case dialling
        case introducing(any Channel)
        case open(any Channel)
        case stopped
    }

    let node: NodeID
    private let address: HostAndPort
    private unowned let network: PeerNetwork
    private var state = State.idle
    private var backoff: Backoff
    /// The frames of this turn.
    private var frames = ByteBuffer()
    /// How many bytes wait in the channel; looked up once a turn.
    private var backlog = 0
    private(set) var dropped: UInt64 = 0
    private var dropLines = LineLimit()
    /// Whether the log says already that this node is out of reach.
    private var isKnownLost = false

    init(to node: NodeID, at address: HostAndPort, network: PeerNetwork) {
        self.node = node
        self.address = address
        self.network = network
        let own = network.identity()
        backoff = Backoff(seed: own.boot &* 31 &+ UInt64(own.node.rawValue) << 16 &+ UInt64(node.rawValue))
    }

    var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    // MARK: Connecting

    func dial() {
        guard case .idle = state else { return }
        state = .dialling
        let link = NIOLoopBound(self, eventLoop: network.transport.loop)
        network.transport.connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers([
                    ByteToMessageHandler(PeerDecoder(expectsMessages: false)), DialHandler(link.value),
                ])
            }
        }.whenFailure { error in
            link.value.failed("\(error)")
        }
    }

    func stop() {
        let channel = channel
        state = .stopped
        channel?.close(promise: nil)
    }

    private var channel: (any Channel)? {
        switch state {
        case .introducing(let channel), .open(let channel): channel
        case .idle, .dialling, .stopped: nil
        }
    }

    fileprivate func connected(_ channel: any Channel) {
        guard case .dialling = state else { return channel.close(promise: nil) }
        state = .introducing(channel)
        var hello = ByteBuffer()
        Handshake.hello(network.identity()).encode(into: &hello)
        channel.writeAndFlush(hello, promise: nil)
        let link = NIOLoopBound(self, eventLoop: network.transport.loop)
        network.transport.loop.scheduleTask(in: network.settings.handshakeTimeout) {
            if case .introducing(let waiting) = link.value.state, waiting === channel { waiting.close(promise: nil) }
        }
    }

    fileprivate func answered(_ handshake: Handshake) {
        guard case .introducing(let channel) = state else { return }
        let refusal: String?
        switch handshake {
        case .hello: refusal = "whoever listens at \(address) answers a hello with a hello"
        case .refusal(let reason): refusal = reason
        case .welcome(let other):
            refusal = Admission.refusal(
                of: other, by: network.identity(), members: network.members, expected: node)
        }
        if let refusal {
            network.logRefusal(refusal, ["peer": "\(node)", "address": "\(address)"])
            isKnownLost = true
            backoff.giveUpForNow()
            return channel.close(promise: nil)
        }
        state = .open(channel)
        backoff.reset()
        isKnownLost = false
        network.logger.info("Peer connected", metadata: ["peer": "\(node)", "address": "\(address)"])
    }

    fileprivate func failed(_ reason: String) {
        let wasOpen = isOpen
        if case .stopped = state { return }
        state = .idle
        frames.clear()
        if !isKnownLost {
            isKnownLost = true
            network.logger.notice(
                wasOpen ? "Peer lost" : "Peer out of reach, dialling on",
                metadata: ["peer": "\(node)", "address": "\(address)", "reason": "\(reason)"])
        }
        let link = NIOLoopBound(self, eventLoop: network.transport.loop)
        network.transport.loop.scheduleTask(in: backoff.next()) { link.value.dial() }
    }

    // MARK: Sending

    /// Adds a message to this turn's frames, unless the node is out of reach or too far behind.
    /// - Returns: whether it is the first of the turn.
    func queue(_ message: PeerMessage) -> Bool {
        guard case .open(let channel) = state else { return false }
        let isFirst = frames.readableBytes == 0
        if isFirst {
            backlog = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        }
        guard backlog + frames.readableBytes < network.settings.mostQueuedBytes else {
            drop()
            return false
        }
        PeerCodec.encode(message, into: &frames)
        return isFirst
    }

    /// One write and one flush for all of a turn.
    func flush() {
        guard frames.readableBytes > 0 else { return }
        if case .open(let channel) = state { channel.writeAndFlush(frames, promise: nil) }
        // A buffer that once was large would stay so.
        if frames.capacity > 1 << 20 { frames = ByteBuffer() } else { frames.clear() }
    }

    private func drop() {
        dropped += 1
        NodeMetrics.peerMessagesDropped.increment()
        guard let heldBack = dropLines.next() else { return }
        network.logger.warning(
            "Messages to a slow peer are dropped",
            metadata: ["peer": "\(node)", "queued-bytes": "\(backlog)", "lines-held-back": "\(heldBack)"])
    }
}

private final class DialHandler: ChannelInboundHandler {
    typealias InboundIn = PeerDecoder.InboundOut

    private let link: OutgoingLink
    private var reason = "the connection was closed"

    init(_ link: OutgoingLink) {
        self.link = link
    }

    func channelActive(context: ChannelHandlerContext) {
        link.connected(context.channel)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .handshake(let handshake) = unwrapInboundIn(data) { link.answered(handshake) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.failed(reason)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = "\(error)"
        context.close(promise: nil)
    }
}

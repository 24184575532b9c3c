// A connection that another node dialled, and sends on. Nothing is sent back but the answer to its hello. Whatever does
// not speak the protocol is closed, and does no harm beyond that.

import Logging
import NIOCore
import Paxos
import Replication

final class IncomingLink: ChannelInboundHandler {
    typealias InboundIn = PeerDecoder.InboundOut

    private let network: PeerNetwork
    private weak var channel: (any Channel)?
    private var deadline: Scheduled<Void>?
    /// Who dialled; nil until it is welcome.
    private(set) var node: NodeID?
    private(set) var boot: UInt64 = 0

    private init(_ network: PeerNetwork) {
        self.network = network
    }

    /// Called on the channel's event loop, which is the network's.
    static func attach(to channel: any Channel, of network: PeerNetwork) throws {
        try channel.pipeline.syncOperations.addHandlers([
            ByteToMessageHandler(PeerDecoder(expectsMessages: true)), IncomingLink(network),
        ])
    }

    func close() { channel?.close(promise: nil) }

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        let waiting = context.channel
        deadline = context.eventLoop.scheduleTask(in: network.settings.handshakeTimeout) {
            waiting.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .message(let message):
            if let node { network.received(message, from: node) }
        case .handshake(.hello(let identity)):
            meet(identity, context)
        case .handshake:
            network.logJunk(from: context.remoteAddress, HandshakeError.malformed)
            context.close(promise: nil)
        }
    }

    private func meet(_ identity: PeerIdentity, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        boot = identity.boot
        var answer = ByteBuffer()
        if let reason = network.admit(self, as: identity) {
            network.logRefusal(
                reason,
                ["peer": "\(identity.node)", "from": "\(context.remoteAddress.map { "\($0)" } ?? "unknown")"])
            Handshake.refusal(reason).encode(into: &answer)
            let channel = context.channel
            context.channel.writeAndFlush(answer).whenComplete { _ in channel.close(promise: nil) }
        } else {
            node = identity.node
            Handshake.welcome(network.identity()).encode(into: &answer)
            context.channel.writeAndFlush(answer, promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        network.closed(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that ends, even within a frame, is no junk.
        if context.channel.isActive, !(error is IOError) { network.logJunk(from: context.remoteAddress, error) }
        context.close(promise: nil)
    }
}

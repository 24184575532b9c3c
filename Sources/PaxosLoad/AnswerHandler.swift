// Gathers the parts of an answer and hands it to the client, or tells it why none will come.

import NIOCore
import NIOHTTP1

final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let client: LoadClient
    private var answer = Answer(status: 0, hasSlot: false, body: [])
    private var isKeptAlive = true
    private var reason = ConnectionFault.closed

    init(_ client: LoadClient) {
        self.client = client
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer = Answer(
                status: Int(head.status.code), hasSlot: head.headers.contains(name: "Paxos-Slot"), body: [])
            isKeptAlive = head.isKeepAlive
        case .body(let part):
            guard answer.body.count + part.readableBytes <= LoadSettings.longestValue else {
                reason = ConnectionFault.tooLong
                return context.close(promise: nil)
            }
            answer.body += part.readableBytesView
        case .end: client.answered(answer, on: context.channel, isKeptAlive: isKeptAlive)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.disconnected(context.channel, reason)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = ConnectionFault.reason(of: error)
        context.close(promise: nil)
    }
}

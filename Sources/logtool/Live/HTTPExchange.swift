// One connection's question and its answer, which is gathered whole; then the next question may come.

import NIOCore
import NIOHTTP1

final class HTTPExchange: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Question
    typealias OutboundOut = HTTPClientRequestPart

    struct Question: Sendable {
        var head: HTTPRequestHead
        var answer: EventLoopPromise<Response>
    }

    struct Response: Sendable {
        var head: HTTPResponseHead
        var body: [UInt8]
    }

    /// No route gives more at once, and no range is asked for that is longer.
    private static let mostBytes = 16 << 20

    private var answer: EventLoopPromise<Response>?
    private var response: Response?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let question = unwrapOutboundIn(data)
        answer = question.answer
        context.write(wrapOutboundOut(.head(question.head)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): response = Response(head: head, body: [])
        case .body(let part):
            response?.body += part.readableBytesView
            if response?.body.count ?? 0 > HTTPExchange.mostBytes { fail(TooLong(), context) }
        case .end:
            if let response { answer?.succeed(response) }
            (answer, response) = (nil, nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(error, context) }

    func channelInactive(context: ChannelHandlerContext) { fail(ChannelError.eof, context) }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        answer?.fail(error)
        (answer, response) = (nil, nil)
        context.close(promise: nil)
    }

    private struct TooLong: Error, CustomStringConvertible {
        var description: String { "the answer is longer than any that a node gives" }
    }
}

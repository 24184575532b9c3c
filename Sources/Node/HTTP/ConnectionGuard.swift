// Stands at a client's connection and ends it when the client takes too much: one connection too many, headers without
// end, a request or an answer that does not get on. It looks at no route and touches no body.

import HTTPTypes
import Metrics
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long a connection that is one too many may take to send the head that is answered 503.
    private static let farewell = TimeAmount.seconds(1)

    private let connections: Turnstile
    private let patience: TimeAmount
    private var isAdmitted = true
    private var isReading = false
    /// Requests whose answers have not been written whole.
    private var open = 0
    private var hasEnded = false
    private var deadline: Scheduled<Void>?
    private var stall: Scheduled<Void>?

    /// - Parameter patience: how long a client may take over a request, or leave an answer where it is.
    init(_ connections: Turnstile, patience: TimeAmount) {
        self.connections = connections
        self.patience = patience
    }

    func channelActive(context: ChannelHandlerContext) {
        isAdmitted = connections.enter()
        if !isAdmitted {
            NodeMetrics.connectionsRefused.increment()
            deadline = close(context, in: ConnectionGuard.farewell, saying: nil)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.leave()
        deadline?.cancel()
        stall?.cancel()
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        switch unwrapInboundIn(data) {
        case .head:
            guard isAdmitted else {
                return end(context, .overloaded("more clients are connected than this node takes; nothing was done"))
            }
            isReading = true
            open += 1
        case .body: break
        case .end:
            isReading = false
            deadline?.cancel()
            deadline = nil
        }
        context.fireChannelRead(data)
    }

    /// Only a request that did not come in one piece is given a deadline.
    func channelReadComplete(context: ChannelHandlerContext) {
        if isReading, deadline == nil {
            deadline = close(
                context, in: patience,
                saying: HTTPFailure(
                    .requestTimeout, "timeout", "the request did not come whole in time; nothing was done"))
        }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case HTTPParserError.headerOverflow = error else { return context.fireErrorCaught(error) }
        end(
            context,
            HTTPFailure(
                .requestHeaderFieldsTooLarge, "headers too large",
                "the request's target and headers are longer than \(HeaderLimits.bytes) bytes, or more than \(HeaderLimits.count)"
            ))
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasEnded else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        if case .end = unwrapOutboundIn(data) { open -= 1 }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = context.channel.isWritable ? nil : close(context, in: patience, saying: nil)
        context.fireChannelWritabilityChanged()
    }

    // MARK: The end

    private func close(
        _ context: ChannelHandlerContext, in time: TimeAmount, saying failure: HTTPFailure?
    ) -> Scheduled<Void> {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: time) {
            let (guardian, context) = bound.value
            if let failure {
                guardian.end(context, failure)
            } else {
                context.close(promise: nil)
            }
        }
    }

    /// Says why, unless another answer is being written, and closes.
    private func end(_ context: ChannelHandlerContext, _ failure: HTTPFailure) {
        guard !hasEnded else { return }
        hasEnded = true
        if open <= (isReading ? 1 : 0) {
            var head = HTTPResponse(status: failure.status)
            let body = failure.body
            head.headerFields[.contentType] = "application/json"
            head.headerFields[.contentLength] = "\(body.readableBytes)"
            head.headerFields[.connection] = "close"
            head.headerFields[Answers.retryAfter] = failure.retryAfter.map { "\($0)" }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(body)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.close(promise: nil)
    }
}

/// How much of a request's target and headers is taken in.
enum HeaderLimits {
    /// Of one header, or of the target, which holds a key of 4 KiB and for /store/set a value too, percent-encoded.
    static let bytes = 64 << 10
    static let count = 100
}

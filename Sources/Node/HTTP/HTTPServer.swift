// Hummingbird's server with our responder behind it: connections, limits and headers. Routing is not Hummingbird's, see
// Route.

import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

struct HTTPServer<Service: StoreService> {
    /// A connection that is between two requests, or in the middle of a head, for this long is closed.
    static var idleTimeout: TimeAmount { .seconds(60) }
    /// Connections above the bound that are let in all the same, to be told so; more wait to be accepted.
    static var mostRefused: Int { 100 }

    let address: HostAndPort
    let responder: OpeningResponder<Service>
    let loop: any EventLoop
    let connections: Turnstile
    /// How long a client may take over a request, or leave an answer where it is.
    let patience: TimeAmount
    let logger: Logger
    /// Told where clients are answered, once they are.
    let ready: @Sendable (SocketAddress?) async -> Void

    func makeService() throws -> any ServiceLifecycle.Service {
        let (responder, connections, patience) = (responder, connections, patience)
        let date = HTTPDate()
        return try HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [ConnectionGuard(connections, patience: patience)],
                idleTimeout: Self.idleTimeout,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: HeaderLimits.bytes, maxHeaderListSize: HeaderLimits.bytes,
                    maxHeaderFieldCount: HeaderLimits.count))
        ).buildServer(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    connections.most + Self.mostRefused, logger: logger)),
            eventLoopGroup: loop, logger: logger,
            responder: { request, writer, _ in
                var response = try await responder.respond(to: request) {
                    try await writer.writeInformationalHead(HTTPResponse(status: .continue))
                }
                response.headers[.date] = date.now
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { channel in await ready(channel.localAddress) })
    }
}

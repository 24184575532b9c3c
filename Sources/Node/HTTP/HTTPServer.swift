// Hummingbird's server with our responder behind it: connections, limits and headers. Routing is not Hummingbird's, see
// Route.

import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

struct HTTPServer<Service: StoreService> {
    /// A connection that says nothing, or stops in the middle, is closed after this long.
    static var idleTimeout: TimeAmount { .seconds(60) }

    let address: HostAndPort
    let responder: Responder<Service>
    let traffic: Traffic
    let loop: any EventLoop
    /// More than these wait to be accepted.
    let mostConnections: Int
    let logger: Logger
    /// Told where clients are served, once they are.
    let ready: @Sendable (SocketAddress?) async -> Void

    func makeService() throws -> any ServiceLifecycle.Service {
        let responder = responder
        let traffic = traffic
        let date = HTTPDate()
        return try HTTPServerBuilder.http1(configuration: .init(idleTimeout: Self.idleTimeout)).buildServer(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(mostConnections, logger: logger)),
            eventLoopGroup: loop, logger: logger,
            responder: { request, writer, _ in
                var response = try await traffic.watch(request.head.path, status: \.status) {
                    try await responder.respond(to: request) {
                        try await writer.writeInformationalHead(HTTPResponse(status: .continue))
                    }
                }
                response.headers[.date] = date.now
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { channel in await ready(channel.localAddress) })
    }
}

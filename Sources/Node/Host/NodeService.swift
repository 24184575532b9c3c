// The node as a service: opened once its clients' address is bound, run until it is told to stop, and then until leadership
// is handed over.

import Logging
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle

final class NodeService: Service {
    /// Where clients are answered, as soon as they are.
    let bound = AsyncStream.makeStream(of: SocketAddress?.self)
    private let open: @Sendable () async throws -> Node
    private let serve: @Sendable (Node, SocketAddress?) async -> Void
    private let logger: Logger
    private let opened = NIOLockedValueBox<Node?>(nil)

    /// - Parameters:
    ///   - open: reads the folder, which takes its time.
    ///   - serve: starts the node, and has clients' requests handed to it.
    init(
        logger: Logger, open: @escaping @Sendable () async throws -> Node,
        serve: @escaping @Sendable (Node, SocketAddress?) async -> Void
    ) {
        self.logger = logger
        self.open = open
        self.serve = serve
    }

    func run() async throws {
        // Nothing is read or written before the port is known to be free.
        guard let address = await bound.stream.first(where: { _ in true }) else { return }
        let node = try await withGracefulShutdownHandler {
            try await open()
        } onGracefulShutdown: { [logger] in
            // What is read needs no ending, and what is written then may be cut off anywhere, as by a crash.
            logger.notice("Stopped while the data folder was opened")
            ProcessEnd.now(0)
        }
        opened.withLockedValue { $0 = node }
        await serve(node, address)
        try await gracefulShutdown()
        await node.handOver()
    }

    /// Ends what was begun, when no client is served any more.
    func finish() async throws { try await opened.withLockedValue { $0 }?.finish() }
}

// Makes the connections between nodes, and only here: what protects or proves them one day is added in this type. It
// knows nothing of what is said on them.

import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

struct PeerTransport: Sendable {
    static let connectTimeout = TimeAmount.seconds(2)
    /// A connection whose other end has fallen silent is given up after about this long: unanswered data after
    /// `silentSeconds`, an idle connection after as long and three probes, a second apart.
    static let silentSeconds = 5

    let loop: any EventLoop

    /// A port that is taken, and lets nobody in before `accept`.
    final class Listener: Sendable {
        private let channel: any Channel
        private let setUp: NIOLockedValueBox<(@Sendable (any Channel) throws -> Void)?>

        fileprivate init(_ channel: any Channel, _ setUp: NIOLockedValueBox<(@Sendable (any Channel) throws -> Void)?>)
        {
            self.channel = channel
            self.setUp = setUp
        }

        /// - Parameter body: called on the event loop with each connection, before anything is read from it.
        func accept(_ body: @escaping @Sendable (any Channel) throws -> Void) {
            setUp.withLockedValue { $0 = body }
            channel.setOption(.autoRead, value: true).whenFailure { [channel] _ in channel.close(promise: nil) }
        }

        var port: Int? { channel.localAddress?.port }

        /// Lets nobody in any more, and lets go of what `accept` was given.
        func close() {
            channel.close(promise: nil)
            setUp.withLockedValue { $0 = nil }
        }
    }

    func listen(at address: HostAndPort) async throws -> Listener {
        let setUp = NIOLockedValueBox<(@Sendable (any Channel) throws -> Void)?>(nil)
        let channel = try await ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.autoRead, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(PeerTransport.keepIdle, value: .init(PeerTransport.silentSeconds))
            .childChannelOption(PeerTransport.keepInterval, value: 1)
            .childChannelOption(PeerTransport.keepCount, value: 3)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try setUp.withLockedValue { $0 }?(channel) }
            }
            .bind(host: address.host, port: address.port).get()
        return Listener(channel, setUp)
    }

    func connect(
        to address: HostAndPort, set up: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .connectTimeout(PeerTransport.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(PeerTransport.keepIdle, value: PeerTransport.silentSeconds)
            .channelOption(PeerTransport.keepInterval, value: 1)
            .channelOption(PeerTransport.keepCount, value: 3)
            .channelOption(PeerTransport.userTimeout, value: PeerTransport.silentSeconds * 1_000)
            .channelInitializer(up)
            .connect(host: address.host, port: address.port)
    }

    private static let keepIdle = ChannelOptions.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPIDLE))
    private static let keepInterval = ChannelOptions.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL))
    private static let keepCount = ChannelOptions.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPCNT))
    private static let userTimeout = ChannelOptions.tcpOption(NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT))
}

// Makes the connections between nodes, and only here: what protects or proves them one day is added in this type. It
// knows nothing of what is said on them.

import Glibc
import NIOCore
import NIOPosix

struct PeerTransport: Sendable {
    static let connectTimeout = TimeAmount.seconds(2)
    /// A connection whose other end has fallen silent is given up after about this long: unanswered data after
    /// `silentSeconds`, an idle connection after as long and three probes, a second apart.
    static let silentSeconds: CInt = 5

    let loop: any EventLoop

    /// Takes the port at once, and begins to accept when `ChannelOptions.autoRead` is set on what is returned.
    func listen(
        at address: HostAndPort, accept: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.autoRead, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(PeerTransport.keepIdle, value: PeerTransport.silentSeconds)
            .childChannelOption(PeerTransport.keepInterval, value: 1)
            .childChannelOption(PeerTransport.keepCount, value: 3)
            .childChannelInitializer(accept)
            .bind(host: address.host, port: address.port)
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

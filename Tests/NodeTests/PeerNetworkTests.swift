import Logging
import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import Replication
import Testing

@testable import Node

@Suite struct AdmissionTests {
    private static func identity(
        _ node: UInt16, cluster: UInt64 = 0, members: UInt64 = 1, versions: ClosedRange<UInt16> = 0...0,
        authentication: [UInt8] = []
    ) -> PeerIdentity {
        PeerIdentity(
            node: NodeID(node), incarnation: .first, cluster: UniqueID(high: cluster, low: cluster),
            membersHash: members, journal: UniqueID(high: UInt64(node) + 1, low: 1), boot: 1, versions: versions,
            authentication: authentication)
    }

    static let cases: [(other: PeerIdentity, own: PeerIdentity, expected: UInt16?, refusal: String?)] = [
        (identity(1), identity(0), nil, nil),
        (identity(1), identity(0), 1, nil),
        (identity(1, cluster: 5), identity(0, cluster: 5), nil, nil),
        // A member list that changed since the start says nothing against a cluster that stands.
        (identity(1, cluster: 5, members: 2), identity(0, cluster: 5, members: 1), nil, nil),
        (identity(1, cluster: 5, members: 2), identity(0, members: 1), nil, nil),
        (identity(1, versions: 0...3), identity(0, versions: 3...9), nil, nil),
        (identity(1, cluster: 5), identity(0, cluster: 6), nil, "n1 belongs to cluster 0000000000000005"),
        (identity(1, members: 2), identity(0, members: 1), nil, "another list of peers"),
        (identity(1, versions: 1...2), identity(0), nil, "n1 speaks versions 1 to 2"),
        (identity(1), identity(0, versions: 4...4), nil, "n0 speaks 4"),
        (identity(0), identity(0), nil, "the same --id"),
        (identity(9), identity(0), nil, "n9 is no member"),
        (identity(2), identity(0), 1, "n1 was dialled, and n2 answered"),
        (identity(1, authentication: [1]), identity(0), nil, "authentication"),
    ]

    @Test(arguments: cases) func strangersAreRefusedByName(
        _ other: PeerIdentity, _ own: PeerIdentity, _ expected: UInt16?, _ refusal: String?
    ) {
        let reason = Admission.refusal(
            of: other, by: own, members: [NodeID(1), NodeID(2)], expected: expected.map { NodeID($0) })
        if let refusal {
            #expect(reason?.contains(refusal) == true, "\(reason ?? "welcome")")
        } else {
            #expect(reason == nil)
        }
    }
}

private struct CollectedLines: LogHandler {
    let lines: Mailbox<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    func log(event: LogEvent) { _ = lines.put("\(event.message)") }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}

/// Real connections over loopback.
@Suite struct PeerNetworkTests {
    /// One node's side: its network, on an event loop that all nodes of a test share.
    private final class Side: @unchecked Sendable {
        let network: PeerNetwork
        let listener: PeerTransport.Listener
        let received = Mailbox<(PeerMessage, NodeID)>()
        let lines = Mailbox<String>()

        init(
            _ node: UInt16, cluster: UInt64, boot: UInt64 = 1, listener: PeerTransport.Listener,
            others: [NodeID: HostAndPort], loop: any EventLoop
        ) {
            self.listener = listener
            let (received, lines) = (received, lines)
            network = PeerNetwork(
                settings: PeerNetwork.Settings(others: others, handshakeTimeout: .seconds(1)),
                transport: PeerTransport(loop: loop),
                logger: Logger(label: "test") { _ in CollectedLines(lines: lines) },
                identity: {
                    PeerIdentity(
                        node: NodeID(node), incarnation: .first, cluster: UniqueID(high: cluster, low: cluster),
                        membersHash: 1, journal: UniqueID(high: 1, low: 1), boot: boot, versions: 0...0)
                },
                receive: { message, node in _ = received.put((message, node)) })
        }
    }

    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private static let message = PeerMessage(
        cluster: UniqueID(high: 1, low: 1), incarnation: .first, configuration: .first,
        content: .paxos(.preVote(Message.PreVote(attempt: 7))))

    private func listener() async throws -> PeerTransport.Listener {
        try await PeerTransport(loop: loop).listen(at: HostAndPort(host: "127.0.0.1", port: 0))
    }

    private func address(_ listener: PeerTransport.Listener) throws -> HostAndPort {
        HostAndPort(host: "127.0.0.1", port: try #require(listener.port))
    }

    private func withTwo(
        clusters: (UInt64, UInt64) = (1, 1), _ body: (Side, Side) async throws -> Void
    ) async throws {
        let listeners = try await (listener(), listener())
        let addresses = try (address(listeners.0), address(listeners.1))
        let first = Side(0, cluster: clusters.0, listener: listeners.0, others: [NodeID(1): addresses.1], loop: loop)
        let second = Side(1, cluster: clusters.1, listener: listeners.1, others: [NodeID(0): addresses.0], loop: loop)
        try await loop.submit { first.network.start(listener: first.listener) }.get()
        try await loop.submit { second.network.start(listener: second.listener) }.get()
        try await body(first, second)
        try await loop.submit {
            first.network.stop()
            second.network.stop()
        }.get()
    }

    private func eventually(_ what: String, _ isTrue: () async throws -> Bool) async throws {
        for _ in 0..<500 {
            if try await isTrue() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("\(what): not within five seconds")
    }

    private func isConnected(_ side: Side, to node: UInt16) async throws -> Bool {
        try await loop.submit { side.network.status[NodeID(node)]?.isConnected ?? false }.get()
    }

    private func untilConnected(_ first: Side, _ second: Side) async throws {
        try await eventually("both are connected") {
            let there = try await isConnected(first, to: 1)
            let back = try await isConnected(second, to: 0)
            return there && back
        }
    }

    private func untilSaid(_ line: String, by side: Side) async throws {
        try await eventually(line) { side.lines.take().contains(line) }
    }

    private final class Weakly: @unchecked Sendable {
        weak var network: PeerNetwork?
    }

    @Test(.timeLimit(.minutes(1))) func stoppedNetworkIsLetGoOf() async throws {
        let held = Weakly()
        try await withTwo { first, second in
            held.network = first.network
            try await untilConnected(first, second)
        }
        try await eventually("nobody holds it") { try await loop.submit { held.network == nil }.get() }
    }

    @Test(.timeLimit(.minutes(1))) func messagesGoBothWaysInOrder() async throws {
        try await withTwo { first, second in
            try await untilConnected(first, second)
            try await loop.submit {
                for attempt in 0..<1_000 {
                    var message = Self.message
                    message.content = .paxos(.preVote(Message.PreVote(attempt: UInt64(attempt))))
                    first.network.send(message, to: NodeID(1))
                    if attempt % 10 == 9 { first.network.flush() }
                }
                second.network.send(Self.message, to: NodeID(0))
                second.network.flush()
            }.get()
            var attempts: [UInt64] = []
            try await eventually("a thousand arrive") {
                for (message, node) in second.received.take() {
                    guard case .paxos(.preVote(let vote)) = message.content else { continue }
                    #expect(node == NodeID(0))
                    attempts.append(vote.attempt)
                }
                return attempts.count == 1_000
            }
            #expect(attempts == Array(0..<1_000))
            try await eventually("the answer arrives") { first.received.take().map(\.0) == [Self.message] }
        }
    }

    @Test(.timeLimit(.minutes(1))) func anotherClusterIsRefusedAndStaysRefused() async throws {
        try await withTwo(clusters: (1, 2)) { first, second in
            for side in [first, second] { try await untilSaid("Peer refused", by: side) }
            #expect(try await isConnected(first, to: 1) == false)
            #expect(try await isConnected(second, to: 0) == false)
            try await loop.submit {
                first.network.send(Self.message, to: NodeID(1))
                first.network.flush()
            }.get()
            // What must not come has no end that could be waited for.
            try await Task.sleep(for: .milliseconds(50))
            #expect(second.received.take().isEmpty)
        }
    }

    /// What is sent to a listening node, and how the connection ends.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0xFF, count: 100_000),
            [UInt8](repeating: 0, count: 50),
        ])
    func junkClosesThatConnectionAndNothingElse(_ junk: [UInt8]) async throws {
        try await withTwo { first, second in
            try await eventually("connected") { try await isConnected(second, to: 0) }
            let channel = try await ClientBootstrap(group: loop)
                .connect(host: "127.0.0.1", port: try #require(first.listener.port)).get()
            channel.writeAndFlush(ByteBuffer(bytes: junk), promise: nil)
            try await channel.closeFuture.get()
            #expect(try await isConnected(second, to: 0))
        }
    }

    @Test(.timeLimit(.minutes(1))) func silentConnectionIsClosedInTime() async throws {
        try await withTwo { first, _ in
            let channel = try await ClientBootstrap(group: loop)
                .connect(host: "127.0.0.1", port: try #require(first.listener.port)).get()
            try await channel.closeFuture.get()
        }
    }

    @Test(.timeLimit(.minutes(1))) func frameThatIsNotSoundEndsTheConnection() async throws {
        try await withTwo { first, _ in
            var stream = ByteBuffer()
            Handshake.hello(
                PeerIdentity(
                    node: NodeID(1), incarnation: .first, cluster: UniqueID(high: 1, low: 1), membersHash: 1,
                    journal: UniqueID(high: 1, low: 1), boot: 9, versions: 0...0)
            ).encode(into: &stream)
            PeerCodec.encode(Self.message, into: &stream)
            let sound = stream.readableBytes
            PeerCodec.encode(Self.message, into: &stream)
            stream.setInteger(UInt8(0xEE), at: sound + 20)
            PeerCodec.encode(Self.message, into: &stream)
            let channel = try await ClientBootstrap(group: loop)
                .connect(host: "127.0.0.1", port: try #require(first.listener.port)).get()
            channel.writeAndFlush(stream, promise: nil)
            try await channel.closeFuture.get()
            #expect(first.received.take().map(\.0) == [Self.message])
        }
    }

    @Test(.timeLimit(.minutes(1))) func nodeThatStartsLaterIsFound() async throws {
        let listeners = try await (listener(), listener())
        let addresses = try (address(listeners.0), address(listeners.1))
        let first = Side(0, cluster: 1, listener: listeners.0, others: [NodeID(1): addresses.1], loop: loop)
        try await loop.submit { first.network.start(listener: first.listener) }.get()
        try await untilSaid("Peer out of reach, dialling on", by: first)
        #expect(try await isConnected(first, to: 1) == false)
        let second = Side(1, cluster: 1, listener: listeners.1, others: [NodeID(0): addresses.0], loop: loop)
        try await loop.submit { second.network.start(listener: second.listener) }.get()
        try await eventually("the first finds the second") { try await isConnected(first, to: 1) }
        try await loop.submit { second.network.stop() }.get()
        try await eventually("the loss is noticed") { try await isConnected(first, to: 1) == false }
        try await loop.submit { first.network.stop() }.get()
    }

    @Test func backoffGrowsToItsBound() {
        var backoff = Backoff(seed: 1)
        var last = TimeAmount.zero
        for _ in 0..<20 { last = backoff.next() }
        #expect(last >= .milliseconds(500) && last <= .seconds(1))
        backoff.reset()
        last = backoff.next()
        #expect(last <= .milliseconds(20))
    }

    @Test func linesAreLimitedAndCounted() {
        var limit = LineLimit(patience: .seconds(10))
        let start = NIODeadline.uptimeNanoseconds(1_000)
        let counts = [0, 1, 9, 11].map { limit.next(at: start + .seconds($0)) }
        #expect(counts == [0, nil, nil, 2])
    }
}

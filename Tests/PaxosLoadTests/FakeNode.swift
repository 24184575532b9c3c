// A server on a free port of this machine that answers as a test wants: well, badly, late, or never.

import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

@testable import PaxosLoad

final class FakeNode: Sendable {
    enum Reaction: Sendable {
        case answer(Int, [(String, String)] = [], String = "", after: TimeAmount = .zero)
        /// The connection ends without an answer.
        case hangUp
        case silence
        /// Bytes that are not HTTP.
        case babble

        static let slot = Reaction.slot(after: .zero)

        static func slot(after delay: TimeAmount) -> Reaction {
            .answer(200, [("Paxos-Slot", "1")], #"{"slot":1}"#, after: delay)
        }

        static func failure(_ status: Int, _ word: String) -> Reaction {
            .answer(status, [], #"{"error":"\#(word)","reason":"a sentence"}"#)
        }
    }

    struct Seen: Sendable {
        var method: HTTPMethod
        var uri: String
        var body: String
    }

    private let requests = NIOLockedValueBox<[Seen]>([])
    private let usual: Reaction
    private let exceptions: [Int: Reaction]

    private init(_ usual: Reaction, except exceptions: [Int: Reaction]) {
        self.usual = usual
        self.exceptions = exceptions
    }

    var seen: [Seen] { requests.withLockedValue { $0 } }

    /// Runs `body` while a node reacts to its requests in the usual way, except to those with the numbers named, which
    /// count from 0.
    static func run(
        _ usual: Reaction, except exceptions: [Int: Reaction] = [:],
        _ body: (FakeNode, NodeAddress) async throws -> Void
    ) async throws {
        let node = FakeNode(usual, except: exceptions)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(node))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let address = try NodeAddress(reading: "127.0.0.1:\(channel.localAddress?.port ?? 0)")
        do {
            try await body(node, address)
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    private func reaction(to request: Seen) -> Reaction {
        let number = requests.withLockedValue { requests in
            requests.append(request)
            return requests.count - 1
        }
        return exceptions[number] ?? usual
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let node: FakeNode
        private var request = Seen(method: .GET, uri: "", body: "")

        init(_ node: FakeNode) {
            self.node = node
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): request = Seen(method: head.method, uri: head.uri, body: "")
            case .body(let part): request.body += String(buffer: part)
            case .end: react(node.reaction(to: request), on: context.channel)
            }
        }

        private func react(_ reaction: Reaction, on channel: any Channel) {
            switch reaction {
            case .answer(let status, let headers, let body, let delay):
                channel.eventLoop.scheduleTask(in: delay) {
                    var all = HTTPHeaders(headers)
                    all.add(name: "Content-Length", value: "\(body.utf8.count)")
                    let head = HTTPResponseHead(
                        version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: all)
                    channel.write(HTTPServerResponsePart.head(head), promise: nil)
                    channel.write(
                        HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
                    channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
                }
            case .hangUp: channel.close(promise: nil)
            case .silence: break
            case .babble:
                // From behind the encoder, which would make HTTP of it.
                let encoder = try? channel.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
                encoder?.writeAndFlush(NIOAny(ByteBuffer(string: "good morning\r\n\r\n")), promise: nil)
            }
        }
    }
}

/// An address that refuses every connection, for as long as this is kept: a socket that is bound, and does not listen.
struct Nobody: ~Copyable {
    private let descriptor: Int32
    let address: NodeAddress

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &name) { [descriptor] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        precondition(isBound, "a test can bind a socket")
        address = try NodeAddress(reading: "127.0.0.1:\(in_port_t(bigEndian: name.sin_port))")
    }

    deinit { close(descriptor) }
}

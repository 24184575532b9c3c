// Asks one running node over HTTP, and waits for the answer. It only reads, counts what it is sent, and keeps nothing but
// connections that can be used again.

import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import SystemPackage

final class NodeClient: NodeConnection {
    let url: NodeURL
    private let received = Atomic<Int>(0)
    private let idle = Mutex<[any Channel]>([])

    /// How long a connection may take, and an answer to its end.
    private static let connectPatience = TimeAmount.seconds(5)
    private static let patience = TimeAmount.seconds(30)
    /// How often a node is asked that has too many readers.
    private static let trials = 5

    init(_ url: NodeURL) {
        self.url = url
    }

    deinit {
        for channel in idle.withLock({ $0 }) { channel.close(promise: nil) }
    }

    var receivedBytes: Int { received.load(ordering: .relaxed) }

    func get(_ path: String, range: Range<UInt64>?) throws(NodeFailure) -> NodeAnswer {
        for _ in 1..<NodeClient.trials {
            do throws(NodeFailure) {
                return try ask(path, range)
            } catch {
                guard case .refused(503, _) = error else { throw error }
                sleep(1)
            }
        }
        return try ask(path, range)
    }

    private func ask(_ path: String, _ range: Range<UInt64>?) throws(NodeFailure) -> NodeAnswer {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: ["Host": url.host])
        if let range { head.headers.add(name: "Range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)") }
        let response = try exchange(head)
        received.add(response.body.count, ordering: .relaxed)
        guard response.head.status == (range == nil ? .ok : .partialContent) else {
            let reason = RefusalObject(response.body)?.reason ?? response.head.status.reasonPhrase
            throw .refused(status: Int(response.head.status.code), reason: reason)
        }
        return NodeAnswer(
            body: response.body, slot: response.head.headers.first(name: "Paxos-Slot").flatMap { UInt64($0) })
    }

    private func exchange(_ head: HTTPRequestHead) throws(NodeFailure) -> HTTPExchange.Response {
        // A node closes what was idle for long: then it is asked anew.
        if let channel = idle.withLock({ $0.popLast() }), channel.isActive,
            let response = try? exchange(head, on: channel)
        {
            return response
        }
        do {
            return try exchange(head, on: connect())
        } catch {
            throw .unreachable(NodeClient.sentence(error))
        }
    }

    private func exchange(_ head: HTTPRequestHead, on channel: any Channel) throws -> HTTPExchange.Response {
        let promise = channel.eventLoop.makePromise(of: HTTPExchange.Response.self)
        let alarm = channel.eventLoop.scheduleTask(in: NodeClient.patience) {
            promise.fail(ChannelError.connectTimeout(NodeClient.patience))
        }
        channel.writeAndFlush(HTTPExchange.Question(head: head, answer: promise), promise: nil)
        do {
            let response = try promise.futureResult.wait()
            alarm.cancel()
            idle.withLock { $0.append(channel) }
            return response
        } catch {
            alarm.cancel()
            channel.close(promise: nil)
            throw error
        }
    }

    private func connect() throws -> any Channel {
        try ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(NodeClient.connectPatience)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(HTTPExchange())
                }
            }
            .connect(host: url.name, port: url.port).wait()
    }

    private static func sentence(_ error: any Error) -> String {
        switch error {
        case ChannelError.connectTimeout(let time): "no answer within \(time.nanoseconds / 1_000_000_000) s"
        case ChannelError.eof: "the connection was closed"
        case let error as IOError: "\(Errno(rawValue: error.errnoCode))"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { sentence($0.error) } ?? "no host is called \(error.host)"
        default: "\(error)"
        }
    }
}

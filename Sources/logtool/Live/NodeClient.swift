// Asks one running node over HTTP, and waits for the answer. It only reads, counts what it is sent, and keeps nothing.

import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import SystemPackage

final class NodeClient: Sendable {
    struct Answer {
        var body: [UInt8]
        /// What the header `Paxos-Slot` says.
        var slot: UInt64?
    }

    let url: NodeURL
    private let received = Atomic<Int>(0)

    /// No route gives more at once, and no range is asked for that is longer.
    private static let mostBytes = 16 << 20
    /// From the question to the end of the answer, and how long a node may be silent in it.
    private static let patience = TimeAmount.seconds(60)
    private static let silence = TimeAmount.seconds(20)
    /// How often a node is asked that has too many readers.
    private static let trials = 5

    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: silence))
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    init(_ url: NodeURL) {
        self.url = url
    }

    /// How many bytes the bodies of all answers had together.
    var receivedBytes: Int { received.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - path: with its query.
    ///   - range: the bytes wanted of what is there; nil for all.
    func get(_ path: String, range: Range<UInt64>? = nil) throws(NodeFailure) -> Answer {
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

    private func ask(_ path: String, _ range: Range<UInt64>?) throws(NodeFailure) -> Answer {
        let response: HTTPClient.Response
        do {
            var request = try HTTPClient.Request(url: url.text + path)
            if let range {
                request.headers.add(name: "Range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
            }
            let accumulator = ResponseAccumulator(request: request, maxBodySize: NodeClient.mostBytes)
            response = try NodeClient.http.execute(
                request: request, delegate: accumulator, deadline: .now() + NodeClient.patience
            ).wait()
        } catch {
            throw .unreachable(NodeClient.sentence(error))
        }
        let body = response.body.map { Array($0.readableBytesView) } ?? []
        received.add(body.count, ordering: .relaxed)
        guard response.status == (range == nil ? .ok : .partialContent) else {
            let reason = RefusalObject(body)?.reason ?? response.status.reasonPhrase
            throw .refused(status: Int(response.status.code), reason: reason)
        }
        return Answer(body: body, slot: response.headers.first(name: "Paxos-Slot").flatMap { UInt64($0) })
    }

    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout: "no connection within 5 s"
        case let error as HTTPClientError where error == .readTimeout || error == .deadlineExceeded:
            "no answer in time"
        case let error as IOError: "\(Errno(rawValue: error.errnoCode))"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { sentence($0.error) } ?? "the host \(error.host) is not known"
        default: "\(error)"
        }
    }
}

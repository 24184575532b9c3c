// Answers for a node that still reads its folder: says how far it has come, and refuses whatever needs the state. From the
// moment there is a node, its own responder answers.

import HTTPTypes
import Hummingbird
import NIOConcurrencyHelpers
import NIOCore
import Paxos

final class OpeningResponder<Service: StoreService>: Sendable {
    private let id: NodeID
    private let progress: OpeningProgress
    private let audiences: Set<Route.Audience>
    private let opened = NIOLockedValueBox<Responder<Service>?>(nil)
    private let metrics = RequestMetrics()

    init(id: NodeID, progress: OpeningProgress, audiences: Set<Route.Audience>) {
        self.id = id
        self.progress = progress
        self.audiences = audiences
    }

    func open(_ responder: Responder<Service>) { opened.withLockedValue { $0 = responder } }

    func respond(to request: Hummingbird.Request, willContinue: () async throws -> Void = {}) async throws -> Response {
        if let responder = opened.withLockedValue({ $0 }) {
            return try await responder.respond(to: request, willContinue: willContinue)
        }
        let start = NIODeadline.now()
        var route: Route?
        var response: Response
        do {
            let asked = try Route(method: request.method, target: request.head.path ?? "")
            route = asked
            try asked.check(audiences)
            response = try answer(asked, for: request.headers)
        } catch {
            response = Answers.failure(error)
        }
        if request.method == .head { response = response.createHeadResponse() }
        metrics.note(
            route: route?.name ?? "none", status: response.status.code, took: NIODeadline.now() - start)
        return response
    }

    private func answer(_ route: Route, for headers: HTTPFields) throws(HTTPFailure) -> Response {
        switch route {
        case .status:
            return Answers.document(status, for: headers)
        case .metrics:
            NodeMetrics.note(progress)
            return Answers.document(
                Prometheus.shared.exposition(), type: "text/plain; version=0.0.4; charset=utf-8", for: headers)
        default:
            throw .unavailable(progress.reason)
        }
    }

    private var status: JSONValue {
        let replay = progress.replay
        return .object([
            ("id", .string("\(id)")), ("role", .string("replaying")), ("leader", .null),
            ("appliedThrough", .number(replay?.through.rawValue ?? 0)),
            ("replayThrough", replay.map { .number($0.end.rawValue) } ?? .null),
        ])
    }
}

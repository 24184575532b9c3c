// Answers for a node that still reads its folder: says how far it has come, and refuses whatever needs the state. From the
// moment there is a node, its own responder answers.

import HTTPTypes
import Hummingbird
import NIOConcurrencyHelpers
import Paxos

final class OpeningResponder<Service: StoreService>: Sendable {
    private let id: NodeID
    private let progress: OpeningProgress
    private let opened = NIOLockedValueBox<Responder<Service>?>(nil)
    private let desk: RouteDesk

    init(id: NodeID, progress: OpeningProgress, audiences: Set<Route.Audience>) {
        self.id = id
        self.progress = progress
        desk = RouteDesk(audiences: audiences)
    }

    func open(_ responder: Responder<Service>) { opened.withLockedValue { $0 = responder } }

    func respond(to request: Hummingbird.Request, willContinue: () async throws -> Void = {}) async throws -> Response {
        if let responder = opened.withLockedValue({ $0 }) {
            return try await responder.respond(to: request, willContinue: willContinue)
        }
        return try await desk.reply(to: request) { try answer($0, for: request.headers) }.response
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

// What every request meets, whoever answers it: its route is read, and must be served here; a failure becomes an answer;
// HEAD is cut short; and it is counted.

import HTTPTypes
import Hummingbird
import NIOCore

struct RouteDesk: Sendable {
    struct Reply {
        var response: Response
        /// Nil when the request asks for none that there is.
        var route: Route?
        var took: TimeAmount
    }

    /// Whom this address serves.
    let audiences: Set<Route.Audience>
    private let metrics = RequestMetrics()

    init(audiences: Set<Route.Audience>) { self.audiences = audiences }

    /// - Parameter answer: may throw `HTTPFailure`; any other error is passed on.
    func reply(
        to request: Hummingbird.Request, _ answer: (Route) async throws -> Response
    ) async throws -> Reply {
        let start = NIODeadline.now()
        var route: Route?
        var response: Response
        do {
            let asked = try Route(method: request.method, target: request.head.path ?? "")
            route = asked
            try asked.check(audiences)
            response = try await answer(asked)
        } catch let failure as HTTPFailure {
            response = Answers.failure(failure)
        }
        if request.method == .head { response = response.createHeadResponse() }
        let took = NIODeadline.now() - start
        metrics.note(route: route?.name ?? "none", status: response.status.code, took: took)
        return Reply(response: response, route: route, took: took)
    }
}

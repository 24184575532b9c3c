// Watches the clock for TrafficHistory, and counts what was asked of the store alone: those who look at a node are not
// its traffic.

import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore

struct Traffic: Sendable {
    private let history = NIOLockedValueBox(TrafficHistory())

    /// Answers a request, and notes how long that took.
    func watch<Response>(
        _ path: String?, status: (Response) -> HTTPResponse.Status, _ answer: () async throws -> Response
    ) async rethrows -> Response {
        guard path?.utf8.starts(with: "/store/".utf8) == true else { return try await answer() }
        let start = NIODeadline.now()
        let response = try await answer()
        let took = NIODeadline.now() - start
        let hasFailed = status(response).code >= 500
        history.withLockedValue { history in
            history.note(
                at: WallClock.second, microseconds: UInt64(took.nanoseconds / 1_000), hasFailed: hasFailed)
        }
        return response
    }

    /// The whole seconds that had any requests.
    var seconds: [TrafficHistory.Second] {
        history.withLockedValue { $0.seconds(before: WallClock.second) }
    }
}

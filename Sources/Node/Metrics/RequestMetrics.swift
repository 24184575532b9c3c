// Counts and times requests, by route and status. What a route and a status are called is looked up once.

import Metrics
import NIOConcurrencyHelpers
import NIOCore

struct RequestMetrics: Sendable {
    private struct Handles: Sendable {
        let seconds: Timer
        var counters: [Int: Counter] = [:]
    }

    private let routes = NIOLockedValueBox<[String: Handles]>([:])

    func note(route: StaticString, status: Int, took: TimeAmount) {
        routes.withLockedValue { routes in
            let name = "\(route)"
            let dimension = [("route", name)]
            var handles =
                routes[name] ?? Handles(seconds: Timer(label: "paxos_http_request_seconds", dimensions: dimension))
            handles.seconds.recordNanoseconds(took.nanoseconds)
            if handles.counters[status] == nil {
                handles.counters[status] = Counter(
                    label: "paxos_http_requests_total", dimensions: dimension + [("status", "\(status)")])
            }
            handles.counters[status]?.increment()
            routes[name] = handles
        }
    }
}

// Counts and times requests, by route and status. What a route and a status are called is looked up once.

import Metrics
import NIOConcurrencyHelpers
import NIOCore

struct RequestMetrics: Sendable {
    private struct Handles: Sendable {
        let route: String
        let seconds: Timer
        var counters: [Int: Counter] = [:]

        init(route: String) {
            self.route = route
            seconds = Timer(label: "paxos_http_request_seconds", dimensions: [("route", route)])
        }

        mutating func note(status: Int, took: TimeAmount) {
            seconds.recordNanoseconds(took.nanoseconds)
            if counters[status] == nil {
                counters[status] = Counter(
                    label: "paxos_http_requests_total", dimensions: [("route", route), ("status", "\(status)")])
            }
            counters[status]?.increment()
        }
    }

    private let routes = NIOLockedValueBox<[String: Handles]>([:])

    func note(route: StaticString, status: Int, took: TimeAmount) {
        routes.withLockedValue { routes in
            let name = "\(route)"
            routes[name, default: Handles(route: name)].note(status: status, took: took)
        }
    }
}

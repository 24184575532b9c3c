// What a node says of itself, asked again and again by a thread of its own: a paused node must not hold up the run.

import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// The fields of /status and /health that are used here (docs/api.md).
struct NodeView: Equatable, Sendable {
    struct Status: Decodable, Equatable, Sendable {
        var role: String
        var ballot: String
        var incarnation: Int
        var appliedThrough: Int
        var digest: String
        var setAside: [String]
        var unknownSlots: Int
        var mendingThrough: Int?
    }

    var status: Status
    var isHealthy: Bool
    /// When it was asked.
    var time: Double

    /// Whether this start met damage, and all of it is mended.
    var hasMended: Bool {
        !status.setAside.isEmpty && status.unknownSlots == 0 && status.mendingThrough == nil
    }

    /// Whether it takes part in decisions.
    var hasVote: Bool { ["follower", "candidate", "leader"].contains(status.role) }
}

final class NodeWatch: Sendable {
    private struct State {
        var view: NodeView?
        var leaderBallots: Set<String> = []
        var isOver = false
    }

    private let state = Mutex(State())

    private static let interval: UInt32 = 200_000
    private static let patience = 1.0

    init(_ node: Int, _ address: Endpoint) {
        DispatchQueue(label: "watch-n\(node)").async { [self] in
            while !state.withLock({ $0.isOver }) {
                let view = Self.ask(address)
                state.withLock { state in
                    if let view, view.status.role == "leader" { state.leaderBallots.insert(view.status.ballot) }
                    state.view = view
                }
                usleep(Self.interval)
            }
        }
    }

    /// What it said last; nil when it does not answer.
    var view: NodeView? { state.withLock { $0.view } }

    /// Those under which it was seen to lead.
    var leaderBallots: Set<String> { state.withLock { $0.leaderBallots } }

    func stop() { state.withLock { $0.isOver = true } }

    private static func ask(_ address: Endpoint) -> NodeView? {
        let time = Clock.now
        guard let answer = HTTPGet.send("/status", to: address, seconds: patience), answer.status == 200,
            let status = try? JSONDecoder().decode(NodeView.Status.self, from: Data(answer.body)),
            let health = HTTPGet.send("/health", to: address, seconds: patience)
        else { return nil }
        return NodeView(status: status, isHealthy: health.status == 200, time: time)
    }
}

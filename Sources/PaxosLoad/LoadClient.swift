// A client: one connection to one node, with at most one request under way. It dials when it is given a request and has
// no connection, and never sends a request twice. Bound to the event loop of its run.

import NIOCore
import NIOHTTP1
import NIOPosix

final class LoadClient {
    /// A request that was given to this client and has not ended.
    struct Assignment {
        var request: Request
        /// When it was due, and when it was given to this client.
        var due: Int64
        var start: Int64
    }

    private enum State {
        case idle((any Channel)?)
        case dialling(Assignment?)
        case waiting(any Channel, Assignment)
        /// After a failure, for a while, so that a node that is down is not dialled in a spin.
        case resting((any Channel)?)
        case closed
    }

    let node: Int
    /// A client whose request may yet take effect goes on under another name: in a history, one name has one operation
    /// at a time.
    private(set) var name: Int
    private var valueNumber = 0

    private let address: NodeAddress
    private unowned let run: LoadRun
    private var state = State.dialling(nil)
    private var rest = LoadClient.shortestRest
    private let setHead: HTTPRequestHead
    private let getHeaders: HTTPHeaders
    private let getQuery: String

    private static let shortestRest = TimeAmount.milliseconds(50)
    private static let longestRest = TimeAmount.seconds(1)

    init(name: Int, node: Int, run: LoadRun) {
        self.name = name
        self.node = node
        self.run = run
        let settings = run.settings
        address = settings.nodes[node]
        getHeaders = ["Host": address.hostAndPort]
        getQuery = settings.consistency == .local ? "?consistency=local" : ""
        var setHeaders = getHeaders
        setHeaders.add(name: "Content-Type", value: "application/json")
        let bodyBytes = Self.bodyFrame.reduce(0) { $0 + $1.utf8.count } + settings.keySize + settings.valueSize
        setHeaders.add(name: "Content-Length", value: "\(bodyBytes)")
        setHead = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/store/set", headers: setHeaders)
    }

    /// A name for the value of this client's next write; no two are the same, in this run or another.
    func nextValueName() -> String {
        valueNumber += 1
        return "\(run.settings.runName)-\(name)-\(valueNumber)"
    }

    // MARK: Connecting

    /// Dials; before any request, the run is told by `firstDialEnded` how that went.
    func dial() {
        let client = NIOLoopBound(self, eventLoop: run.loop)
        ClientBootstrap(group: run.loop)
            .connectTimeout(run.timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(AnswerHandler(client.value))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { client.value.dialled($0) }
    }

    private func dialled(_ result: Result<any Channel, any Error>) {
        switch (state, result) {
        case (.dialling(let assignment?), .success(let channel)): send(assignment, on: channel)
        case (.dialling(nil), .success(let channel)):
            state = .idle(channel)
            run.firstDialEnded(nil)
        case (.dialling(let assignment?), .failure(let error)):
            state = .idle(nil)
            end(assignment, .refused(ConnectionFault.reason(of: error)))
        case (.dialling(nil), .failure(let error)):
            state = .idle(nil)
            run.firstDialEnded((node: node, reason: ConnectionFault.reason(of: error)))
        case (_, .success(let channel)): channel.close(promise: nil)
        case (_, .failure): break
        }
    }

    // MARK: Requests

    /// Takes a request while idle.
    func take(_ assignment: Assignment) {
        guard case .idle(let channel) = state else { preconditionFailure("a client takes one request at a time") }
        if let channel {
            send(assignment, on: channel)
        } else {
            state = .dialling(assignment)
            dial()
        }
    }

    private static let bodyFrame = ["{\"key\":\"", "\",\"value\":\"", "\"}"]

    private func send(_ assignment: Assignment, on channel: any Channel) {
        state = .waiting(channel, assignment)
        let request = assignment.request
        if let value = request.value {
            channel.write(HTTPClientRequestPart.head(setHead), promise: nil)
            var body = channel.allocator.buffer(capacity: request.key.utf8.count + value.utf8.count + 32)
            // Neither keys nor values hold anything that JSON escapes.
            for text in [Self.bodyFrame[0], request.key, Self.bodyFrame[1], value, Self.bodyFrame[2]] {
                body.writeString(text)
            }
            channel.write(HTTPClientRequestPart.body(.byteBuffer(body)), promise: nil)
        } else {
            let head = HTTPRequestHead(
                version: .http1_1, method: .GET, uri: "/store/get/\(request.key)\(getQuery)", headers: getHeaders)
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    func answered(_ answer: Answer, on channel: any Channel, isKeptAlive: Bool) {
        guard case .waiting(let current, let assignment) = state, current === channel else { return }
        state = .idle(isKeptAlive ? channel : nil)
        if !isKeptAlive { channel.close(promise: nil) }
        end(assignment, answer.outcome(of: assignment.request.kind))
    }

    func disconnected(_ channel: any Channel, _ reason: String) {
        switch state {
        case .waiting(let current, let assignment) where current === channel:
            state = .idle(nil)
            end(assignment, .unknown(reason))
        case .idle(let current?) where current === channel: state = .idle(nil)
        case .resting(let current?) where current === channel: state = .resting(nil)
        default: break
        }
    }

    /// Ends the request under way if it was given to this client before `time`.
    func giveUp(startedBefore time: Int64, _ reason: String) {
        switch state {
        case .waiting(let channel, let assignment) where assignment.start < time:
            state = .idle(nil)
            channel.close(promise: nil)
            end(assignment, .unknown(reason))
        case .dialling(let assignment?) where assignment.start < time:
            // The connection, should it still come about, finds nobody who waits for it.
            state = .idle(nil)
            end(assignment, .refused(ConnectionFault.notInTime))
        default: break
        }
    }

    private func end(_ assignment: Assignment, _ outcome: Outcome) {
        let client = name
        if case .unknown = outcome { name += run.settings.connections }
        if outcome.failure == nil {
            rest = Self.shortestRest
        } else {
            if case .idle(let channel) = state { state = .resting(channel) }
            let bound = NIOLoopBound(self, eventLoop: run.loop)
            run.loop.scheduleTask(in: rest) { bound.value.rested() }
            rest = min(rest * 2, Self.longestRest)
        }
        run.ended(assignment, by: self, named: client, outcome)
    }

    private func rested() {
        guard case .resting(let channel) = state else { return }
        state = .idle(channel)
        run.isIdle(self)
    }

    func close() {
        switch state {
        case .idle(let channel?), .resting(let channel?), .waiting(let channel, _): channel.close(promise: nil)
        case .idle(nil), .resting(nil), .dialling, .closed: break
        }
        state = .closed
    }
}

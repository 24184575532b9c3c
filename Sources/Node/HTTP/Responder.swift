// Turns a request into an answer: reads the route and the body, asks the node, and says what came of it. It never says
// 200 for what was not done.

import HTTPTypes
import Hummingbird
import Metrics
import NIOCore
import Paxos
import Replication
import StateMachine

struct Responder<Service: StoreService>: Sendable {
    /// The most bytes of a body: the longest key and value with every byte escaped, and some room.
    static var longestBody: Int { 6 * (Command.longestKey + Command.longestValue) + (64 << 10) }

    let service: Service
    let bodies: BodyBudget
    let allowsCrash: Bool

    init(service: Service, bodies: BodyBudget = BodyBudget(), allowsCrash: Bool) {
        self.service = service
        self.bodies = bodies
        self.allowsCrash = allowsCrash
    }

    func respond(to request: Hummingbird.Request, willContinue: () async throws -> Void = {}) async throws -> Response {
        NodeMetrics.requests.increment()
        do {
            let route = try Route(method: request.method, target: request.head.path ?? "")
            switch route {
            case .set:
                let fields = try await fields(["key", "value"], of: request, willContinue)
                return try await change(.set(key: fields[0], value: fields[1])) { slot, _ in Answers.slot(slot) }
            case .get(let key, let consistency):
                return try await get(key, consistency, wantsJSON: Answers.wantsJSON(request.headers))
            case .delete(let key):
                return try await delete(key)
            case .deleteByBody:
                return try await delete(fields(["key"], of: request, willContinue)[0])
            case .noOp:
                guard service.hasRoom else { throw HTTPFailure.diskFull }
                return try await applied(.noOp) { slot, _ in Answers.slot(slot) }
            case .print(let name):
                try await service.printLog(to: name)
                return Answers.json(.ok, .object([("FileName", .string(name))]))
            case .status:
                return Answers.json(.ok, await service.status().json)
            case .health:
                return try await health()
            case .root:
                guard Answers.wantsHTML(request.headers) else { return Answers.text(await service.cluster().text) }
                return StatusPage.page.response(known: request.headers[.ifNoneMatch])
            case .cluster:
                return Answers.json(.ok, await service.cluster().json)
            case .crash:
                guard allowsCrash else {
                    throw HTTPFailure(.forbidden, "forbidden", "the node was started without --allow-crash")
                }
                service.crash()
            }
        } catch let failure as HTTPFailure {
            NodeMetrics.failures.increment()
            return Answers.failure(failure)
        }
    }

    // MARK: The store

    private func delete(_ key: [UInt8]) async throws -> Response {
        try await change(.delete(key: key)) { slot, existed in
            Answers.json(.ok, .object([("slot", .number(slot.rawValue)), ("existed", .bool(existed))]), slot: slot)
        }
    }

    private func change(
        _ command: Command, _ answer: (Slot, _ existed: Bool) -> Response
    ) async throws -> Response {
        let encoded: [UInt8]
        do throws(CommandError) {
            encoded = try command.encoded()
        } catch {
            throw HTTPFailure(error)
        }
        guard service.hasRoom else { throw HTTPFailure.diskFull }
        return try await applied(.command(encoded), answer)
    }

    private func applied(
        _ request: Replication.Request, _ answer: (Slot, _ existed: Bool) -> Response
    ) async throws -> Response {
        switch await service.ask(request) {
        case .applied(let slot, .done(let existed)): return answer(slot, existed)
        case .applied(let slot, .conditionFailed):
            throw HTTPFailure(.conflict, "condition failed", "slot \(slot) changed nothing: a condition did not hold")
        case .applied(_, .duplicate), .applied(_, .sessionExpired), .unknown: throw HTTPFailure.outcomeUnknown
        case .refused(let refusal): throw HTTPFailure(refusal)
        case .value: preconditionFailure("a command is never answered with a value")
        }
    }

    private func get(_ key: [UInt8], _ consistency: Route.Consistency, wantsJSON: Bool) async throws -> Response {
        guard !key.isEmpty else { throw HTTPFailure(CommandError.emptyKey) }
        guard key.count <= Command.longestKey else { throw HTTPFailure(CommandError.keyTooLong(key.count)) }
        switch await service.ask(consistency == .local ? .readLocal(key: key) : .read(key: key)) {
        case .value(let stored?, let through):
            if wantsJSON {
                return Answers.json(
                    .ok,
                    .object([
                        JSONValue.field("key", key), JSONValue.field("value", stored.value),
                        ("slot", .number(stored.modified.rawValue)),
                    ]), slot: through)
            }
            return Answers.bytes(stored.value, slot: through)
        case .value(nil, let through):
            return Answers.failure(
                HTTPFailure(.notFound, "not found", "no value is stored under this key"), slot: through)
        case .refused(.sessionExpired), .unknown:
            throw HTTPFailure.unavailable("no majority answered in time")
        case .refused(let refusal): throw HTTPFailure(refusal)
        case .applied: preconditionFailure("a read is never answered like a command")
        }
    }

    private func health() async throws -> Response {
        if let reason = await service.unhealthyReason() { throw HTTPFailure.unavailable(reason) }
        return Answers.json(.ok, .object([("status", .string("ok"))]))
    }

    // MARK: Bodies

    private func fields(
        _ names: [String], of request: Hummingbird.Request, _ willContinue: () async throws -> Void
    ) async throws -> [[UInt8]] {
        let body = try await body(of: request, willContinue)
        let found = try JSONFields.strings(names, in: body)
        return try zip(names, found).map { name, bytes throws(HTTPFailure) in
            guard let bytes else { throw .badRequest("the field '\(name)' is missing") }
            return bytes
        }
    }

    private func body(
        of request: Hummingbird.Request, _ willContinue: () async throws -> Void
    ) async throws -> [UInt8] {
        let limit = Self.longestBody
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        if let declared, declared > limit {
            throw HTTPFailure.tooLarge("a body of \(declared) bytes is longer than \(limit)")
        }
        // One whose length is not declared may turn out to be as long as any.
        let reserved = request.headers[.transferEncoding] == nil ? declared ?? 0 : limit
        guard bodies.reserve(reserved) else {
            throw HTTPFailure(
                .serviceUnavailable, "overloaded", "too many bytes of requests are under way on this node",
                retryAfter: 1)
        }
        defer { bodies.release(reserved) }
        if request.headers[.expect]?.lowercased() == "100-continue" { try await willContinue() }
        var bytes: [UInt8] = []
        for try await part in request.body {
            guard bytes.count + part.readableBytes <= limit else {
                throw HTTPFailure.tooLarge("the body is longer than \(limit) bytes")
            }
            bytes += part.readableBytesView
        }
        return bytes
    }
}

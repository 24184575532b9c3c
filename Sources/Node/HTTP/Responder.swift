// Turns a request into an answer: reads the body, asks the node, and says what came of it. It never says 200 for what was not
// done.

import HTTPTypes
import Hummingbird
import NIOCore
import Paxos
import PaxosLog
import Replication
import StateMachine

struct Responder<Service: StoreService>: Sendable {
    let service: Service
    let bodies: BodyReader
    let traffic: Traffic
    let allowsCrash: Bool
    private let desk: RouteDesk

    init(
        service: Service, bodies: BodyReader = BodyReader(), traffic: Traffic = Traffic(),
        audiences: Set<Route.Audience> = [.clients, .operators], allowsCrash: Bool
    ) {
        self.service = service
        self.bodies = bodies
        self.traffic = traffic
        desk = RouteDesk(audiences: audiences)
        self.allowsCrash = allowsCrash
    }

    func respond(to request: Hummingbird.Request, willContinue: () async throws -> Void = {}) async throws -> Response {
        let reply = try await desk.reply(to: request) { try await answer($0, request, willContinue) }
        if reply.route?.isOfStore == true {
            traffic.note(took: reply.took, hasFailed: reply.response.status.code >= 500)
        }
        return reply.response
    }

    private func answer(
        _ route: Route, _ request: Hummingbird.Request, _ willContinue: () async throws -> Void
    ) async throws -> Response {
        switch route {
        case .set:
            let fields = try await fields(["key", "value"], of: request, willContinue)
            return try await change(.set(key: fields[0], value: fields[1])) { slot, _ in Answers.slot(slot) }
        case .setInPath(let key, let value):
            return try await change(.set(key: key, value: value)) { slot, _ in Answers.slot(slot) }
        case .put(let key):
            let value = try await bodies.read(request, most: Command.longestValue, willContinue)
            return try await change(.set(key: key, value: value)) { slot, _ in Answers.slot(slot) }
        case .get(let key, let consistency):
            return try await get(key, consistency, for: request.headers)
        case .delete(let key):
            return try await delete(key)
        case .deleteByBody:
            return try await delete(fields(["key"], of: request, willContinue)[0])
        case .noOp:
            guard service.hasRoom else { throw HTTPFailure.diskFull }
            return try await applied(.noOp) { slot, _ in Answers.slot(slot) }
        case .entries(let first, let limit):
            let pieces = try await service.entries(
                from: first, limit: limit, compressed: Gzip.isAccepted(by: request.headers))
            return Answers.stream(pieces, type: "application/x-ndjson")
        case .encodedEntries(let first, let limit):
            let entries = try await service.encodedEntries(
                first...Route.lastSlot, limit: limit ?? .max, bytes: EncodedEntries.mostBytes)
            return Answers.encoded(entries)
        case .entriesDigest(let slots):
            return Answers.json(.ok, try await digest(of: slots))
        case .block(let slot):
            return Answers.json(.ok, try await service.block(holding: slot).json)
        case .files(let slot):
            return Answers.document(try await service.files(from: slot).json, for: request.headers)
        case .file(let file):
            return Answers.file(try await service.file(file), for: request.headers)
        case .print(let name):
            try await service.printLog(to: name)
            return Answers.json(.ok, .object([("FileName", .string(name))]))
        case .status:
            return Answers.document(await service.status().json, for: request.headers)
        case .metrics:
            NodeMetrics.note(await service.status())
            return Answers.document(
                service.exposition(), type: "text/plain; version=0.0.4; charset=utf-8", for: request.headers)
        case .health:
            return try await health()
        case .root:
            guard Answers.wantsHTML(request.headers) else {
                return Answers.text(await service.cluster().text)
            }
            return StatusPage.page.response(for: request.headers)
        case .cluster:
            return Answers.document(await service.cluster().json, for: request.headers)
        case .configuration:
            return Answers.document(service.configurationJSON(), for: request.headers)
        case .snapshot:
            guard service.hasRoom else { throw HTTPFailure.diskFull }
            return try await applied(.seal) { slot, _ in Answers.slot(slot) }
        case .compact:
            return Answers.json(.ok, .object([("firstSlot", .number(await service.compact().rawValue))]))
        case .crash:
            guard allowsCrash else {
                throw HTTPFailure(.forbidden, "forbidden", "the node was started without --allow-crash")
            }
            service.crash()
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

    private func get(
        _ key: [UInt8], _ consistency: Route.Consistency, for headers: HTTPFields
    ) async throws -> Response {
        guard !key.isEmpty else { throw HTTPFailure(CommandError.emptyKey) }
        guard key.count <= Command.longestKey else { throw HTTPFailure(CommandError.keyTooLong(key.count)) }
        switch await service.ask(consistency == .local ? .readLocal(key: key) : .read(key: key)) {
        case .value(let stored?, let through):
            guard Answers.wantsJSON(headers) else { return Answers.bytes(stored, slot: through, for: headers) }
            return Answers.json(
                .ok,
                .object([
                    JSONValue.field("key", key), JSONValue.field("value", stored.value),
                    ("slot", .number(stored.modified.rawValue)),
                ]), slot: through)
        case .value(nil, let through):
            return Answers.failure(
                HTTPFailure(.notFound, "not found", "no value is stored under this key"), slot: through)
        case .refused(.sessionExpired), .unknown:
            throw HTTPFailure.unavailable("no majority answered in time")
        case .refused(let refusal): throw HTTPFailure(refusal)
        case .applied: preconditionFailure("a read is never answered like a command")
        }
    }

    // MARK: The log

    /// Of as many entries as a node is willing to read for it.
    private func digest(of slots: ClosedRange<Slot>) async throws(HTTPFailure) -> JSONValue {
        let entries = try await service.encodedEntries(slots, limit: .max, bytes: EncodedEntries.mostDigested)
        guard let last = EntryView.last(in: entries.bytes)?.slot else {
            throw HTTPFailure(.notFound, "not found", "slot \(slots.lowerBound) is not applied here")
        }
        let digest = entries.bytes.withUnsafeBytes { ChainDigest.start.followed(by: $0) }
        return .object([
            ("from", .number(slots.lowerBound.rawValue)), ("to", .number(last.rawValue)),
            ("digest", .string("\(digest)")),
        ])
    }

    private func health() async throws -> Response {
        if let reason = await service.unhealthyReason() { throw HTTPFailure.unavailable(reason) }
        return Answers.json(.ok, .object([("status", .string("ok"))]))
    }

    /// The fields of a body, each given as text under its name, or in base64 under its name with `_base64` behind it.
    private func fields(
        _ names: [String], of request: Hummingbird.Request, _ willContinue: () async throws -> Void
    ) async throws -> [[UInt8]] {
        let body = try await bodies.read(request, most: BodyReader.longestJSON, willContinue)
        let found = try JSONFields.strings(names + names.map { $0 + "_base64" }, in: body)
        return try names.indices.map { index throws(HTTPFailure) in
            let name = names[index]
            switch (found[index], found[names.count + index]) {
            case (let text?, nil): return text
            case (nil, let encoded?):
                guard let bytes = Base64.decode(encoded) else {
                    throw .badRequest("the field '\(name)_base64' is not base64, with its padding and without spaces")
                }
                return bytes
            case (nil, nil): throw .badRequest("the field '\(name)' is missing")
            case (_?, _?): throw .badRequest("the fields '\(name)' and '\(name)_base64' are there both")
            }
        }
    }
}

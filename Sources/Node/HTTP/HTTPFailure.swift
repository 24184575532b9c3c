// An answer that is not what was asked for: the status, one word for programs, one sentence for people.

import HTTPTypes
import Hummingbird
import NIOCore
import Paxos
import Replication
import StateMachine

struct HTTPFailure: Error, Equatable {
    var status: HTTPResponse.Status
    var error: String
    var reason: String
    /// After how many seconds it makes sense to ask again.
    var retryAfter: Int?
    /// The methods that the route knows, where another was used.
    var allow: String?

    init(_ status: HTTPResponse.Status, _ error: String, _ reason: String, retryAfter: Int? = nil, allow: String? = nil)
    {
        self.status = status
        self.error = error
        self.reason = reason
        self.retryAfter = retryAfter
        self.allow = allow
    }

    /// What the client reads.
    var body: ByteBuffer {
        var body = ByteBuffer()
        JSONValue.object([("error", .string(error)), ("reason", .string(reason))]).write(to: &body)
        return body
    }

    static func badRequest(_ reason: String) -> HTTPFailure { HTTPFailure(.badRequest, "bad request", reason) }

    static func tooLarge(_ reason: String) -> HTTPFailure { HTTPFailure(.contentTooLarge, "too large", reason) }

    static func noRoute(_ path: some StringProtocol) -> HTTPFailure {
        HTTPFailure(.notFound, "not found", "there is no route \(path.prefix(200)); a key's / is written %2F")
    }

    static func unavailable(_ reason: String) -> HTTPFailure {
        HTTPFailure(.serviceUnavailable, "unavailable", reason, retryAfter: 1)
    }

    static func overloaded(_ reason: String) -> HTTPFailure {
        HTTPFailure(.serviceUnavailable, "overloaded", reason, retryAfter: 1)
    }

    static let diskFull = HTTPFailure(
        HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), "disk full",
        "this node's disk is full; nothing was done", retryAfter: 10)

    static func compacted(_ first: Slot) -> HTTPFailure {
        HTTPFailure(.gone, "compacted", "the log of this node begins with slot \(first)")
    }

    static func printFailed(_ reason: String) -> HTTPFailure {
        HTTPFailure(.internalServerError, "print failed", reason)
    }

    static let outcomeUnknown = HTTPFailure(
        .serviceUnavailable, "outcome unknown",
        "no majority answered in time: the command may have been carried out, or may yet be", retryAfter: 1)

    init(_ refusal: Refusal) {
        switch refusal {
        case .unavailable:
            self = .unavailable("no leader, or no majority, could be reached in time; nothing was done")
        case .overloaded:
            self = .overloaded("too many requests are under way on this node; nothing was done")
        case .stopping:
            self = HTTPFailure(
                .serviceUnavailable, "stopping", "this node is stopping; nothing was done", retryAfter: 1)
        case .diverged(let slot):
            self = HTTPFailure(
                .serviceUnavailable, "diverged",
                "this node's state is not the others', as a checkpoint of slot \(slot) has shown; nothing was done",
                retryAfter: 1)
        case .sessionExpired:
            // The nodes have forgotten whether an earlier sending of the same command came through.
            self = .outcomeUnknown
        }
    }

    /// A command that can't be: an unfit key is a mistake, a long value is merely too much.
    init(_ error: CommandError) {
        switch error {
        case .valueTooLong, .tooLong: self = .tooLarge(error.description)
        default: self = .badRequest(error.description)
        }
    }
}

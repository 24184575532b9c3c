// What clients are told while a node reads its folder, and that they come to the node when it is there.

import HTTPTypes
import Hummingbird
import NIOConcurrencyHelpers
import NIOCore
import Paxos
import Testing

@testable import Node

@Suite struct OpeningResponderTests {
    private let progress = OpeningProgress()

    private func responder(_ audiences: Set<Route.Audience> = [.clients, .operators]) -> OpeningResponder<FakeService> {
        OpeningResponder(id: NodeID(1), progress: progress, audiences: audiences)
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, to responder: OpeningResponder<FakeService>
    ) async throws -> (status: Int, text: String, retryAfter: String?) {
        let request = Hummingbird.Request(
            head: HTTPRequest(method: method, scheme: "http", authority: "n", path: path),
            body: RequestBody(buffer: ByteBuffer()))
        let response = try await responder.respond(to: request)
        let text = try await ResponderTests.text(of: response)
        return (response.status.code, text, response.headers[Answers.retryAfter])
    }

    @Test func healthTellsHowFarTheReplayHasCome() async throws {
        let responder = responder()
        var reply = try await send(.get, "/health", to: responder)
        #expect(reply.status == 503 && reply.retryAfter == "1")
        #expect(reply.text == #"{"error":"unavailable","reason":"opening the data folder"}"#)
        // Behind a snapshot of slot 1000.
        for (slot, percent) in [(1_001, 0), (1_431, 43), (2_000, 99), (2_001, 99)] as [(UInt64, Int)] {
            progress.note(Slot(slot), of: Slot(2_001))
            reply = try await send(.get, "/health", to: responder)
            #expect(reply.text == #"{"error":"unavailable","reason":"replaying, \#(percent)%"}"#)
        }
    }

    @Test func aReplayThatBeginsAnewIsToldAsOne() {
        progress.note(Slot(100), of: Slot(300))
        progress.note(Slot(200), of: Slot(300))
        #expect(progress.replay?.percent == 50)
        progress.note(Slot(150), of: Slot(250))
        #expect(progress.replay == OpeningProgress.Replay(first: Slot(150), through: Slot(150), end: Slot(250)))
    }

    @Test(arguments: [
        (HTTPRequest.Method.post, "/store/set"), (.get, "/store/get/k"), (.get, "/log/entries"), (.get, "/cluster"),
        (.post, "/admin/snapshot"), (.get, "/"),
    ]) func whatNeedsTheStateIsRefused(_ method: HTTPRequest.Method, _ path: String) async throws {
        progress.note(Slot(1), of: Slot(10))
        let reply = try await send(method, path, to: responder())
        #expect(reply.status == 503 && reply.retryAfter == "1" && reply.text.contains("replaying, 0%"))
    }

    @Test func whatIsKnownIsTold() async throws {
        progress.note(Slot(7), of: Slot(10))
        let status = try await send(.get, "/status", to: responder())
        #expect(status.status == 200)
        #expect(status.text == #"{"id":"n1","role":"replaying","leader":null,"appliedThrough":7,"replayThrough":10}"#)
        let metrics = try await send(.get, "/metrics", to: responder())
        #expect(metrics.status == 200)
        #expect(try await send(.head, "/status", to: responder()).text.isEmpty)
        #expect(try await send(.get, "/nowhere", to: responder()).status == 404)
        #expect(try await send(.get, "/store/set", to: responder()).status == 405)
        #expect(try await send(.post, "/admin/snapshot", to: responder([.clients])).status == 404)
    }

    @Test func theNodeAnswersAsSoonAsThereIsOne() async throws {
        let responder = responder()
        #expect(try await send(.post, "/store/nop", to: responder).status == 503)
        let service = FakeService(answer: ResponderTests.done(7))
        responder.open(Responder(service: service, allowsCrash: false))
        let reply = try await send(.post, "/store/nop", to: responder)
        #expect(reply.status == 200 && reply.text == #"{"slot":7}"#)
        #expect(try await send(.get, "/health", to: responder).status == 200)
    }
}

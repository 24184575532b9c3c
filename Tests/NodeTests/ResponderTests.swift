import HTTPTypes
import Hummingbird
import NIOConcurrencyHelpers
import NIOCore
import Paxos
import PaxosLog
import Replication
import StateMachine
import Testing

@testable import Node

/// Answers from a table, and writes down what it was asked.
struct FakeService: StoreService {
    let answer: Answer
    var hasRoom = true
    var unhealthy: String?
    let asked = NIOLockedValueBox<[Replication.Request]>([])

    func ask(_ request: Replication.Request) async -> Answer {
        asked.withLockedValue { $0.append(request) }
        return answer
    }

    func status() async -> NodeStatus { preconditionFailure("not asked for here") }
    func cluster() async -> ClusterStatus { ClusterSample.status }
    func unhealthyReason() async -> String? { unhealthy }
    func printLog(to name: String) async throws(HTTPFailure) {
        if name == "fails" { throw .printFailed("no") }
    }
    func entries(from first: Slot?, limit: Int?, compressed: Bool) async throws(HTTPFailure) -> DocumentPieces {
        let left = NIOLockedValueBox(["\(first ?? .first)\n", "\(limit ?? -1)\n"])
        return DocumentPieces(isCompressed: compressed) {
            left.withLockedValue { $0.isEmpty ? nil : ByteBuffer(string: $0.removeFirst()) }
        }
    }
    func encodedEntries(
        _ slots: ClosedRange<Slot>, limit: Int, bytes: Int
    ) async throws(HTTPFailure) -> EncodedEntries {
        EncodedEntries(bytes: LogSample.entries(from: slots.lowerBound, count: min(limit, 3)), appliedThrough: Slot(9))
    }
    func files(from slot: Slot) async throws(HTTPFailure) -> FileListing { LogSample.listing }
    func file(_ file: NodeFile) async throws(HTTPFailure) -> FileContents { LogSample.file }
    func block(holding slot: Slot) async throws(HTTPFailure) -> BlockDigest {
        guard slot > Slot(4) else { throw .compacted(Slot(5)) }
        return BlockDigest(slots: Slot(5)...Slot(7), chainDigest: .start)
    }
    func exposition() -> ByteBuffer { preconditionFailure("not asked for here") }
    func configurationJSON() -> JSONValue { .object([("id", .string(String(repeating: "n", count: 2_000)))]) }
    func compact() async -> Slot { Slot(41) }
    func crash() -> Never { preconditionFailure("not asked for here") }
}

@Suite struct ResponderTests {
    static func done(_ slot: UInt64, existed: Bool = false) -> Answer { .applied(Slot(slot), .done(existed: existed)) }

    private func send(
        _ service: FakeService, _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [],
        headers: HTTPFields = [:], bodies: BodyReader = BodyReader(),
        audiences: Set<Route.Audience> = [.clients, .operators]
    ) async throws -> (status: Int, text: String, headers: HTTPFields) {
        var fields = headers
        if !body.isEmpty, fields[.contentLength] == nil { fields[.contentLength] = "\(body.count)" }
        let request = Hummingbird.Request(
            head: HTTPRequest(method: method, scheme: "http", authority: "n", path: path, headerFields: fields),
            body: RequestBody(buffer: ByteBuffer(bytes: body)))
        let responder = Responder(service: service, bodies: bodies, audiences: audiences, allowsCrash: false)
        let response = try await responder.respond(to: request)
        return (response.status.code, try await Self.text(of: response), response.headers)
    }

    static func text(of response: Response) async throws -> String {
        let collected = Collected()
        try await response.body.write(collected)
        return String(buffer: collected.buffer.withLockedValue { $0 })
    }

    private struct Collected: ResponseBodyWriter {
        let buffer = NIOLockedValueBox(ByteBuffer())
        mutating func write(_ part: ByteBuffer) async throws {
            buffer.withLockedValue { _ = $0.writeImmutableBuffer(part) }
        }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    @Test func partOfAFileIsGiven() async throws {
        let service = FakeService(answer: Self.done(7))
        let path = "/log/files/00000000000000000001.segment"
        let whole = try await send(service, .get, path)
        #expect(whole.status == 200 && whole.text == LogSample.text)
        #expect(whole.headers[.acceptRanges] == "bytes")
        let part = try await send(service, .get, path, headers: [.range: "bytes=2-8"])
        #expect(part.status == 206 && part.text == String(LogSample.text.dropFirst(2).prefix(7)))
        #expect(part.headers[.contentRange] == "bytes 2-8/\(LogSample.text.utf8.count)")
        let head = try await send(service, .head, path)
        #expect(head.status == 200 && head.text.isEmpty)
        let behind = try await send(service, .get, path, headers: [.range: "bytes=99-"])
        #expect(behind.status == 416 && behind.text.isEmpty)
        #expect(behind.headers[.contentRange] == "bytes */\(LogSample.text.utf8.count)")
    }

    @Test func filesAreListed() async throws {
        let reply = try await send(FakeService(answer: Self.done(7)), .get, "/log/files")
        #expect(reply.status == 200)
        #expect(
            reply.text
                == #"{"node":"n2","logThrough":7,"appliedThrough":9,"segments":[{"name":"00000000000000000005.segment","firstSlot":5,"lastSlot":7,"bytes":300,"blocks":1,"rawBytes":700,"sealed":true,"chainDigest":"\#(ChainDigest.start)"}],"next":null,"snapshots":[{"name":"00000000000000000004.snapshot","slot":4,"bytes":88}]}"#
        )
    }

    @Test func blockIsFoundByItsSlot() async throws {
        let service = FakeService(answer: Self.done(7))
        let block = try await send(service, .get, "/log/block?slot=6")
        #expect(block.text == #"{"firstSlot":5,"lastSlot":7,"chainDigest":"\#(ChainDigest.start)"}"#)
        #expect(try await send(service, .get, "/log/block?slot=4").status == 410)
    }

    @Test func entriesComeAsTheLogHasThem() async throws {
        let service = FakeService(answer: Self.done(7))
        let reply = try await send(service, .get, "/log/entries/encoded?from=6&limit=2")
        #expect(reply.status == 200 && reply.headers[Answers.paxosSlot] == "9")
        #expect(reply.text == String(decoding: LogSample.entries(from: Slot(6), count: 2), as: UTF8.self))
        let digest = try await send(service, .get, "/log/entries/digest?from=6&to=8")
        let expected = LogSample.entries(from: Slot(6), count: 3).withUnsafeBytes { ChainDigest.start.followed(by: $0) }
        #expect(digest.text == #"{"from":6,"to":8,"digest":"\#(expected)"}"#)
    }

    @Test func filesAreForOperators() async throws {
        let service = FakeService(answer: Self.done(7))
        for path in ["/log/files", "/log/files/identity.json", "/log/block?slot=6"] {
            #expect(try await send(service, .get, path, audiences: [.clients]).status == 404)
            #expect(try await send(service, .get, path, audiences: [.operators]).status == 200)
        }
        for audience in [Route.Audience.clients, .operators] {
            #expect(try await send(service, .get, "/log/entries/encoded?from=1", audiences: [audience]).status == 200)
        }
    }

    @Test func setAnswersItsSlot() async throws {
        let service = FakeService(answer: Self.done(7))
        let reply = try await send(service, .post, "/store/set/", body: Array(#"{"key":"k","value":"v"}"#.utf8))
        #expect(reply.status == 200 && reply.text == #"{"slot":7}"#)
        #expect(reply.headers[.contentType] == "application/json" && reply.headers[Answers.paxosSlot] == "7")
        guard case .command(let bytes)? = service.asked.withLockedValue({ $0 }).first else {
            Issue.record("a command is asked for")
            return
        }
        #expect(try Command(decoding: bytes.span.bytes) == .set(key: [0x6B], value: [0x76]))
    }

    @Test func deleteSaysWhetherThereWasOne() async throws {
        let service = FakeService(answer: Self.done(8, existed: true))
        for reply in try await [
            send(service, .delete, "/store/a%2Fb"),
            send(service, .post, "/store/delete", body: Array(#"{"key":"a/b"}"#.utf8)),
        ] { #expect(reply.status == 200 && reply.text == #"{"slot":8,"existed":true}"#) }
        for request in service.asked.withLockedValue({ $0 }) {
            guard case .command(let bytes) = request else { continue }
            #expect(try Command(decoding: bytes.span.bytes) == .delete(key: Array("a/b".utf8)))
        }
    }

    @Test func valueIsAnsweredAsItIsOrAsJSON() async throws {
        let stored = StoredValue(value: [0x76, 0xFF], created: Slot(3), modified: Slot(5))
        let service = FakeService(answer: .value(stored, appliedThrough: Slot(9)))
        let plain = try await send(service, .get, "/store/get/k", headers: [.accept: "*/*"])
        #expect(plain.status == 200 && plain.headers[Answers.paxosSlot] == "9")
        #expect(plain.headers[.contentType] == "application/octet-stream")
        let json = try await send(
            service, .get, "/store/get/k", headers: [.accept: "text/html, Application/JSON;q=0.9"])
        #expect(json.text == #"{"key":"k","value_base64":"dv8=","slot":5}"#)
        let refused = try await send(service, .get, "/store/get/k", headers: [.accept: "application/json;q=0"])
        #expect(refused.headers[.contentType] == "application/octet-stream")
        _ = try await send(service, .get, "/store/get/k?consistency=local")
        guard case .readLocal(let key)? = service.asked.withLockedValue({ $0 }).last else {
            Issue.record("a local read is asked for")
            return
        }
        #expect(key == [0x6B])
    }

    /// What the node says, and what the client hears: status, word, and whether to ask again.
    static let refusals: [(Answer, Int, String)] = [
        (.refused(.unavailable), 503, "unavailable"), (.refused(.overloaded), 503, "overloaded"),
        (.refused(.stopping), 503, "stopping"), (.refused(.diverged(Slot(7))), 503, "diverged"),
        (.refused(.sessionExpired), 503, "outcome unknown"),
        (.unknown, 503, "outcome unknown"), (.applied(Slot(1), .sessionExpired), 503, "outcome unknown"),
    ]

    @Test(arguments: refusals) func whatWasNotDoneIsNever200(
        _ answer: Answer, _ status: Int, _ word: String
    ) async throws {
        let reply = try await send(FakeService(answer: answer), .get, "/store/nop")
        #expect(reply.status == status && reply.text.hasPrefix(#"{"error":"\#(word)","reason":""#))
        #expect(reply.headers[Answers.retryAfter] == "1")
    }

    @Test func valueMayBeInPathOrBodyOrBase64() async throws {
        let expected = Command.set(key: [0x61, 0x2F, 0xFF], value: [0x00, 0xFF])
        let service = FakeService(answer: Self.done(7))
        let replies = try await [
            send(service, .get, "/store/set/a%2F%ff/%00%FF"), send(service, .put, "/store/a%2f%FF", body: [0, 0xFF]),
            send(
                service, .post, "/store/set", body: Array(#"{"key_base64":"YS//","value_base64":"AP8="}"#.utf8)),
        ]
        for reply in replies { #expect(reply.status == 200 && reply.text == #"{"slot":7}"#) }
        let asked = service.asked.withLockedValue { $0 }
        #expect(asked.count == 3)
        for request in asked {
            guard case .command(let bytes) = request else { continue }
            #expect(try Command(decoding: bytes.span.bytes) == expected)
        }
    }

    @Test(arguments: [
        (#"{"key":"k","value_base64":"AP8"}"#, "not base64"), (#"{"key":"k","value_base64":"A P8="}"#, "not base64"),
        (#"{"key":"k","value":"v","value_base64":"AP8="}"#, "there both"),
        (#"{"key":"k","value_base64":7}"#, "must be a string"),
    ])
    func wrongBase64IsRefused(_ body: String, _ reason: String) async throws {
        let reply = try await send(FakeService(answer: Self.done(1)), .post, "/store/set", body: Array(body.utf8))
        #expect(reply.status == 400 && reply.text.contains(reason), "\(reply.text)")
    }

    @Test func rawValueIsBoundedByItsOwnLength() async throws {
        let service = FakeService(answer: Self.done(1))
        let longest = [UInt8](repeating: 1, count: Command.longestValue)
        #expect(try await send(service, .put, "/store/k", body: longest).status == 200)
        #expect(try await send(service, .put, "/store/k", body: longest + [1]).status == 413)
        #expect(service.asked.withLockedValue { $0.count } == 1)
    }

    @Test func headIsAnsweredLikeGetWithoutItsBody() async throws {
        let stored = StoredValue(value: [1, 2, 3], created: Slot(3), modified: Slot(5))
        let reply = try await send(FakeService(answer: .value(stored, appliedThrough: Slot(9))), .head, "/store/get/k")
        #expect(reply.status == 200 && reply.text.isEmpty)
        #expect(reply.headers[.contentLength] == "3" && reply.headers[.eTag] == "\"5\"")
    }

    static let ranges: [(HTTPFields, Int, String, String?)] = [
        ([.range: "bytes=1-2"], 206, "bc", "bytes 1-2/4"), ([.range: "bytes=-1"], 206, "d", "bytes 3-3/4"),
        ([.range: "bytes=2-"], 206, "cd", "bytes 2-3/4"), ([.range: "bytes=4-"], 416, "", "bytes */4"),
        ([.range: "lines=1-2"], 200, "abcd", nil), ([.range: "bytes=0-0,2-2"], 200, "abcd", nil),
        ([.range: "bytes=1-2", .ifRange: "\"5\""], 206, "bc", "bytes 1-2/4"),
        ([.range: "bytes=1-2", .ifRange: "\"4\""], 200, "abcd", nil), ([.ifNoneMatch: "\"4\""], 200, "abcd", nil),
        ([.ifNoneMatch: "\"4\", W/\"5\""], 304, "", nil), ([.ifNoneMatch: "*"], 304, "", nil),
    ]

    @Test(arguments: ranges) func partOfValueIsAnswered(
        _ headers: HTTPFields, _ status: Int, _ text: String, _ range: String?
    ) async throws {
        let stored = StoredValue(value: Array("abcd".utf8), created: Slot(3), modified: Slot(5))
        let service = FakeService(answer: .value(stored, appliedThrough: Slot(9)))
        let reply = try await send(service, .get, "/store/get/k", headers: headers)
        #expect(reply.status == status && reply.text == text && reply.headers[.contentRange] == range)
    }

    @Test func entriesAreStreamed() async throws {
        let service = FakeService(answer: .unknown)
        let reply = try await send(service, .get, "/log/entries?from=3&limit=4")
        #expect(reply.status == 200 && reply.text == "3\n4\n" && reply.headers[.contentEncoding] == nil)
        #expect(reply.headers[.contentType] == "application/x-ndjson")
        let compressed = try await send(service, .get, "/log/entries", headers: [.acceptEncoding: "br, gzip;q=0.5"])
        #expect(compressed.headers[.contentEncoding] == "gzip")
    }

    @Test func documentIsCompressedForWhoTakesIt() async throws {
        let service = FakeService(answer: .unknown)
        let plain = try await send(service, .get, "/admin/configuration", headers: [.acceptEncoding: "gzip;q=0"])
        #expect(plain.text.utf8.count > 2_000 && plain.headers[.vary] == "Accept-Encoding")
        let packed = try await send(service, .get, "/admin/configuration", headers: [.acceptEncoding: "gzip"])
        #expect(packed.headers[.contentEncoding] == "gzip" && Int(packed.headers[.contentLength] ?? "") ?? 9_999 < 200)
    }

    @Test func routesOfOperatorsAreServedWhereTheyAre() async throws {
        let service = FakeService(answer: Self.done(1))
        for path in ["/crash", "/log/print/x", "/admin/configuration"] {
            let reply = try await send(service, .get, path, audiences: [.clients])
            #expect(reply.status == 404 && reply.text.contains("--admin"))
        }
        #expect(try await send(service, .get, "/admin/configuration", audiences: [.operators]).status == 200)
        #expect(try await send(service, .get, "/store/nop", audiences: [.operators]).status == 404)
        #expect(try await send(service, .get, "/health", audiences: [.operators]).status == 200)
        #expect(service.asked.withLockedValue { $0.isEmpty })
    }

    @Test func absentKeyIs404() async throws {
        let reply = try await send(FakeService(answer: .value(nil, appliedThrough: Slot(4))), .get, "/store/get/k")
        #expect(reply.status == 404 && reply.headers[Answers.paxosSlot] == "4")
    }

    static let bodies: [(body: String, status: Int, reason: String)] = [
        ("", 400, "not a JSON object"), (#"{"key":"k"}"#, 400, "'value' is missing"),
        (#"{"value":"v"}"#, 400, "'key' is missing"), (#"{"key":1,"value":"v"}"#, 400, "not a number"),
        (#"{"key":"","value":"v"}"#, 400, "at least one byte"),
        (#"{"key":"\#(String(repeating: "k", count: 4097))","value":"v"}"#, 400, "4097"),
        (#"{"key":"k","value":"\#(String(repeating: "v", count: (1 << 20) + 1))"}"#, 413, "1048577"),
        (String(repeating: " ", count: 7 << 20), 413, "longer"),
    ]

    @Test(arguments: bodies) func wrongBodyGetsItsStatus(_ body: String, _ status: Int, _ reason: String) async throws {
        let service = FakeService(answer: Self.done(1))
        for headers: HTTPFields in [[:], [.transferEncoding: "chunked", .contentLength: "1"]] {
            let reply = try await send(service, .post, "/store/set", body: Array(body.utf8), headers: headers)
            #expect(reply.status == status && reply.text.contains(reason), "\(reply.text.prefix(200))")
        }
        #expect(service.asked.withLockedValue { $0.isEmpty }, "nothing was proposed")
    }

    @Test func longestKeyAndValueFullyEscapedAreTaken() async throws {
        let body =
            #"{"key":"\#(String(repeating: "\\u0000", count: 4096))","value":"\#(String(repeating: "\\u0001", count: 1 << 20))"}"#
        let reply = try await send(FakeService(answer: Self.done(1)), .post, "/store/set", body: Array(body.utf8))
        #expect(reply.status == 200)
    }

    @Test func fullDiskRefusesWritesAndServesReads() async throws {
        var service = FakeService(answer: .value(nil, appliedThrough: Slot(1)))
        service.hasRoom = false
        #expect(try await send(service, .delete, "/store/k").status == 507)
        #expect(try await send(service, .post, "/store/nop").status == 507)
        #expect(try await send(service, .get, "/store/get/k").status == 404)
    }

    @Test func memoryOfBodiesIsBounded() async throws {
        let budget = BodyReader(mostBytes: 30)
        let service = FakeService(answer: Self.done(1))
        let body = Array(#"{"key":"k","value":"v"}"#.utf8)
        #expect(try await send(service, .post, "/store/set", body: body, bodies: budget).status == 200)
        #expect(budget.reserve(20))
        #expect(try await send(service, .post, "/store/set", body: body, bodies: budget).status == 503)
        budget.release(20)
        #expect(try await send(service, .post, "/store/set", body: body, bodies: budget).status == 200)
    }

    @Test func otherRoutes() async throws {
        let service = FakeService(answer: Self.done(1))
        #expect(try await send(service, .get, "/crash").status == 403)
        #expect(try await send(service, .get, "/health").status == 200)
        let ill = try await send(FakeService(answer: .unknown, unhealthy: "no leader"), .get, "/health")
        #expect(ill.status == 503 && ill.text.contains("no leader"))
        #expect(try await send(service, .get, "/log/print/dump").text == #"{"FileName":"dump"}"#)
        #expect(try await send(service, .get, "/log/print/fails").status == 500)
        let wrongMethod = try await send(service, .get, "/store/set")
        #expect(wrongMethod.status == 405 && wrongMethod.headers[.allow] == "POST")
    }

    @Test func rootSpeaksHTMLToBrowsersAndTextToOthers() async throws {
        let service = FakeService(answer: Self.done(1))
        let plain = try await send(service, .get, "/", headers: [.accept: "*/*"])
        #expect(plain.status == 200 && plain.headers[.contentType] == "text/plain; charset=utf-8")
        #expect(plain.text == ClusterSample.status.text)
        #expect(try await send(service, .get, "/").text == plain.text)
        let browser: HTTPFields = [.accept: "text/html,application/xhtml+xml,*/*;q=0.8"]
        let page = try await send(service, .get, "/", headers: browser)
        #expect(page.status == 200 && page.headers[.contentType] == "text/html; charset=utf-8")
        #expect(page.text.hasPrefix("<!doctype html>") && page.headers[.vary] == "Accept, Accept-Encoding")
        var again = browser
        again[.ifNoneMatch] = page.headers[.eTag]
        let known = try await send(service, .get, "/", headers: again)
        #expect(known.status == 304 && known.text.isEmpty)
        let json = try await send(service, .get, "/cluster", headers: browser)
        #expect(json.headers[.contentType] == "application/json" && json.text.hasPrefix(#"{"node":"n1","#))
    }

    @Test func dateIsThatOfTheStandard() { #expect(HTTPDate.text(of: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT") }
}

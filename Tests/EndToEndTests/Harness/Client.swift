// A client of one node's HTTP port. It never sends a request twice by itself.

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

struct Client: Sendable {
    let port: Int

    enum Method: String {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    struct Reply: Sendable {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as a JSON object; empty when it is none.
        var json: [String: any Sendable] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: any Sendable] ?? [:]
        }

        var slot: Int? { json["slot"] as? Int }
    }

    /// Enough connections for a thousand requests at once.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 400
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    func send(
        _ method: Method, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = [],
        seconds: Int64 = 20
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = HTTPMethod(rawValue: method.rawValue)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(body) }
        let response = try await Client.http.execute(request, timeout: .seconds(seconds))
        var bytes: [UInt8] = []
        for try await part in response.body { bytes.append(contentsOf: part.readableBytesView) }
        var found: [String: String] = [:]
        for header in response.headers { found[header.name.lowercased()] = header.value }
        return Reply(status: Int(response.status.code), headers: found, body: bytes)
    }

    func get(_ path: String) async throws -> Reply { try await send(.get, path) }

    /// Any method's body as JSON.
    func post(_ path: String, _ fields: [String: String]) async throws -> Reply {
        let body = try JSONSerialization.data(withJSONObject: fields)
        return try await send(.post, path, body: Array(body), headers: [("Content-Type", "application/json")])
    }

    func set(_ key: String, _ value: String) async throws -> Reply {
        try await post("/store/set", ["key": key, "value": value])
    }

    /// - Parameter consistency: "local" for the node's own state.
    func value(_ key: String, consistency: String? = nil) async throws -> Reply {
        try await get("/store/get/\(Client.encoded(key))" + (consistency.map { "?consistency=\($0)" } ?? ""))
    }

    func delete(_ key: String) async throws -> Reply { try await send(.delete, "/store/\(Client.encoded(key))") }

    func status() async throws -> [String: any Sendable] { try await get("/status").json }

    /// Every byte but letters and digits as `%` and two digits.
    static func encoded(_ key: String) -> String {
        key.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80, scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal {
                return String(Character(scalar))
            }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

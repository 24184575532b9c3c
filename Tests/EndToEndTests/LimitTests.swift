// What a node does when a client takes more than its share: it says so at once, and serves the others.

import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized) struct Limits {
        private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

        @Test(.timeLimit(.minutes(3))) func headersWithoutEndAre431() async throws {
            try await Cluster.run(of: 1) { cluster in
                for start in ["GET /status HTTP/1.1\r\nHost: n\r\nX: ", "GET /store/get/"] {
                    let connection = try RawConnection(port: cluster.httpPorts[0])
                    connection.send(Array((start + String(repeating: "x", count: 80_000)).utf8))
                    let answer = text(try await connection.receiveAll())
                    #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(answer.prefix(200))")
                    #expect(answer.contains("headers too large"))
                }
                #expect(try await cluster.client(0).set("k", "v").status == 200)
            }
        }

        @Test(.timeLimit(.minutes(3))) func oneConnectionTooManyIs503() async throws {
            try await Cluster.run(of: 1, extraArguments: ["--max-connections", "3"]) { cluster in
                let refused = try await refusal(by: cluster.httpPorts[0], open: 0)
                #expect(refused.contains("overloaded") && refused.lowercased().contains("connection: close"))
                try await eventually("the node takes connections again") {
                    try await cluster.client(0).set("k", "v").status == 200
                }
            }
        }

        /// Opens connections until one is refused; each stays open until then. The test's own client has some too.
        private func refusal(by port: Int, open: Int) async throws -> String {
            try #require(open <= 3)
            let connection = try RawConnection(port: port)
            connection.send(Array("GET /store/nop HTTP/1.1\r\nHost: n\r\n\r\n".utf8))
            let answer = try await eventually("an answer comes") { () -> String? in
                let part = connection.receive()
                return part?.isEmpty == true ? nil : text(part ?? [])
            }
            if answer.hasPrefix("HTTP/1.1 503 ") { return answer }
            #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
            let refused = try await refusal(by: port, open: open + 1)
            #expect(connection.receive() != nil, "who is inside stays")
            return refused
        }

        @Test(.timeLimit(.minutes(3))) func slowRequestIs408() async throws {
            try await Cluster.run(of: 1, extraArguments: ["--client-timeout", "0.5"]) { cluster in
                let connection = try RawConnection(port: cluster.httpPorts[0])
                connection.send(Array("PUT /store/k HTTP/1.1\r\nHost: n\r\nContent-Length: 9\r\n\r\nvalu".utf8))
                let answer = text(try await connection.receiveAll())
                #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
                #expect(try await cluster.client(0).value("k").status == 404)
            }
        }

        @Test(.timeLimit(.minutes(3))) func answerThatIsNotTakenEndsTheConnection() async throws {
            try await Cluster.run(of: 1, extraArguments: ["--client-timeout", "0.5"]) { cluster in
                let client = cluster.client(0)
                let value = [UInt8](repeating: 7, count: 1 << 20)
                #expect(try await client.send(.put, "/store/k", body: value).status == 200)
                let connection = try RawConnection(port: cluster.httpPorts[0])
                let asked = 100
                for _ in 0..<asked { connection.send(Array("GET /store/get/k HTTP/1.1\r\nHost: n\r\n\r\n".utf8)) }
                // What is buffered on the way is taken only when the node has given the connection up.
                try await eventually("the node closes the connection") {
                    try await client.status().connections == 1
                }
                let received = try await connection.receiveAll()
                #expect(received.count < asked << 20)
            }
        }

        @Test(.timeLimit(.minutes(3))) func requestsBeyondTheBoundAreRefusedAtOnce() async throws {
            let arguments = ["--max-requests", "4", "--request-timeout", "3"]
            try await Cluster.run(of: 3, extraArguments: arguments) { cluster in
                try await cluster.kill(1)
                try await cluster.kill(2)
                let client = cluster.client(0)
                let replies = try await concurrently(10) { try await client.set("k\($0)", "v") }
                #expect(replies.allSatisfy { $0.status == 503 && $0.headers["retry-after"] != nil })
                let refused = replies.count { $0.json["error"] as? String == "overloaded" }
                #expect(refused == 6, "\(replies.map(\.text))")
                #expect(try await client.get("/status").status == 200)
            }
        }
    }
}

extension [String: any Sendable] {
    /// Of /status: how many connections of clients are open.
    fileprivate var connections: Int? {
        let budgets = self["budgets"] as? [String: any Sendable]
        return (budgets?["connections"] as? [String: any Sendable])?["used"] as? Int
    }
}

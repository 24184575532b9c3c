import Foundation
import Testing

extension EndToEnd {
    /// The process itself: how it starts, ends, and takes what nobody should send it.
    @Suite(.serialized) struct Process {
        private static func port() -> Int { FreePorts.take(1)[0] }

        /// Wrong arguments, and the status that they end with.
        static let wrong: [(arguments: [String], status: Int32)] = [
            (["--no-such-flag"], 64),
            (["--id", "n0"], 64),
            (["--id", "0", "--data", "DATA", "--http", "127.0.0.1:HTTP"], 64),
            (["--id", "n0", "--data", "DATA", "--http", "nonsense"], 64),
            (["--id", "n0", "--data", "DATA", "--http", "127.0.0.1:99999"], 64),
            (
                [
                    "--id", "n0", "--data", "DATA", "--http", "127.0.0.1:HTTP", "--listen", "127.0.0.1:PEER", "--peers",
                    "n1=127.0.0.1:1,n2=127.0.0.1:2",
                ], 64
            ),
            (
                [
                    "--id", "n0", "--data", "DATA", "--http", "127.0.0.1:HTTP", "--listen", "127.0.0.1:PEER", "--peers",
                    "n0=127.0.0.1:PEER,n0=127.0.0.1:2",
                ], 64
            ),
            (["--id", "n0", "--data", "DATA", "--http", "127.0.0.1:HTTP", "--log-level", "loud"], 64),
            (["--id", "n0", "--data", "/proc/no/such", "--http", "127.0.0.1:HTTP"], 78),
        ]

        @Test(.timeLimit(.minutes(1)), arguments: wrong)
        func wrongSettingsEndWithOneLine(_ arguments: [String], _ status: Int32) async throws {
            let folder = temporaryFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let (http, peer) = (Self.port(), Self.port())
            let run = try await FinishedRun(
                Programs.node,
                arguments.map {
                    $0.replacingOccurrences(of: "DATA", with: folder)
                        .replacingOccurrences(of: "HTTP", with: "\(http)")
                        .replacingOccurrences(of: "PEER", with: "\(peer)")
                }, seconds: 20)
            #expect(run.ending == .exit(status), "\(run.output)")
            #expect(run.lines.count == 1, "\(run.output)")
            #expect(!FileManager.default.fileExists(atPath: folder), "nothing is touched")
        }

        @Test(.timeLimit(.minutes(2))) func foldersOfOthersAndPortsInUseAreRefused() async throws {
            try await Cluster.run(of: 1) { cluster in
                func refused(_ changes: [String: String]) async throws -> FinishedRun {
                    var arguments = [
                        "--id": "n0", "--data": "\(cluster.folder)/other", "--http": "127.0.0.1:\(Self.port())",
                    ]
                    arguments.merge(changes) { $1 }
                    let run = try await FinishedRun(
                        Programs.node, arguments.flatMap { [$0.key, $0.value] }, seconds: 20)
                    #expect(run.ending == .exit(78), "\(changes): \(run.output)")
                    #expect(run.lines.count == 1, "\(changes): \(run.output)")
                    return run
                }
                _ = try await refused(["--data": cluster.data(0)])
                let busy = try await refused(["--http": "127.0.0.1:\(cluster.httpPorts[0])"])
                #expect(busy.output.contains("\(cluster.httpPorts[0])"))
                #expect(!FileManager.default.fileExists(atPath: "\(cluster.folder)/other/identity.json"))
                try await cluster.stop(0)
                _ = try await refused(["--data": cluster.data(0), "--id": "n1"])
                try FileManager.default.removeItem(atPath: "\(cluster.data(0))/identity.json")
                _ = try await refused(["--data": cluster.data(0)])
            }
        }

        @Test(.timeLimit(.minutes(2))) func signalToStopEndsWithZeroInTime() async throws {
            try await Cluster.run { cluster in
                let clients = cluster.all.map(cluster.client)
                let leader = try await cluster.leader()
                let result = try await Load.run(on: clients, writers: 12) { load in
                    try await eventually("writes are answered") { load.acknowledgedCount > 100 }
                    // The leader while it is busy, then the others.
                    for node in [leader, (leader + 1) % 3, (leader + 2) % 3] {
                        let started = ContinuousClock.now
                        #expect(try await cluster.stop(node) == .exit(0))
                        let taken = ContinuousClock.now - started
                        #expect(taken < .seconds(5.5), "n\(node) took \(taken)")
                    }
                }
                #expect(result.unexpected == [])
                try await cluster.startAll()
                #expect(try await differences(from: result.acknowledged, through: clients).prefix(10) == [])
            }
        }

        @Test(.timeLimit(.minutes(3))) func junkEndsThatConnectionAndNothingElse() async throws {
            try await Cluster.run { cluster in
                var random = SystemRandomNumberGenerator()
                let client = cluster.client(0)
                _ = try await client.set("k", "v")
                let junk: [[UInt8]] = [
                    Array("\r\n\r\n\0\0\0\0 junk \r\n\r\n".utf8), [UInt8](repeating: 0xFF, count: 100_000),
                    [UInt8](repeating: 0, count: 100_000), Array("GET / HTTP/9.9\r\n\r\n".utf8),
                    Array("POST /store/set HTTP/1.1\r\nHost: n\r\nContent-Length: nonsense\r\n\r\n".utf8),
                    (0..<50_000).map { _ in UInt8.random(in: .min ... .max, using: &random) },
                ]
                for port in [cluster.httpPorts[0], cluster.peerPorts[0]] {
                    for bytes in junk {
                        let connection = try RawConnection(port: port)
                        connection.send(bytes)
                        connection.finish()
                        try await eventually("port \(port) closes a connection that sends junk", seconds: 20) {
                            connection.receive() == nil
                        }
                    }
                    // One that says nothing, and stays.
                    let silent = try RawConnection(port: port)
                    #expect(try await client.set("k", "v").status == 200)
                    _ = silent.receive()
                }
                for node in cluster.all {
                    #expect(try await cluster.client(node).set("k \(node)", "v").status == 200)
                    #expect(try await cluster.client(node).value("k").text == "v")
                }
            }
        }

        @Test(.timeLimit(.minutes(2))) func wrongRequestsGetTheirStatus() async throws {
            try await Cluster.run(of: 1) { cluster in
                let client = cluster.client(0)
                let json = [("Content-Type", "application/json")]
                func post(_ body: String) async throws -> Client.Reply {
                    try await client.send(.post, "/store/set", body: Array(body.utf8), headers: json)
                }
                for body in [
                    "", "nonsense", "[]", "{}", #"{"key":"k"}"#, #"{"value":"v"}"#, #"{"key":1,"value":"v"}"#,
                    #"{"key":"k","value":null}"#, #"{"key":"","value":"v"}"#,
                    #"{"key":"\#(String(repeating: "k", count: 4097))","value":"v"}"#,
                ] {
                    let reply = try await post(body)
                    #expect(reply.status == 400, "\(body.prefix(60)): \(reply.status) \(reply.text)")
                    #expect(reply.json["error"] as? String != nil && reply.json["reason"] as? String != nil)
                }
                let longest = String(repeating: "v", count: 1 << 20)
                #expect(try await client.set("longest", longest).status == 200)
                #expect(try await client.value("longest").text == longest)
                #expect(try await client.set("longer", longest + "v").status == 413)
                #expect(try await client.set("much longer", longest + longest + longest).status == 413)
                #expect(try await client.get("/no/such/route").status == 404)
                #expect(try await client.get("/store/get/absent").status == 404)
                #expect(try await client.get("/log/print/..%2Fescape").status == 400)
                #expect(try await client.get("/log/print/identity.json").status == 400)
                #expect(try await client.post("/store/set/", ["key": "k", "value": "v"]).status == 200)
                #expect(try await client.get("/store/nop").slot != nil)
                #expect(try await client.post("/store/nop", [:]).slot != nil)
            }
        }

        private func temporaryFolder() -> String {
            FileManager.default.temporaryDirectory.appendingPathComponent("paxos-\(UUID().uuidString)").path
        }
    }
}

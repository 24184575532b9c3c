// The parts of the HTTP interface that tools of others read: streams, metrics, compression; and where they are served.

import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized) struct Interface {
        /// Where a program of this machine is, if it has it. CI must have all of them.
        private static func program(_ name: String) -> String? {
            let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        }

        private static let isCI = ProcessInfo.processInfo.environment["CI"] != nil

        /// Enough for some blocks of the log, of every kind of bytes, and an end that is in memory alone.
        private func fill(_ client: Client) async throws {
            let value = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            for number in 0..<12 {
                #expect(try await client.send(.put, "/store/block%00\(number)", body: value).status == 200)
            }
            #expect(try await client.get("/store/set/a%20%22b/%C3%A9%0A").status == 200)
            #expect(try await client.send(.put, "/store/empty", body: []).status == 200)
            #expect(try await client.delete("block\0" + "3").status == 200)
        }

        @Test(.timeLimit(.minutes(3))) func entriesAreWhatLogtoolPrints() async throws {
            try await Cluster.run { cluster in
                try await fill(cluster.client(1))
                try await cluster.waitUntilEqual()
                let printed = try await logtool("print", cluster.data(2), "--format", "json").output
                let streamed = try await cluster.client(2).get("/log/entries")
                #expect(streamed.headers["content-type"] == "application/x-ndjson")
                #expect(streamed.text == printed)
                let lines = printed.split(separator: "\n")
                #expect(lines.count > 15)
                let some = try await cluster.client(0).get("/log/entries?from=4&limit=3")
                #expect(some.text.split(separator: "\n") == Array(lines[3..<6]))
                #expect(try await cluster.client(0).get("/log/entries?from=999999").text.isEmpty)

                let packed = try await cluster.client(0).send(
                    .get, "/log/entries", headers: [("Accept-Encoding", "gzip")])
                #expect(packed.headers["content-encoding"] == "gzip" && packed.body.count < printed.utf8.count / 2)
                let url = "http://127.0.0.1:\(cluster.httpPorts[0])/log/entries"
                let unpacked = try await FinishedRun("/bin/sh", ["-c", "curl -fsS --compressed \(url)"])
                #expect(unpacked.output == printed)
            }
        }

        @Test(
            .timeLimit(.minutes(3)),
            .enabled(if: program("promtool") != nil || isCI, "promtool is in Debian's package prometheus"))
        func metricsAreWhatPrometheusReads() async throws {
            try await Cluster.run { cluster in
                for node in cluster.all { try await fill(cluster.client(node)) }
                let leader = try await cluster.leader()
                for node in cluster.all {
                    let url = "http://127.0.0.1:\(cluster.httpPorts[node])/metrics"
                    let check = try await FinishedRun("/bin/sh", ["-c", "curl -fsS \(url) | promtool check metrics"])
                    #expect(check.ending == .exit(0), "\(check.output)")
                    #expect(check.output.isEmpty, "\(check.output)")
                }
                let metrics = try await cluster.client(leader).get("/metrics").text
                for line in [
                    #"paxos_http_requests_total{route="put",status="200"} 13"#, "paxos_is_leader 1",
                    "paxos_is_healthy 1",
                ] { #expect(metrics.contains(line + "\n"), "\(line)") }
                for name in [
                    #"paxos_http_request_seconds_bucket{route="put",le="+Inf"} 13"#, "paxos_journal_batches_total",
                    "paxos_journal_write_seconds_count", "paxos_elections_started_total",
                    #"paxos_slot{state="applied"}"#, #"paxos_peer_lag_slots{peer="n"#,
                    #"paxos_queue_limit{queue="request_bytes"}"#, "paxos_log_raw_bytes_total",
                ] { #expect(metrics.contains(name), "\(name)") }
            }
        }

        @Test(.timeLimit(.minutes(3))) func partsOfValuesAndHeads() async throws {
            try await Cluster.run(of: 1) { cluster in
                let client = cluster.client(0)
                #expect(try await client.send(.put, "/store/k", body: Array("0123456789".utf8)).status == 200)
                let part = try await client.send(.get, "/store/get/k", headers: [("Range", "bytes=2-4")])
                #expect(part.status == 206 && part.text == "234" && part.headers["content-range"] == "bytes 2-4/10")
                let head = try await client.send(.head, "/store/get/k")
                #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "10")
                let tag = try #require(head.headers["etag"])
                let same = try await client.send(.get, "/store/get/k", headers: [("If-None-Match", tag)])
                #expect(same.status == 304 && same.body.isEmpty)
                for path in ["/status", "/health", "/metrics", "/log/entries"] {
                    #expect(try await client.send(.head, path).status == 200)
                }
                #expect(try await client.send(.head, "/store/nop").status == 405)
            }
        }

        @Test(.timeLimit(.minutes(3))) func operatorsAreServedAtTheirOwnAddress() async throws {
            let port = FreePorts.take(1)[0]
            let arguments = ["--admin", "127.0.0.1:\(port)", "--allow-crash"]
            try await Cluster.run(of: 1, extraArguments: arguments) { cluster in
                let operators = Client(port: port)
                for path in ["/crash", "/log/print/x", "/admin/configuration"] {
                    #expect(try await cluster.client(0).get(path).status == 404)
                }
                #expect(try await operators.get("/store/nop").status == 404)
                #expect(try await operators.get("/log/print/dump").status == 200)
                let settings = try await operators.get("/admin/configuration").json
                let admin = settings["admin"] as? [String: any Sendable]
                #expect(admin?["value"] as? String == "127.0.0.1:\(port)" && admin?["from"] as? String == "--admin")
                _ = try? await operators.get("/crash")
                #expect(try await cluster.ending(of: 0) == .exit(232))
                try await cluster.startAll()
            }
        }

        @Test(.timeLimit(.minutes(3))) func settingsComeFromAFileToo() async throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("node-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let port = FreePorts.take(1)[0]
            let file = folder.appendingPathComponent("node.json")
            let settings = #"{"id": "n7", "data": "\#(folder.path)/n7", "http": "127.0.0.1:\#(port)"}"#
            try Data(settings.utf8).write(to: file)
            let table = try await FinishedRun(
                Programs.node, ["--configuration", file.path, "--print-configuration", "--log-level", "error"])
            #expect(table.ending == .exit(0))
            #expect(table.lines.contains { $0.hasPrefix("id ") && $0.hasSuffix(#"\#(file.path): "id""#) })
            #expect(table.lines.contains { $0.hasPrefix("log-level ") && $0.hasSuffix("--log-level") })
            #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/n7"), "nothing was begun")
            let node = try ChildProcess(
                Programs.node, ["--configuration", file.path], output: "\(folder.path)/output")
            do {
                try await eventually("the node serves") { try await Client(port: port).get("/health").status == 200 }
                #expect(try await Client(port: port).status()["id"] as? String == "n7")
            } catch {
                try await node.killNow()
                throw error
            }
            node.send(SIGTERM)
            #expect(try await node.wait() == .exit(0))
        }
    }
}

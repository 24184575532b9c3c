// `logtool` on nodes that run: what it reads, follows, copies and mends from, and how much it moves for that.

import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized) struct LiveLogs {
        /// Values that compress badly, so that there is something to move.
        private func fill(_ cluster: Cluster, _ round: Int, writes: Int = 400) async throws {
            let answers = try await concurrently(writes, width: 16) { number in
                let value = (0..<1_500).map { _ in String(UInt8.random(in: 0...35), radix: 36) }.joined()
                return try await cluster.client(number % 3).set("key\(number)", "\(round)-\(value)").status
            }
            try #require(answers.allSatisfy { $0 == 200 })
        }

        private func snapshot(_ cluster: Cluster) async throws {
            let answer = try await cluster.client(0).post("/admin/snapshot", [:])
            let slot = try #require(answer.slot)
            for node in cluster.all {
                try await eventually("n\(node) has the snapshot of slot \(slot)") {
                    try FileManager.default.contentsOfDirectory(atPath: "\(cluster.data(node))/snapshots")
                        .contains { $0.hasSuffix("\(slot).snapshot") }
                }
            }
        }

        private func url(_ cluster: Cluster, _ node: Int) -> String { "http://127.0.0.1:\(cluster.httpPorts[node])" }

        private func temporaryPath() -> String {
            FileManager.default.temporaryDirectory.appendingPathComponent("live-\(UUID().uuidString)").path
        }

        @Test(.timeLimit(.minutes(4))) func runningNodesAreReadLikeFolders() async throws {
            try await Cluster.run { cluster in
                try await fill(cluster, 1)
                try await snapshot(cluster)
                try await fill(cluster, 2)
                try await cluster.waitUntilEqual()
                let urls = cluster.all.map { url(cluster, $0) }

                let verified = try await FinishedRun(Programs.logtool, ["verify"] + urls)
                #expect(verified.ending == .exit(0), "\(verified.output)")
                #expect(verified.lines.count { $0.contains(": clean: chosen through") } == 3, "\(verified.output)")

                let compared = try await FinishedRun(Programs.logtool, ["diff", "--format", "json"] + urls)
                #expect(compared.ending == .exit(0), "\(compared.output)")
                let summary = try #require(
                    try JSONSerialization.jsonObject(with: Data(compared.output.utf8)) as? [String: Any])
                let moved = try #require(summary["receivedBytes"] as? Int)
                let status = try #require(try await cluster.client(0).status()["log"] as? [String: any Sendable])
                let logBytes = try #require(status["bytes"] as? Int)
                #expect(logBytes > 500_000 && moved < 8_000, "moved \(moved) bytes for 3 logs of \(logBytes)")
                #expect(summary["agreedThrough"] as? Int ?? 0 > 800)

                let info = try await logtool("info", urls[1])
                #expect(info.ending == .exit(0), "\(info.output)")
                let printed = try await logtool("print", urls[0])
                let last = try await logtool("print", urls[2], "--reverse", "--limit", "1")
                #expect(last.lines == printed.lines.suffix(1))
                let value = try await logtool("get", "--key", "key7", "--at", "800", urls[0])
                #expect(value.ending == .exit(0) && value.lines.first?.hasPrefix("key7 ") == true, "\(value.output)")

                try await cluster.stop(2)
                let folder = cluster.data(2)
                let stopped = try await logtool("print", folder)
                #expect(printed.lines.count > 800)
                #expect(Array(stopped.lines.prefix(printed.lines.count)) == printed.lines)
                #expect(try await logtool("get", "--key", "key7", "--at", "800", folder).lines[0] == value.lines[0])
                let mixed = try await logtool("diff", folder, urls[0])
                #expect(mixed.ending == .exit(0), "\(mixed.output)")
                func figure(_ text: String, _ name: String) -> String? {
                    text.split(separator: "\n").first { $0.contains("  \(name)  ") }.map(String.init)
                }
                let folderInfo = try await logtool("info", folder)
                for name in ["cluster", "raw bytes", "stored bytes", "blocks", "segments", "first entry"] {
                    #expect(figure(info.output, name) == figure(folderInfo.output, name))
                }

                // Mended from a node that runs.
                let segment = try #require(
                    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/log").sorted().first)
                let whole = try Data(contentsOf: URL(filePath: "\(folder)/log/\(segment)"))
                try await cluster.flip(2, "log/\(segment)")
                #expect(try await logtool("verify", folder).ending == .exit(1))
                let plan = try await logtool("repair", folder, "--from", urls[0], "--dry-run")
                #expect(plan.ending == .exit(1) && plan.output.contains("to be mended"), "\(plan.output)")
                let repaired = try await logtool("repair", folder, "--from", urls[0])
                #expect(repaired.ending == .exit(0), "\(repaired.output)")
                #expect(try Data(contentsOf: URL(filePath: "\(folder)/log/\(segment)")) == whole)
                #expect(try await logtool("verify", folder).ending == .exit(0))
            }
        }

        @Test(.timeLimit(.minutes(2))) func nodeThatIsNotThereIsSaid() async throws {
            let nobody = "http://127.0.0.1:\(FreePorts.take(1)[0])"
            for words in [["verify"], ["info"], ["print"], ["tail"], ["diff", nobody]] {
                let run = try await FinishedRun(Programs.logtool, words + [nobody])
                #expect(run.ending == .exit(66))
                #expect(run.lines == ["logtool: \(nobody): Connection refused"])
            }
            let backup = try await logtool("backup", nobody, "--to", temporaryPath())
            #expect(backup.ending == .exit(66))
            for words in [["repair", nobody, "--from", nobody], ["compact", nobody]] {
                #expect(try await FinishedRun(Programs.logtool, words).ending == .exit(64))
            }
        }

        @Test(.timeLimit(.minutes(4))) func runningNodeIsFollowed() async throws {
            try await Cluster.run(extraArguments: ["--keep-segments", "1"]) { cluster in
                try await fill(cluster, 1, writes: 100)
                let file = temporaryPath()
                defer { try? FileManager.default.removeItem(atPath: file) }
                let tail = try ChildProcess(
                    Programs.logtool, ["tail", url(cluster, 1), "--from", "1"], output: file)
                func slots() -> [Int] {
                    String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
                        .split(separator: "\n").filter { $0.contains(" chosen ") }
                        .compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
                }
                func wait() async throws {
                    let applied = try #require(try await cluster.client(1).status()["appliedThrough"] as? Int)
                    try await eventually("slot \(applied) is printed") { slots().last ?? 0 >= applied }
                }
                try await wait()
                // Two segments end, and the node is away in between.
                try await snapshot(cluster)
                try await cluster.stop(1)
                try await cluster.start(1)
                try await cluster.waitUntilHealthy(1)
                try await fill(cluster, 2, writes: 100)
                try await wait()
                for round in 3...4 {
                    try await snapshot(cluster)
                    try await fill(cluster, round, writes: 50)
                }
                try await wait()
                tail.send(SIGTERM)
                #expect(try await tail.wait() == .exit(0))
                let printed = slots()
                #expect(printed == Array(1...printed.count))
                try await eventually("n1 has compacted its log") {
                    try await cluster.client(1).get("/log/entries?from=1&limit=1").status == 410
                }
                let late = try await logtool("tail", url(cluster, 1), "--from", "1")
                #expect(late.ending == .exit(2) && late.output.contains("compacted past: slot 1 is gone"))
                #expect(try await logtool("verify", url(cluster, 1)).ending == .exit(0))
                let compared = try await logtool("diff", url(cluster, 1), url(cluster, 0), url(cluster, 2))
                #expect(compared.ending == .exit(0), "\(compared.output)")
            }
        }

        @Test(.timeLimit(.minutes(4))) func backupIsRestored() async throws {
            let folder = temporaryPath()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let backup = "\(folder)/backup"
            var members: [String] = []
            try await Cluster.run { cluster in
                try await fill(cluster, 1)
                try await snapshot(cluster)
                try await fill(cluster, 2, writes: 50)
                let load = try await Load.run(on: cluster.all.map { cluster.client($0) }, writers: 2) { _ in
                    let run = try await logtool("backup", url(cluster, 1), "--to", backup)
                    #expect(run.ending == .exit(0), "\(run.output)")
                    #expect(run.output.contains("backup: clean: chosen through"), "\(run.output)")
                }
                #expect(load.unexpected == [])
                let again = try await logtool("backup", url(cluster, 1), "--to", backup)
                #expect(again.ending == .exit(64), "\(again.output)")
                try await cluster.stopAll()
                let receipt = try #require(
                    try JSONSerialization.jsonObject(
                        with: Data(contentsOf: URL(filePath: "\(backup)/backup.json"))) as? [String: Any])
                let through = try #require(receipt["through"] as? Int)
                let own = try await logtool("dump", "--at", "\(through)", cluster.data(0))
                let copied = try await logtool("dump", "--at", "\(through)", backup)
                #expect(copied.ending == .exit(0) && copied.lines.count > 400)
                members = Array(copied.lines.dropLast())
                #expect(members == Array(own.lines.dropLast()))
                let restored = try await logtool(
                    "restore", "--at", "\(through)", "--members", "n0", "--to", "\(folder)/restored", backup)
                #expect(restored.ending == .exit(0), "\(restored.output)")
            }
            let ports = FreePorts.take(2)
            let node = try ChildProcess(
                Programs.node,
                [
                    "--id", "n0", "--data", "\(folder)/restored/n0", "--http", "127.0.0.1:\(ports[0])", "--listen",
                    "127.0.0.1:\(ports[1])", "--peers", "n0=127.0.0.1:\(ports[1])",
                ], output: "\(folder)/n0.output")
            do {
                let client = Client(port: ports[0])
                try await eventually("the restored node serves") { try await client.get("/health").status == 200 }
                for line in members where line.hasPrefix("key") {
                    let words = line.split(separator: " ")
                    #expect(try await client.value(String(words[0])).text == String(words[1]))
                }
                try await node.killNow()
            } catch {
                try await node.killNow()
                throw error
            }
        }

        @Test(.timeLimit(.minutes(4))) func stoppedNodeIsCompacted() async throws {
            try await Cluster.run(extraArguments: ["--compaction", "off"]) { cluster in
                for round in 1...4 {
                    try await fill(cluster, round, writes: 60)
                    try await snapshot(cluster)
                }
                let folder = cluster.data(1)
                let words = ["compact", folder, "--keep-segments", "1", "--archive", "\(cluster.folder)/archive"]
                let running = try await FinishedRun(Programs.logtool, words)
                #expect(running.ending == .exit(74) && running.output.contains("stop it first"), "\(running.output)")
                let before = try await logtool("print", folder)
                try await cluster.stop(1)
                let plan = try await FinishedRun(Programs.logtool, words + ["--dry-run"])
                #expect(plan.ending == .exit(0) && plan.output.contains("to be dropped: segments: 2"), "\(plan.output)")
                let limited = try await FinishedRun(Programs.logtool, words + ["--dry-run", "--through", "100"])
                #expect(limited.output.contains("to be dropped: segments: 1"), "\(limited.output)")
                let done = try await FinishedRun(Programs.logtool, words)
                #expect(done.ending == .exit(0) && done.output.contains(" dropped: segments: 2"), "\(done.output)")
                #expect(try await logtool("verify", folder).ending == .exit(0))
                let joined = try await logtool("print", folder, "--archive", "\(cluster.folder)/archive")
                #expect(Array(joined.lines.prefix(before.lines.count)) == before.lines)
                try await cluster.start(1)
                try await cluster.waitUntilHealthy(1)
                try await cluster.waitUntilEqual()
            }
        }
    }
}

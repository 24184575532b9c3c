import Foundation
import Testing

extension EndToEnd {
    /// What `logtool` makes of the folders of nodes, and nodes that start from it.
    @Suite(.serialized) struct Recovery {
        @Test(.timeLimit(.minutes(4))) func restoredClusterHasThePastAndGoesOn() async throws {
            try await Cluster.run { cluster in
                _ = try await cluster.client(0).set("city", "Ulm")
                let slot = try #require(try await cluster.client(1).set("river", "Danube").slot)
                _ = try await cluster.client(2).set("city", "Augsburg")
                try await cluster.waitUntilEqual()
                let old = try await cluster.client(0).status()["cluster"] as? String
                try await cluster.stopAll()

                let made = "\(cluster.folder)/restored"
                let run = try await logtool("restore", "--at", "\(slot)", "--to", made, cluster.data(0))
                try #require(run.ending == .exit(0), "\(run.output)")
                for node in cluster.all {
                    try await cluster.empty(node)
                    try FileManager.default.moveItem(atPath: "\(made)/n\(node)", toPath: cluster.data(node))
                }
                try await cluster.startAll()
                for node in cluster.all {
                    #expect(try await cluster.client(node).value("city").text == "Ulm")
                    #expect(try await cluster.client(node).status()["cluster"] as? String != old)
                }
                #expect(try await cluster.client(1).set("city", "Passau").status == 200)
                try await cluster.waitUntilEqual()
                #expect(try await cluster.client(2).value("city").text == "Passau")
                try await cluster.stopAll()
                #expect(
                    try await logtool("verify", cluster.data(0), cluster.data(1), cluster.data(2)).ending == .exit(0))
            }
        }

        /// Asked from before it listens until it serves, a node never answers out of a state that is not there yet.
        @Test(.timeLimit(.minutes(4))) func aNodeThatReplaysSaysSoAndAnswersNothingElse() async throws {
            try await Cluster.run(of: 1) { cluster in
                let client = cluster.client(0)
                let value = String(repeating: "v", count: 2_000)
                _ = try await concurrently(3_000) { number in
                    let reply = try await client.set("key \(number)", value)
                    #expect(reply.status == 200)
                }
                try await cluster.kill(0)
                try await cluster.start(0)
                try await eventually("the node serves") {
                    let read = try await client.value("key 2999")
                    let health = try await client.get("/health")
                    #expect(read.status == 503 || read.status == 200 && read.text == value)
                    #expect([200, 503].contains(health.status))
                    return health.status == 200
                }
                #expect(try await client.value("key 7").text == value)
                try await cluster.stopAll()
            }
        }

        @Test(.timeLimit(.minutes(4))) func lastNodeBecomesAClusterOfItsOwn() async throws {
            try await Cluster.run { cluster in
                for number in 1...20 {
                    #expect(try await cluster.client(number % 3).set("key \(number)", "\(number)").status == 200)
                }
                try await cluster.waitUntilEqual()
                let running = try await logtool(
                    "recover", "--force-new-cluster", "--to", "\(cluster.folder)/none", cluster.data(1))
                #expect(running.ending == .exit(74), "\(running.output)")
                try await cluster.killAll()

                let made = "\(cluster.folder)/recovered"
                let run = try await logtool("recover", "--force-new-cluster", "--to", made, cluster.data(1))
                try #require(run.ending == .exit(0), "\(run.output)")
                let arguments = ["--id", "n1", "--data", "\(made)/n1", "--http", "127.0.0.1:\(cluster.httpPorts[1])"]
                let node = try ChildProcess(Programs.node, arguments, output: "\(cluster.folder)/recovered.output")
                let client = cluster.client(1)
                try await eventually("the node serves alone") { try await client.get("/health").status == 200 }
                for number in 1...20 { #expect(try await client.value("key \(number)").text == "\(number)") }
                #expect(try await client.set("key 1", "again").status == 200)
                node.send(SIGTERM)
                #expect(try await node.wait() == .exit(0))
            }
        }

        @Test(.timeLimit(.minutes(4))) func damagedSegmentIsMendedAndTheNodeStarts() async throws {
            try await Cluster.run { cluster in
                for number in 1...60 {
                    let value = (0..<800).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
                    #expect(try await cluster.client(number % 3).set("key \(number)", value).status == 200)
                }
                try await cluster.waitUntilEqual()
                let running = try await logtool("repair", cluster.data(1), "--from", cluster.data(0))
                #expect(running.ending == .exit(74), "\(running.output)")
                try await cluster.stopAll()

                let segment = "log/00000000000000000001.segment"
                let whole = FileManager.default.contents(atPath: "\(cluster.data(1))/\(segment)")
                try await cluster.flip(1, segment)
                let planned = try await logtool("repair", cluster.data(1), "--from", cluster.data(0), "--dry-run")
                #expect(planned.ending == .exit(1), "\(planned.output)")
                #expect(try await logtool("verify", cluster.data(1)).ending == .exit(1))
                let mended = try await logtool("repair", cluster.data(1), "--from", cluster.data(0))
                #expect(mended.ending == .exit(0), "\(mended.output)")
                #expect(FileManager.default.contents(atPath: "\(cluster.data(1))/\(segment)") == whole)
                #expect(FileManager.default.fileExists(atPath: "\(cluster.data(1))/repair-1.json"))
                #expect(try await logtool("verify", cluster.data(1)).ending == .exit(0))
                try await cluster.startAll()
                try await cluster.waitUntilEqual()
                #expect((try await cluster.client(1).status()["setAside"] as? [any Sendable])?.isEmpty == true)
            }
        }

        @Test(.timeLimit(.minutes(4))) func tailFollowsARunningNode() async throws {
            try await Cluster.run { cluster in
                let output = "\(cluster.folder)/tail.output"
                let tail = try ChildProcess(
                    Programs.logtool, ["tail", cluster.data(1), "--from", "1"], output: output)
                var last = 0
                for number in 1...40 {
                    let value = String(repeating: "x", count: 5_000)
                    last = try #require(try await cluster.client(number % 3).set("key \(number)", value).slot)
                }
                let printed: [String] = try await eventually("tail has shown slot \(last)") {
                    let text = String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
                    let lines = text.split(separator: "\n").map(String.init)
                    return lines.contains { $0.hasPrefix("\(last) chosen ") } ? lines : nil
                }
                #expect(printed.enumerated().allSatisfy { $1.hasPrefix("\($0 + 1) chosen ") })
                tail.send(SIGINT)
                #expect(try await tail.wait() == .exit(0))
            }
        }
    }
}

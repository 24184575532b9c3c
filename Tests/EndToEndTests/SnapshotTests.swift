// Snapshots, and a log without its beginning, on real nodes.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct Snapshots {
        /// Writes so many keys, and has every node take a snapshot; returns its slot.
        private func fill(_ cluster: Cluster, _ round: Int, through node: Int) async throws -> Int {
            let value = String(repeating: "v", count: 2_000)
            for number in 0..<100 {
                try #require(try await cluster.client(node).set("key\(number)", "\(round)-\(value)").status == 200)
            }
            let answer = try await cluster.client(node).post("/admin/snapshot", [:])
            #expect(answer.status == 200)
            return try #require(answer.json["slot"] as? Int)
        }

        private func names(_ cluster: Cluster, _ node: Int, _ folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "\(cluster.data(node))/\(folder)")
                .filter { $0.hasSuffix(".segment") || $0.hasSuffix(".snapshot") }.sorted()
        }

        private func segments(_ cluster: Cluster, _ node: Int) throws -> [String: Data] {
            try Dictionary(
                uniqueKeysWithValues: names(cluster, node, "log").map {
                    ($0, try Data(contentsOf: URL(filePath: "\(cluster.data(node))/log/\($0)")))
                })
        }

        @Test(.timeLimit(.minutes(4))) func whoWasAwayTakesWholeSegmentsOfItsPeers() async throws {
            try await Cluster.run(extraArguments: ["--compaction", "off"]) { cluster in
                let leader = try await cluster.leader()
                let away = (leader + 1) % 3
                let others = [leader, (leader + 2) % 3]
                try await cluster.kill(away)
                for round in 1...4 { _ = try await fill(cluster, round, through: leader) }
                #expect(try await cluster.client(leader).set("last", "no segment holds it").status == 200)
                // What they hold in memory would do.
                for node in others {
                    try await cluster.stop(node)
                    try await cluster.start(node)
                }
                for node in others { try await cluster.waitUntilHealthy(node) }
                // Pieces of the file that it asks for first, as a start may find them: one is sound, and goes on.
                let first = try #require(try names(cluster, leader, "log").first)
                let incoming = "\(cluster.data(away))/incoming"
                try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
                let half = try #require(try segments(cluster, leader)[first]).prefix(1_000)
                try half.write(to: URL(filePath: "\(incoming)/\(first)"))
                try await cluster.start(away)
                try await cluster.waitUntilHealthy(away)
                try await cluster.waitUntilEqual()
                let status = try await cluster.client(away).status()
                #expect(status["segmentsTakenIn"] as? Int == 4 && status["fetching"] is NSNull)
                #expect(try FileManager.default.contentsOfDirectory(atPath: incoming).isEmpty)
                // Another has lost its disk, and asks those that were given files themselves; not out of memory either.
                let emptied = others[1]
                try await cluster.kill(emptied)
                try await cluster.empty(emptied)
                try await cluster.stop(away)
                try await cluster.start(away)
                try await cluster.waitUntilHealthy(away)
                try await cluster.start(emptied)
                try await cluster.waitUntilVoting(emptied, incarnation: 2)
                try await cluster.waitUntilEqual()
                #expect(try await cluster.client(emptied).status()["segmentsTakenIn"] as? Int == 4)
                try await cluster.stopAll()
                let logs = try [0, 1, 2].map { try segments(cluster, $0) }
                #expect(Set(logs).count == 1, "the logs of all nodes are the same bytes")
                let verified = try await logtool("verify", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(verified.ending == .exit(0), "\(verified.output)")
                for node in 0..<3 { try await cluster.start(node) }
                try await cluster.waitUntilEqual()
            }
        }

        private func waitForSnapshot(_ cluster: Cluster, of slot: Int, on nodes: [Int]) async throws {
            for node in nodes {
                try await eventually("n\(node) has the snapshot of slot \(slot)") {
                    try names(cluster, node, "snapshots").contains { $0.hasSuffix("\(slot).snapshot") }
                }
            }
        }

        @Test(.timeLimit(.minutes(4))) func whoWasAwayComesBackBySnapshotWhenTheLogIsGone() async throws {
            let archive = FileManager.default.temporaryDirectory.appendingPathComponent("archive-\(UUID())").path
            defer { try? FileManager.default.removeItem(atPath: archive) }
            try await Cluster.run(extraArguments: ["--keep-segments", "1", "--archive", archive]) { cluster in
                let leader = try await cluster.leader()
                let away = (leader + 1) % 3
                let others = [leader, (leader + 2) % 3]
                let first = try await fill(cluster, 1, through: leader)
                try await waitForSnapshot(cluster, of: first, on: [0, 1, 2])
                let snapshots = try [0, 1, 2].map { node in
                    try Data(
                        contentsOf: URL(
                            filePath: "\(cluster.data(node))/snapshots/\(names(cluster, node, "snapshots")[0])"))
                }
                #expect(Set(snapshots).count == 1, "the snapshots of all nodes are the same bytes")
                try await cluster.kill(away)
                let second = try await fill(cluster, 2, through: leader)
                try await waitForSnapshot(cluster, of: second, on: others)
                var last = second
                for round in 3...4 {
                    last = try await fill(cluster, round, through: leader)
                    try await waitForSnapshot(cluster, of: last, on: others)
                }
                for node in others {
                    try await eventually("n\(node) has dropped what its second snapshot stands for") {
                        let first = try names(cluster, node, "log").first?.prefix { $0 != "." }
                        return first.flatMap { Int($0) } ?? 0 > second
                    }
                }
                #expect(try await cluster.client(leader).get("/log/entries?from=1").status == 410)
                // What they hold in memory would do.
                for node in others {
                    try await cluster.stop(node)
                    try await cluster.start(node)
                }
                for node in others { try await cluster.waitUntilHealthy(node) }
                try await cluster.start(away)
                try await cluster.waitUntilHealthy(away)
                try await cluster.waitUntilEqual()
                #expect(try names(cluster, away, "snapshots").contains { $0.hasSuffix("\(last).snapshot") })
                #expect(
                    try await cluster.client(away).value("key99", consistency: "local").text.hasPrefix("4-"))
                try await cluster.stopAll()
                for node in 0..<3 {
                    try await cluster.start(node)
                }
                try await cluster.waitUntilEqual()
                try await cluster.stopAll()
                let verified = try await logtool("verify", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(verified.ending == .exit(0), "\(verified.output)")
                let compared = try await logtool("diff", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(compared.ending == .exit(0), "\(compared.output)")
                let now = try await logtool("get", "--key", "key7", "--at", "\(last)", cluster.data(away))
                #expect(now.ending == .exit(0) && now.output.contains("4-vvv"), "\(now.output)")
                // What the node itself never had, or dropped, is in the archive.
                let past = try await logtool(
                    "get", "--key", "key7", "--at", "\(first)", cluster.data(leader), "--archive", archive)
                #expect(past.ending == .exit(0) && past.output.contains("1-vvv"), "\(past.output)")
                let alone = try await logtool("get", "--key", "key7", "--at", "\(first - 1)", cluster.data(leader))
                #expect(alone.ending == .exit(2), "\(alone.output)")
            }
        }
    }
}

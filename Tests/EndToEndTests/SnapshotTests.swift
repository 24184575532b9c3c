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

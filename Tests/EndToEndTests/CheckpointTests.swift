// Checkpoints of real nodes, and the proof that each log and its state belong together.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct Checkpoints {
        @Test(.timeLimit(.minutes(4))) func everyNodesLogProvesItsCheckpointsAndSnapshots() async throws {
            try await Cluster.run { cluster in
                let leader = try await cluster.leader()
                func fill(_ round: Int) async throws {
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for worker in 0..<8 {
                            group.addTask {
                                for number in 0..<160 {
                                    let answer = try await cluster.client(leader).set(
                                        "key\(worker)-\(number)", "\(round)")
                                    guard answer.status == 200 else { return answer.status }
                                }
                                return 200
                            }
                        }
                        for try await status in group { #expect(status == 200) }
                    }
                }
                try await fill(1)
                let seal = try await cluster.client(leader).post("/admin/snapshot", [:])
                let slot = try #require(seal.json["slot"] as? Int)
                try await fill(2)
                for node in cluster.all {
                    try await eventually("n\(node) has a checkpoint behind the seal, and of its snapshot") {
                        let status = try await cluster.client(node).get("/status").json
                        let checkpoint = status["checkpoint"] as? [String: Any]
                        let entries = try await cluster.client(node).get("/log/entries?from=\(slot)").text
                        return checkpoint?["agreed"] as? Int ?? 0 > slot && entries.contains("\"snapshotSHA256\"")
                            && status["diverged"] is NSNull
                    }
                }
                // Each takes it in its turn, and a majority makes the checkpoint.
                for node in cluster.all {
                    let name = String(repeating: "0", count: 20 - "\(slot)".count) + "\(slot).snapshot"
                    try await eventually("n\(node) has its snapshot") {
                        FileManager.default.fileExists(atPath: "\(cluster.data(node))/snapshots/\(name)")
                    }
                }
                try await cluster.waitUntilEqual()
                try await cluster.stopAll()
                let proof = try await logtool("verify", "--deep", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(proof.ending == .exit(0), "\(proof.output)")
                let proven = proof.lines.filter { $0.contains("proven: replayed from slot 1 ") }
                #expect(proven.count == 3 && proven.allSatisfy { $0.contains("snapshots: 1 of 1") }, "\(proof.output)")
            }
        }

        @Test(.timeLimit(.minutes(4))) func whoDivergedServesNobodyUntilItIsRebuilt() async throws {
            try await Cluster.run { cluster in
                let leader = try await cluster.leader()
                let other = (leader + 1) % 3
                try #require(try await cluster.client(leader).set("k", "v").status == 200)
                try await cluster.waitUntilEqual()
                try await cluster.stop(other)
                let report = #"""
                    {"version":1,"slot":1024,"ownDigest":"00112233445566778899aabbccddeeff",
                    "agreedDigest":"ffeeddccbbaa99887766554433221100","time":1700000000000000}
                    """#
                try report.write(toFile: "\(cluster.data(other))/divergence.json", atomically: true, encoding: .utf8)
                try await cluster.start(other)
                try await eventually("n\(other) says why it serves nobody") {
                    let health = try await cluster.client(other).get("/health")
                    return health.status == 503 && health.text.contains("diverged at slot 1024")
                }
                for consistency in ["local", "linearizable"] {
                    #expect(try await cluster.client(other).value("k", consistency: consistency).status == 503)
                }
                #expect(try await cluster.client(other).set("k", "w").status == 503)
                let slot = try #require(try await cluster.client(leader).set("k", "w").json["slot"] as? Int)
                try await eventually("n\(other) applies what is chosen all the same") {
                    let status = try await cluster.client(other).get("/status").json
                    return status["appliedThrough"] as? Int ?? 0 >= slot
                }
                try await cluster.stop(other)
                let rebuilt = try await logtool("rebuild", cluster.data(other))
                #expect(rebuilt.ending == .exit(0), "\(rebuilt.output)")
                #expect(rebuilt.output.contains("diverged at slot 1024: the next start replays the log from slot 1"))
                try await cluster.start(other)
                try await cluster.waitUntilHealthy(other)
                try await cluster.waitUntilEqual()
                #expect(try await cluster.client(other).value("k", consistency: "local").text == "w")
            }
        }
    }
}

import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// `paxos-load` against real nodes.
    @Suite(.serialized) struct PaxosLoad {
        @Test(.timeLimit(.minutes(2))) func healthyClusterAnswersEverything() async throws {
            try await Cluster.run { cluster in
                let run = try await load(cluster, ["--count", "2000", "--reads", "0.5", "--connections", "12"])
                #expect(run.ending == .exit(0), "\(run.output)")
                let report = try #require(run.lines.last.flatMap(Self.object))
                let all = try #require(report["all"] as? [String: any Sendable])
                #expect(all["succeeded"] as? Int == 2_000 && all["failed"] as? Int == 0)
                let nodes = try #require(report["nodes"] as? [[String: any Sendable]])
                #expect(nodes.count == 3 && nodes.allSatisfy { ($0["succeeded"] as? Int ?? 0) > 0 })
            }
        }

        @Test(.timeLimit(.minutes(4))) func killedNodeIsCountedAndNoAcknowledgedWriteOfTheHistoryIsLost() async throws {
            try await Cluster.run { cluster in
                let history = "\(cluster.folder)/history"
                // So many keys that a key is hardly written twice.
                let arguments = ["--seconds", "6", "--keys", "1000000000", "--key-size", "16", "--history", history]
                async let finished = load(cluster, arguments + ["--connections", "24", "--timeout", "5"])
                try await eventually("the history grows") {
                    try FileManager.default.attributesOfItem(atPath: history)[.size] as? Int ?? 0 > 100_000
                }
                let leader = try await cluster.leader()
                try await cluster.kill(leader)
                let run = try await finished
                #expect(run.ending == .exit(1), "\(run.output)")
                let report = try #require(run.lines.last.flatMap(Self.object))
                let all = try #require(report["all"] as? [String: any Sendable])
                let nodes = try #require(report["nodes"] as? [[String: any Sendable]])
                #expect(nodes[leader]["failed"] as? Int ?? 0 > 0, "\(run.output)")

                let operations = try History(file: history).operations
                let succeeded = operations.count { $0.outcome == "ok" }
                #expect(all["succeeded"] as? Int == succeeded && succeeded > 0)
                #expect(all["failed"] as? Int == operations.count - succeeded)
                #expect(operations.allSatisfy { $0.end.map { $0 > 0 } ?? ($0.outcome == "unknown") })

                try await cluster.start(leader)
                try await cluster.waitUntilHealthy(leader)
                let kept = Self.expected(operations)
                #expect(kept.count > 100)
                let clients = cluster.all.map(cluster.client)
                #expect(try await differences(from: kept, through: clients).prefix(10) == [])
            }
        }

        @Test(.timeLimit(.minutes(4))) func historyIsLinearizableWhileTheLeaderIsKilledAndComesBack() async throws {
            try await Cluster.run { cluster in
                let path = "\(cluster.folder)/history"
                // So few keys that each is read and written at the same time.
                let arguments = ["--seconds", "8", "--keys", "40", "--reads", "0.5", "--history", path]
                async let finished = load(cluster, arguments + ["--connections", "24", "--timeout", "5"])
                try await eventually("the history grows") {
                    try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0 > 100_000
                }
                let leader = try await cluster.leader()
                try await cluster.kill(leader)
                try await cluster.start(leader)
                try await cluster.waitUntilHealthy(leader)
                let run = try await finished
                #expect([.exit(0), .exit(1)].contains(run.ending), "\(run.output)")
                let history = try History(file: path)
                #expect(history.operations.count { $0.outcome == "ok" } > 1_000)
                #expect(history.violations.prefix(10) == [])
            }
        }

        @Test(.timeLimit(.minutes(2))) func interruptedRunEndsAtOnceAndSaysWhatItMeasured() async throws {
            try await Cluster.run(of: 1) { cluster in
                let (history, output) = ("\(cluster.folder)/history", "\(cluster.folder)/load")
                let process = try ChildProcess(
                    Programs.load, arguments(cluster, ["--seconds", "1000", "--history", history]), output: output)
                try await eventually("the history grows") {
                    try FileManager.default.attributesOfItem(atPath: history)[.size] as? Int ?? 0 > 10_000
                }
                process.send(SIGINT)
                #expect(try await process.wait(seconds: 20) == .exit(0))
                let report = try #require(Self.object(String(contentsOfFile: output, encoding: .utf8)))
                let all = try #require(report["all"] as? [String: any Sendable])
                #expect(report["ending"] as? String == "interrupted")
                #expect(try History(file: history).operations.count == all["succeeded"] as? Int)
            }
        }

        /// The value of each key that was written once, and acknowledged.
        private static func expected(_ operations: [History.Operation]) -> [String: String] {
            let writes = Dictionary(grouping: operations.filter { $0.op == "set" }, by: \.key)
            return writes.compactMapValues { writes in
                writes.count == 1 && writes[0].outcome == "ok" ? writes[0].value : nil
            }
        }

        private static func object(_ line: String) -> [String: any Sendable]? {
            (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: any Sendable]
        }

        private func arguments(_ cluster: Cluster, _ more: [String]) -> [String] {
            let nodes = cluster.httpPorts.map { "http://127.0.0.1:\($0)" }.joined(separator: ",")
            return ["--nodes", nodes, "--format", "json"] + more
        }

        private func load(_ cluster: Cluster, _ more: [String]) async throws -> FinishedRun {
            try await FinishedRun(Programs.load, arguments(cluster, more), seconds: 90)
        }
    }
}

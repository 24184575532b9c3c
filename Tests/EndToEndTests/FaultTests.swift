import Foundation
import Testing

extension EndToEnd {
    /// Nodes that die, stay away and come back, under load.
    @Suite(.serialized) struct Faults {
        @Test(.timeLimit(.minutes(4))) func leaderKilledUnderLoadLosesNoAcknowledgedWrite() async throws {
            try await Cluster.run { cluster in
                let clients = cluster.all.map(cluster.client)
                let result = try await Load.run(on: clients, writers: 24) { load in
                    for round in 1...2 {
                        let before = load.acknowledgedCount
                        try await eventually("writes are answered") { load.acknowledgedCount > before + 200 }
                        let leader = try await cluster.leader()
                        try await cluster.kill(leader)
                        let after = load.acknowledgedCount
                        try await eventually("writes are answered without n\(leader), round \(round)") {
                            load.acknowledgedCount > after + 200
                        }
                        try await cluster.start(leader)
                        try await cluster.waitUntilHealthy(leader)
                    }
                }
                try await expectKept(result, cluster)
            }
        }

        @Test(.timeLimit(.minutes(4))) func allNodesKilledAtOnceComeBackWithEverything() async throws {
            try await Cluster.run { cluster in
                let clients = cluster.all.map(cluster.client)
                let result = try await Load.run(on: clients, writers: 24) { load in
                    for _ in 1...2 {
                        let before = load.acknowledgedCount
                        try await eventually("writes are answered") { load.acknowledgedCount > before + 200 }
                        try await cluster.killAll()
                        try await cluster.startAll()
                    }
                    let before = load.acknowledgedCount
                    try await eventually("writes are answered again") { load.acknowledgedCount > before + 50 }
                }
                try await expectKept(result, cluster)
            }
        }

        @Test(.timeLimit(.minutes(5))) func nodeDownDuringTenThousandWritesCatchesUp() async throws {
            try await Cluster.run { cluster in
                let leader = try await cluster.leader()
                let absent = (leader + 1) % 3
                let clients = cluster.all.filter { $0 != absent }.map(cluster.client)
                try await cluster.kill(absent)
                let refused = try await concurrently(10_000) { number in
                    let reply = try await clients[number % 2].set("key \(number)", "value \(number)")
                    return reply.status == 200 ? nil : "\(reply.status) \(reply.text)"
                }.compactMap { $0 }
                try #require(refused == [])
                try await cluster.start(absent)
                try await cluster.waitUntilEqual()
                let back = cluster.client(absent)
                for number in stride(from: 0, to: 10_000, by: 97) {
                    #expect(try await back.value("key \(number)", consistency: "local").text == "value \(number)")
                }
                #expect(try await back.set("after", "it").status == 200)
                let compared = try await logtool("diff", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(compared.ending == .exit(0), "\(compared.output)")
            }
        }

        @Test(.timeLimit(.minutes(4))) func withoutAMajorityWritesAreRefusedInTimeAndNothingIsLost() async throws {
            try await Cluster.run { cluster in
                let leader = try await cluster.leader()
                let (survivor, lost) = ((leader + 1) % 3, (leader + 2) % 3)
                let client = cluster.client(survivor)
                try #require(try await cluster.client(leader).set("before", "kept").status == 200)
                try await cluster.kill(leader)
                try await cluster.kill(lost)

                // Whatever the node believes at first: every answer comes in time, and none is 200.
                for attempt in 1...4 {
                    let started = ContinuousClock.now
                    let reply = try await client.set("attempt", "\(attempt)")
                    let taken = ContinuousClock.now - started
                    #expect(reply.status == 503, "\(reply.text)")
                    #expect(reply.headers["retry-after"].flatMap { Int($0) } != nil)
                    #expect(reply.json["error"] as? String != nil && reply.json["reason"] as? String != nil)
                    // Half a second for a busy machine on top of the five that are promised.
                    #expect(taken < .seconds(5.5), "attempt \(attempt) took \(taken)")
                }
                let read = try await client.value("before")
                #expect(read.status == 503, "a linearizable read needs a majority too")
                #expect(try await client.value("before", consistency: "local").text == "kept")
                try await eventually("the node says that it cannot serve") {
                    try await client.get("/health").status == 503
                }

                try await cluster.startAll()
                for node in cluster.all {
                    #expect(try await cluster.client(node).value("before").text == "kept")
                    // Refused, or unknown: one of the attempts at most may have come through, and then for everybody.
                    let attempt = try await cluster.client(node).value("attempt")
                    #expect(attempt.status == 404 || ["1", "2", "3", "4"].contains(attempt.text))
                }
                #expect(try await client.set("after", "it").status == 200)
                try await cluster.waitUntilEqual()
            }
        }

        @Test(.timeLimit(.minutes(4))) func emptiedNodeGetsItsVoteBack() async throws {
            try await Cluster.run { cluster in
                let leader = try await cluster.leader()
                let (emptied, other) = ((leader + 1) % 3, (leader + 2) % 3)
                for number in 0..<50 {
                    try #require(try await cluster.client(leader).set("key \(number)", "value").status == 200)
                }
                try await cluster.kill(emptied)
                try await cluster.empty(emptied)
                try await cluster.start(emptied)
                try await cluster.waitUntilVoting(emptied, incarnation: 2)
                // With another node down nothing is chosen without it.
                try await cluster.kill(other)
                let client = cluster.client(emptied)
                try await eventually("writes are answered by the two that are left") {
                    try await client.set("after", "it").status == 200
                }
                #expect(try await client.value("key 49").text == "value")
                // It votes on after a restart, also with the other still down.
                try await cluster.kill(emptied)
                try await cluster.start(emptied)
                try await cluster.waitUntilVoting(emptied, incarnation: 2)
                try await eventually("writes are answered again") {
                    try await client.set("again", "it").status == 200
                }
                try await cluster.start(other)
                try await cluster.waitUntilEqual()
                let compared = try await logtool("diff", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(compared.ending == .exit(0), "\(compared.output)")
            }
        }

        @Test(.timeLimit(.minutes(4))) func damagedNodeMendsItselfFromTheOthers() async throws {
            try await Cluster.run { cluster in
                let leader = try await cluster.leader()
                let damaged = (leader + 1) % 3
                let value = try await fillLog(of: damaged, through: leader, in: cluster)
                let files = [
                    ("log/00000000000000000001.segment", nil, 1), ("journal/0000000001.journal", 600, 2),
                    ("identity.json", 40, 3),
                ]
                for (file, offset, incarnation) in files {
                    try await cluster.stop(damaged)
                    try await cluster.flip(damaged, file, at: offset)
                    try await cluster.start(damaged)
                    try await cluster.waitUntilVoting(damaged, incarnation: incarnation)
                    try await eventually("what was damaged is mended") {
                        let status = try await cluster.client(damaged).status()
                        return status["mendingThrough"] is NSNull && (status["setAside"] as? [String])?.count == 1
                    }
                }
                try await cluster.waitUntilEqual()
                #expect(try await cluster.client(damaged).value("key 149", consistency: "local").text == value)
                let kept = try FileManager.default.contentsOfDirectory(atPath: cluster.data(damaged) + "/quarantine")
                #expect(kept.contains { $0.hasSuffix(".segment") } && kept.contains { $0.hasSuffix(".journal") })
                try await cluster.stopAll()
                let verified = try await logtool("verify", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(verified.ending == .exit(0), "\(verified.output)")
                let compared = try await logtool("diff", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(compared.ending == .exit(0), "\(compared.output)")
            }
        }

        @Test(.timeLimit(.minutes(4))) func runningNodeMendsItsLogFromTheOthers() async throws {
            try await Cluster.run(extraArguments: ["--scrub", "0.001"]) { cluster in
                let leader = try await cluster.leader()
                let damaged = (leader + 1) % 3
                let value = try await fillLog(of: damaged, through: leader, in: cluster)
                try await cluster.flip(damaged, "log/00000000000000000001.segment", at: nil)
                try await eventually("the damage is found and mended") {
                    let damage = try await cluster.client(damaged).status()["logDamage"] as? [String: Any]
                    return damage?["mended"] as? Int == 1 && (damage?["unmended"] as? [String])?.isEmpty == true
                }
                for number in 150..<300 {
                    try #require(try await cluster.client(leader).set("key \(number)", value).status == 200)
                }
                try await cluster.waitUntilEqual()
                try await cluster.stopAll()
                let files = cluster.all.map { cluster.data($0) + "/log/00000000000000000001.segment" }
                let contents = try files.map { try Data(contentsOf: URL(filePath: $0)) }
                #expect(contents[damaged] == contents[leader], "the files are the same, byte by byte")
                let kept = try FileManager.default.contentsOfDirectory(atPath: cluster.data(damaged) + "/quarantine")
                #expect(kept == ["1-00000000000000000001.segment.replaced"])
                let verified = try await logtool("verify", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(verified.ending == .exit(0), "\(verified.output)")
            }
        }

        @Test(.enabled("a small disk is mounted by root") { await Cluster.canMount() }, .timeLimit(.minutes(3)))
        func nodeWithoutRoomRefusesWritesAndGoesOnWhenThereIsRoom() async throws {
            try await Cluster.run { cluster in
                let leader = try await cluster.leader()
                let full = (leader + 1) % 3
                try #require(try await cluster.client(leader).set("before", "it").status == 200)
                try await cluster.kill(full)
                let ballast = try await cluster.startWithoutRoom(full)
                try await eventually("n\(full) says that its disk is full") {
                    let health = try await cluster.client(full).get("/health")
                    return health.status == 503 && health.text.contains("the disk is full")
                }
                #expect(try await cluster.client(full).set("k", "v").status == 507)
                #expect(try await cluster.client(leader).set("meanwhile", "it").status == 200)
                try FileManager.default.removeItem(atPath: ballast)
                try await cluster.waitUntilVoting(full, incarnation: 2)
                try await cluster.waitUntilHealthy(full)
                #expect(try await cluster.client(full).set("k", "v").status == 200)
                #expect(try await cluster.client(full).value("meanwhile").text == "it")
                try await cluster.waitUntilEqual()
            }
        }

        @Test(.timeLimit(.minutes(3))) func strictRestartMakesEveryStartANewLife() async throws {
            try await Cluster.run(extraArguments: ["--strict-restart"]) { cluster in
                let leader = try await cluster.leader()
                for round in 2...3 {
                    let restarted = (leader + 1) % 3
                    try await cluster.kill(restarted)
                    try await cluster.start(restarted)
                    try await cluster.waitUntilVoting(restarted, incarnation: round)
                }
                #expect(try await cluster.client(leader).set("k", "v").status == 200)
            }
        }

        @Test(.timeLimit(.minutes(3))) func crashIsACrashAndNeedsItsFlag() async throws {
            try await Cluster.run(of: 1) { cluster in
                let client = cluster.client(0)
                let statuses = [
                    try await client.get("/crash").status, try await client.post("/crash", [:]).status,
                    try await client.set("still", "here").status,
                ]
                #expect(statuses == [403, 403, 200])
            }
            try await Cluster.run(extraArguments: ["--allow-crash"]) { cluster in
                let leader = try await cluster.leader()
                try #require(try await cluster.client(leader).set("k", "v").status == 200)
                // The answer to this one is that the connection ends.
                _ = try? await cluster.client(leader).get("/crash")
                #expect(try await cluster.ending(of: leader) == .exit(232))
                let other = (leader + 1) % 3
                try await eventually("the others go on") {
                    try await cluster.client(other).set("k2", "v2").status == 200
                }
                try await cluster.start(leader)
                try await cluster.waitUntilHealthy(leader)
                #expect(try await cluster.client(leader).value("k").text == "v")
                #expect(try await cluster.client(leader).value("k2").text == "v2")
            }
        }

        /// Writes until the chosen log of a node holds blocks; returns what each key holds.
        private func fillLog(of node: Int, through leader: Int, in cluster: Cluster) async throws -> String {
            let value = String(repeating: "v", count: 2_000)
            for number in 0..<150 {
                try #require(try await cluster.client(leader).set("key \(number)", value).status == 200)
            }
            try await eventually("the log holds blocks") {
                let log = try await cluster.client(node).status()["log"] as? [String: Any]
                return (log?["through"] as? Int ?? 0) > 100
            }
            return value
        }

        /// Every acknowledged write is there, through every node, and the nodes' logs agree.
        private func expectKept(_ result: Load.Result, _ cluster: Cluster) async throws {
            #expect(result.unexpected == [])
            #expect(Set(result.slots).count == result.slots.count, "a slot holds one command")
            let clients = cluster.all.map(cluster.client)
            #expect(try await differences(from: result.acknowledged, through: clients).prefix(10) == [])
            for (key, value) in result.unknown {
                let reply = try await clients[0].value(key)
                #expect(reply.status == 404 || reply.text == value, "\(key) holds what was asked for, or nothing")
            }
            try await cluster.waitUntilEqual()
            let verified = try await logtool("verify", cluster.data(0), cluster.data(1), cluster.data(2))
            #expect(verified.ending == .exit(0), "\(verified.output)")
            #expect(verified.lines.count >= 3, "each node has its verdict: \(verified.output)")
            let compared = try await logtool("diff", cluster.data(0), cluster.data(1), cluster.data(2))
            #expect(compared.ending == .exit(0), "\(compared.output)")
        }
    }
}

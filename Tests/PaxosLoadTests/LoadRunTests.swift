import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import PaxosLoad

/// Whole runs against servers that answer as the test wants.
@Suite(.serialized) struct LoadRunTests {
    private func run(_ settings: LoadSettings, history: HistoryFile? = nil) async throws -> Report {
        // A loop of its own, as in the program: the server's time is not its.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        do {
            let report = try await loop.flatSubmit {
                LoadRun(settings, loop: loop, history: history).start()
            }.get()
            try await group.shutdownGracefully()
            return report
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    @Test func everyRequestIsSentOnceAndCounted() async throws {
        try await FakeNode.run(.slot) { first, firstAddress in
            try await FakeNode.run(.slot) { second, secondAddress in
                let report = try await run(
                    LoadSettings(nodes: [firstAddress, secondAddress], count: 500, connections: 8))
                #expect(report.all.succeeded == 500 && report.failed == 0 && report.ending == .complete)
                #expect(first.seen.count == report.nodes[0].succeeded && first.seen.count > 0)
                #expect(second.seen.count == report.nodes[1].succeeded && second.seen.count > 0)
            }
        }
    }

    @Test func requestsAreThoseOfTheInterface() async throws {
        try await FakeNode.run(.slot) { node, address in
            let report = try await run(
                LoadSettings(
                    nodes: [address], count: 200, connections: 2, reads: 0.5, consistency: .local, seed: 5))
            #expect(report.writes.succeeded > 0 && report.reads.succeeded > 0)
            for request in node.seen {
                if request.method == .POST {
                    let object = try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: String]
                    #expect(request.uri == "/store/set" && object?["key"]?.utf8.count == 12)
                    #expect(object?["value"]?.utf8.count == 128)
                } else {
                    #expect(request.method == .GET && request.body.isEmpty)
                    #expect(request.uri.wholeMatch(of: /\/store\/get\/key-\d{8}\?consistency=local/) != nil)
                }
            }
        }
    }

    @Test func refusalsAreFailuresAndTheRunGoesOn() async throws {
        try await FakeNode.run(.slot, except: [3: .failure(503, "overloaded")]) { _, address in
            let report = try await run(LoadSettings(nodes: [address], count: 10, connections: 1))
            #expect(report.all.succeeded == 9 && report.failed == 1)
            #expect(report.nodes[0].failures.map(\.reason) == ["503 overloaded"])
            #expect(report.nodes[0].failures.map(\.mayHaveBeenDone) == [false])
        }
    }

    @Test func brokenConnectionIsDialledAgain() async throws {
        try await FakeNode.run(.slot, except: [2: .hangUp]) { node, address in
            let report = try await run(LoadSettings(nodes: [address], count: 6, connections: 1))
            #expect(report.all.succeeded == 5 && report.failed == 1 && node.seen.count == 6)
            #expect(report.nodes[0].failures.map(\.reason) == ["connection closed"])
            #expect(report.nodes[0].failures.map(\.mayHaveBeenDone) == [true])
        }
    }

    @Test func connectionThatTheNodeEndsInOrderIsNoFailure() async throws {
        let last = FakeNode.Reaction.answer(200, [("Paxos-Slot", "1"), ("Connection", "close")], #"{"slot":1}"#)
        try await FakeNode.run(last) { _, address in
            let report = try await run(LoadSettings(nodes: [address], count: 5, connections: 1))
            #expect(report.all.succeeded == 5 && report.failed == 0)
        }
    }

    @Test func silenceEndsInTime() async throws {
        try await FakeNode.run(.silence) { _, address in
            let report = try await run(
                LoadSettings(nodes: [address], count: 2, connections: 2, timeout: 0.2))
            #expect(report.all.succeeded == 0 && report.failed == 2 && report.seconds >= 0.2)
            #expect(report.nodes[0].failures.map(\.reason) == ["no answer in time"])
            #expect(report.nodes[0].failures.map(\.mayHaveBeenDone) == [true])
        }
    }

    @Test func aRunInVainIsGivenUp() async throws {
        try await FakeNode.run(.failure(503, "unavailable")) { _, address in
            let report = try await run(
                LoadSettings(nodes: [address], count: 1_000_000, connections: 1, timeout: 0.1))
            #expect(report.ending == .gaveUp && report.all.succeeded == 0 && report.failed > 0)
            #expect(report.failed < 50, "failures come at a bounded rate")
        }
    }

    @Test func nodeThatIsDownFailsAtABoundedRateWhileTheOthersGoOn() async throws {
        let nobody = try Nobody()
        try await FakeNode.run(.slot) { _, address in
            let report = try await run(LoadSettings(nodes: [address, nobody.address], seconds: 0.5, connections: 2))
            #expect(report.nodes[0].succeeded > 0 && report.nodes[0].failed == 0)
            #expect((1..<20).contains(report.nodes[1].failed) && report.nodes[1].succeeded == 0)
            #expect(report.nodes[1].failures.map(\.reason) == ["connection refused"])
            #expect(report.nodes[1].failures.map(\.mayHaveBeenDone) == [false])
        }
    }

    @Test func withoutAnyNodeThereIsNoReport() async throws {
        let nobody = try Nobody()
        let address = nobody.address
        let failure = await #expect(throws: LoadFailure.self) {
            try await run(LoadSettings(nodes: [address], count: 5))
        }
        #expect(failure == .unreachable("no node can be reached: \(address): connection refused"))
    }

    @Test func answerThatIsNotHTTPIsAFailure() async throws {
        try await FakeNode.run(.babble) { _, address in
            let report = try await run(LoadSettings(nodes: [address], count: 1, connections: 1, timeout: 5))
            #expect(report.nodes[0].failures.map(\.reason) == ["an answer that is not HTTP"])
        }
    }

    /// While the first answer is held back, fifty more requests become due, one each 10 ms. Whoever measured only from
    /// when they were sent would find them fast.
    @Test func latencyOfTheOpenLoopCountsFromWhenARequestWasDue() async throws {
        try await FakeNode.run(.slot, except: [0: .slot(after: .milliseconds(600))]) { _, address in
            let report = try await run(
                LoadSettings(nodes: [address], count: 50, connections: 1, rate: 100))
            #expect(report.all.succeeded == 50 && report.failed == 0)
            let latency = try #require(report.all.latencyMicroseconds)
            #expect(latency.max >= 600_000)
            // Number 49 was due after 490 ms, and could not be sent before 600 ms.
            #expect(latency.p50 >= 350_000 && latency.p90 >= 500_000)
        }
    }

    @Test func openLoopKeepsItsRate() async throws {
        try await FakeNode.run(.slot) { _, address in
            let report = try await run(
                LoadSettings(nodes: [address], seconds: 1, connections: 4, rate: 200))
            #expect(report.all.succeeded == 200 && report.unsent == 0)
            #expect(report.seconds >= 0.995 - 0.001)
        }
    }

    @Test func whatNobodyWasFreeToSendIsAFailure() async throws {
        try await FakeNode.run(.slot(after: .milliseconds(150))) { _, address in
            let report = try await run(
                LoadSettings(nodes: [address], seconds: 0.5, connections: 1, rate: 100, timeout: 0.3))
            #expect(report.all.succeeded + report.unsent == 50 && report.unsent > 0)
            #expect(report.failed == report.unsent)
        }
    }

    @Test func historyHoldsWhatTheNodeSaw() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let history = try HistoryFile(path: path)
        try await FakeNode.run(.slot, except: [5: .hangUp, 9: .failure(503, "stopping")]) { node, address in
            let report = try await run(
                LoadSettings(nodes: [address], count: 100, connections: 1, reads: 0.3, writesHistory: true),
                history: history)
            try history.close()
            #expect(report.all.succeeded == 98)
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            let operations = try lines.map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: any Sendable])
            }
            try #require(operations.count == 100)
            #expect(operations.map { $0["outcome"] as? String }.filter { $0 == "ok" }.count == 98)
            #expect(operations[5]["outcome"] as? String == "unknown" && operations[5]["end"] is NSNull)
            #expect(operations[9]["outcome"] as? String == "fail")
            // Whose operation may take effect later goes on as another client.
            #expect(Set(operations[...5].map { $0["client"] as? Int }) == [0])
            #expect(Set(operations[6...].map { $0["client"] as? Int }) == [1])
            for (operation, request) in zip(operations, node.seen) {
                #expect((operation["op"] as? String == "set") == (request.method == .POST))
                let key = try #require(operation["key"] as? String)
                #expect(request.method == .POST ? request.body.contains(key) : request.uri.hasSuffix(key))
            }
            let values = operations.filter { $0["op"] as? String == "set" }.compactMap { $0["value"] as? String }
            #expect(Set(values).count == values.count)
        }
    }
}

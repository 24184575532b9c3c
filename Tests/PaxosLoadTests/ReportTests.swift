import Foundation
import Testing

@testable import PaxosLoad

@Suite struct ReportTests {
    private func report(
        rate: Double? = nil, reads: Double = 0.5, ending: Report.Ending = .complete,
        _ fill: (inout Tally) -> Void
    ) throws -> Report {
        let settings = try LoadSettings(
            nodes: NodeAddress.list(reading: "127.0.0.1:8000,127.0.0.1:8001"), count: 1_000, connections: 4,
            reads: reads, rate: rate, seed: 17)
        var tally = Tally(nodes: 2)
        fill(&tally)
        return Report(settings, tally, ending)
    }

    private func addMany(_ tally: inout Tally) {
        for number in 1...1_000 {
            tally.add(
                number.isMultiple(of: 4) ? .get : .set, node: number % 2, nanoseconds: Int64(number) * 10_000,
                end: Int64(number) * 2_000_000, .done(value: nil))
        }
    }

    @Test func textLinesUp() throws {
        let expected = """
            2.0 s; nodes: 2, connections: 4, keys: 100000 of 12 bytes, values: 128 bytes, seed: 17

                      succeeded  failed  requests/s  p50 ms  p90 ms  p99 ms  p99.9 ms  max ms
              writes        750       0       375.0   4.991   8.991   9.903     9.990   9.990
              reads         250       0       125.0   5.003   9.007   9.927    10.000  10.000
              all          1000       0       500.0   5.003   9.007   9.903     9.991  10.000
            """
        #expect(try report(addMany).text == expected)
    }

    @Test func failuresAreListedByNodeAndReason() throws {
        let report = try report(rate: 100, reads: 0, ending: .interrupted) { tally in
            tally.add(.set, node: 0, nanoseconds: 1_000, end: 1_000_000_000, .done(value: nil))
            for _ in 0..<12 {
                tally.add(.set, node: 1, nanoseconds: 1, end: 2, .refused("connection refused"))
            }
            tally.add(.set, node: 1, nanoseconds: 1, end: 2, .unknown("connection closed"))
            tally.unsent = 3
        }
        #expect(report.failed == 16)
        let expected = """
            1.0 s, interrupted; nodes: 2, connections: 4, rate: 100.0/s, keys: 100000 of 12 bytes, values: 128 bytes, \
            seed: 17

                      succeeded  failed  requests/s  p50 ms  p90 ms  p99 ms  p99.9 ms  max ms
              writes          1      13         1.0   0.001   0.001   0.001     0.001   0.001

            latencies count from when a request was due

              failed  node                   reason                                    outcome
                  12  http://127.0.0.1:8001  connection refused                        not done
                   1  http://127.0.0.1:8001  connection closed                         may have been done
                   3                         due, and no client was free to send them  not done
            """
        #expect(report.text == expected)
    }

    @Test func withoutASuccessThereIsNoLatency() throws {
        let report = try report(reads: 0) { $0.add(.set, node: 0, nanoseconds: 1, end: 5, .unknown("503")) }
        let row = try #require(report.text.split(separator: "\n").dropFirst(2).first)
        #expect(row.split(separator: " ").map(String.init) == ["writes", "0", "1", "0.0", "-", "-", "-", "-", "-"])
    }

    @Test func jsonIsOneObject() throws {
        let report = try report { tally in
            addMany(&tally)
            tally.add(.set, node: 1, nanoseconds: 1, end: 2, .unknown("503 outcome unknown"))
        }
        #expect(!report.json.contains("\n"))
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: any Sendable])
        let all = try #require(object["all"] as? [String: any Sendable])
        #expect(all["succeeded"] as? Int == 1_000 && all["failed"] as? Int == 1)
        #expect(all["requestsPerSecond"] as? Double == 500)
        #expect(
            all["latencyMicroseconds"] as? [String: Int]
                == ["p50": 5_003, "p90": 9_007, "p99": 9_903, "p999": 9_991, "max": 10_000])
        let nodes = try #require(object["nodes"] as? [[String: any Sendable]])
        #expect(nodes.map { $0["failed"] as? Int } == [0, 1])
        #expect(object["ending"] as? String == "complete" && object["rate"] == nil)
    }

    @Test func reasonsAreBounded() throws {
        var tally = Tally(nodes: 1)
        for number in 0..<300 {
            tally.add(.set, node: 0, nanoseconds: 1, end: 2, .unknown("500 word \(number)"))
        }
        #expect(tally.failures.count == 101)
        #expect(tally.failures.values.reduce(0, +) == 300 && tally.failed == 300)
    }
}

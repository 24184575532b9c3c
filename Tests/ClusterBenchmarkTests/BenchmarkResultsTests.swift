import Testing

@testable import ClusterBenchmark

@Suite struct BenchmarkResultsTests {
    private func row(_ system: String, clients: Int, perSecond: Double, failed: Int = 0) -> BenchmarkResults.Row {
        let latency = MachineLimits.Sample.Latency(p50Microseconds: 97, p99Microseconds: 150)
        let part = Programs.LoadReport.Part(
            succeeded: 1_000, failed: failed, requestsPerSecond: perSecond,
            latencyMicroseconds: .init(p50: 900, p90: 1_000, p99: 2_500, p999: 3_000, max: 12_345))
        return BenchmarkResults.Row(
            system: system, valueSize: 10, clients: clients, limits: .init(fdatasync: latency, roundTrip: latency),
            load: .init(all: part, seconds: 2))
    }

    @Test func roundWithTheMedianThroughputStandsForARow() {
        let rows = [
            row("single", clients: 64, perSecond: 5), row("single", clients: 1, perSecond: 3),
            row("single", clients: 64, perSecond: 9), row("single", clients: 1, perSecond: 1),
            row("single", clients: 64, perSecond: 7), row("single", clients: 1, perSecond: 2),
        ]
        let medians = BenchmarkResults.medians(rows)
        #expect(medians.map(\.clients) == [64, 1])
        #expect(medians.map(\.load.all.requestsPerSecond) == [7, 2])
        #expect(BenchmarkResults.medians([]).isEmpty)
    }

    @Test func limitsStandBesideEachRow() {
        var results = BenchmarkResults(machine: Machine(dataFolder: "/"))
        results.rows = [row("cluster", clients: 64, perSecond: 12_345.6, failed: 2)]
        let cells = results.tableLines.map { $0.split(separator: " ").map(String.init) }
        #expect(results.tableLines.count == 2 && results.failed == 2)
        #expect(
            cells[1]
                == [
                    "cluster", "10", "64", "12346", "0.900", "2.500", "12.345", "2", "0.097", "0.150", "0.097", "0.150",
                ])
    }
}

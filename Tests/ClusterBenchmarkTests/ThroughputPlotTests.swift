import Testing

@testable import ClusterBenchmark

@Suite struct ThroughputPlotTests {
    @Test(arguments: [0, 0.4, 1, 7.9, 8, 999, 12_345, 1e6])
    func linearTicksReachTheEndInFewSteps(_ end: Double) {
        let ticks = ThroughputPlot.linearTicks(through: end)
        #expect(ticks[0] == 0 && ticks[ticks.count - 1] >= end && (2...9).contains(ticks.count), "\(ticks)")
    }

    @Test func linearTicksAreRoundNumbers() {
        #expect(ThroughputPlot.linearTicks(through: 9_017) == [0, 2_000, 4_000, 6_000, 8_000, 10_000])
    }

    @Test(arguments: [(0, 0), (0.3, 0.3), (1, 1), (0.9, 17), (5, 143), (10, 100)])
    func logarithmicTicksEncloseWhatIsShown(_ start: Double, _ end: Double) {
        let ticks = ThroughputPlot.logarithmicTicks(from: start, through: end)
        #expect(ticks.count > 1 && ticks == ticks.sorted())
        #expect(ticks[0] <= max(start, 0.001) && ticks[ticks.count - 1] >= end, "\(ticks)")
    }

    @Test(
        arguments: [
            [], [[]], [[(0, 0, 1)]], [[(100, 1, 1)]], [[(100, 1, 1), (2_000, 30, 64)], [(50, 0.4, 1)]],
        ] as [[[(Double, Double, Int)]]])
    func plotHoldsEveryPointInsideItsArea(_ lines: [[(Double, Double, Int)]]) {
        let plot = ThroughputPlot(
            title: "a title",
            series: lines.map { line in
                .init(name: "a line", points: line.map { .init(throughput: $0.0, p99: $0.1, clients: $0.2) })
            })
        let svg = plot.svg
        #expect(!svg.contains("nan") && !svg.contains("inf") && svg.hasSuffix("</svg>\n"))
        let circles = svg.matches(of: /<circle cx="([0-9.]+)" cy="([0-9.]+)"/)
        #expect(circles.count == lines.reduce(0) { $0 + $1.count })
        for circle in circles {
            #expect(Double(circle.1).map { (70...730).contains($0) } == true)
            #expect(Double(circle.2).map { (50...390).contains($0) } == true)
        }
    }
}

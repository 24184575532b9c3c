import Metrics
import NIOCore
import Testing

@testable import Node

@Suite struct PrometheusTests {
    private let registry = Prometheus(help: ["a_total": "What a counts."])

    private func lines() -> [String] {
        String(buffer: registry.exposition()).split(separator: "\n").map(String.init)
    }

    @Test func familiesStandSortedWithTypeAndHelp() {
        registry.makeMeter(label: "b", dimensions: []).set(1.5)
        registry.makeCounter(label: "a_total", dimensions: [("route", "set")]).increment(by: 2)
        registry.makeCounter(label: "a_total", dimensions: [("route", "get")]).increment(by: 1)
        #expect(
            lines() == [
                "# HELP a_total What a counts.", "# TYPE a_total counter", #"a_total{route="get"} 1"#,
                #"a_total{route="set"} 2"#, "# TYPE b gauge", "b 1.5",
            ])
    }

    @Test func sameNameAndLabelsAreOneFigure() {
        for _ in 0..<3 { registry.makeCounter(label: "a_total", dimensions: []).increment(by: 1) }
        #expect(lines().last == "a_total 3")
    }

    @Test func labelsAreEscaped() {
        registry.makeCounter(label: "a_total", dimensions: [("x", "a\"b\\c\nd")]).increment(by: 1)
        #expect(lines().last == #"a_total{x="a\"b\\c\nd"} 1"#)
    }

    @Test func histogramCountsUpToEachBound() {
        let timer = registry.makeTimer(label: "t_seconds", dimensions: [("route", "set")])
        for nanoseconds: Int64 in [1, 50_000, 50_001, 3_000_000, 60_000_000_000] {
            timer.recordNanoseconds(nanoseconds)
        }
        let lines = lines()
        #expect(lines.contains(#"t_seconds_bucket{route="set",le="5e-05"} 2"#))
        #expect(lines.contains(#"t_seconds_bucket{route="set",le="0.0001"} 3"#))
        #expect(lines.contains(#"t_seconds_bucket{route="set",le="0.005"} 4"#))
        #expect(lines.contains(#"t_seconds_bucket{route="set",le="10.0"} 4"#))
        #expect(lines.contains(#"t_seconds_bucket{route="set",le="+Inf"} 5"#))
        #expect(lines.contains(#"t_seconds_count{route="set"} 5"#))
        #expect(lines.contains(#"t_seconds_sum{route="set"} 60.003100002"#))
    }

    @Test func wholeGaugeHasNoFraction() {
        registry.makeRecorder(label: "g", dimensions: [], aggregate: false).record(123_456_789_012.0)
        #expect(lines().last == "g 123456789012")
    }
}

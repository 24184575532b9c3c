// The metrics of this process as Prometheus reads them (text format 0.0.4): a factory for swift-metrics, for which no
// exporter is at hand. It counts; what is counted, and under which name, is said in NodeMetrics.

import Metrics
import NIOConcurrencyHelpers
import NIOCore

final class Prometheus: MetricsFactory, Sendable {
    /// The one of this process, which `MetricsSystem` is given at its start.
    static let shared = Prometheus(help: NodeMetrics.help)

    /// One figure with its labels, `route="get",status="200"`.
    private struct Series: Sendable {
        let labels: String
        let figure: any PrometheusFigure
    }

    private struct Family: Sendable {
        let type: StaticString
        var series: [String: Series] = [:]
    }

    private let help: [String: String]
    private let families = NIOLockedValueBox<[String: Family]>([:])

    init(help: [String: String]) {
        self.help = help
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        figure(label, dimensions) { PrometheusCounter() }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        figure(label, dimensions) { PrometheusHistogram() }
    }

    /// Values that are only ever set: a gauge. Aggregates have no use here yet, and are kept as their last value.
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        figure(label, dimensions) { PrometheusGauge() }
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        figure(label, dimensions) { PrometheusGauge() }
    }

    // Figures live as long as the process: a counter that began again would look like a restart.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}

    private func figure<Figure: PrometheusFigure>(
        _ label: String, _ dimensions: [(String, String)], _ make: () -> Figure
    ) -> Figure {
        let labels = dimensions.map { "\($0)=\"\(Prometheus.escaped($1))\"" }.joined(separator: ",")
        return families.withLockedValue { families in
            var family = families[label] ?? Family(type: Figure.type)
            defer { families[label] = family }
            if let known = family.series[labels] {
                guard let figure = known.figure as? Figure else {
                    preconditionFailure("\(label) is used as two kinds of metric")
                }
                return figure
            }
            let figure = make()
            family.series[labels] = Series(labels: labels, figure: figure)
            return figure
        }
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// Everything that was counted, sorted by name.
    func exposition() -> ByteBuffer {
        let families = families.withLockedValue { $0 }
        var text = ByteBuffer()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            if let help = help[name] { text.writeString("# HELP \(name) \(help)\n") }
            text.writeString("# TYPE \(name) \(family.type)\n")
            for series in family.series.values.sorted(by: { $0.labels < $1.labels }) {
                series.figure.write(name, labels: series.labels, to: &text)
            }
        }
        return text
    }
}

/// One number, or the numbers of one histogram.
protocol PrometheusFigure: Sendable {
    static var type: StaticString { get }
    func write(_ name: String, labels: String, to text: inout ByteBuffer)
}

extension ByteBuffer {
    /// A line `name{labels} value`.
    mutating func writeSample(_ name: String, labels: String, _ value: some CustomStringConvertible) {
        writeString(labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n")
    }
}

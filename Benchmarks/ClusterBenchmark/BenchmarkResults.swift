// All measurements of a run: as a table for people, and as files to keep.

import Console
import Foundation
import Measuring

struct BenchmarkResults: Encodable {
    struct Row: Encodable {
        /// What rows of different rounds have in common.
        struct Subject: Hashable {
            var system: String
            var valueSize: Int
            var clients: Int
        }

        var system: String
        var valueSize: Int
        var clients: Int
        /// Measured just before the load.
        var limits: MachineLimits.Sample
        var load: Programs.LoadReport

        var subject: Subject { Subject(system: system, valueSize: valueSize, clients: clients) }
    }

    let started = Date()
    let machine: Machine
    /// Of all rounds, in the order in which they were measured.
    var rows: [Row] = []
    var sweep: [Row] = []

    init(machine: Machine) {
        self.machine = machine
    }

    var failed: Int { (rows + sweep).reduce(0) { $0 + $1.load.all.failed } }

    /// For each subject, in the order in which they first come, the row with the median throughput.
    static func medians(_ rows: [Row]) -> [Row] {
        var subjects: [Row.Subject] = []
        for row in rows where !subjects.contains(row.subject) { subjects.append(row.subject) }
        return subjects.map { subject in
            let rounds = rows.filter { $0.subject == subject }
                .sorted { $0.load.all.requestsPerSecond < $1.load.all.requestsPerSecond }
            return rounds[rounds.count / 2]
        }
    }

    var tableLines: [String] {
        let headings = [
            "system", "value B", "clients", "requests/s", "p50 ms", "p99 ms", "max ms", "failed", "fdatasync p50 ms",
            "p99 ms", "loopback p50 ms", "p99 ms",
        ]
        func milliseconds(_ microseconds: Int?) -> String {
            microseconds.map { decimal(Double($0) / 1_000, digits: 3) } ?? "-"
        }
        func lines(_ rows: [Row]) -> [String] {
            var table = Table(headings)
            for row in Self.medians(rows) {
                let (latency, limits) = (row.load.all.latencyMicroseconds, row.limits)
                table.add([
                    row.system, "\(row.valueSize)", "\(row.clients)",
                    decimal(row.load.all.requestsPerSecond, digits: 0), milliseconds(latency?.p50),
                    milliseconds(latency?.p99), milliseconds(latency?.max), "\(row.load.all.failed)",
                    milliseconds(limits.fdatasync.p50Microseconds), milliseconds(limits.fdatasync.p99Microseconds),
                    milliseconds(limits.roundTrip.p50Microseconds), milliseconds(limits.roundTrip.p99Microseconds),
                ])
            }
            return table.lines
        }
        return lines(rows) + (sweep.isEmpty ? [] : ["", "rising clients:"] + lines(sweep))
    }

    /// - Returns: the files that were written.
    func write(to folder: String) throws -> [String] {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "yyyy-MM-dd-HHmmss"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.dateEncodingStrategy = .iso8601
        let name = "\(folder)/bench-\(format.string(from: started))"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try encoder.encode(self).write(to: URL(fileURLWithPath: "\(name).json"))
            guard !sweep.isEmpty else { return ["\(name).json"] }
            try plot.svg.write(toFile: "\(name).svg", atomically: true, encoding: .utf8)
            return ["\(name).json", "\(name).svg"]
        } catch {
            throw BenchmarkFailure("--results \(folder): \(error)")
        }
    }

    private var plot: ThroughputPlot {
        let points = Dictionary(grouping: Self.medians(sweep), by: \.system).mapValues { rows in
            rows.compactMap { row in
                row.load.all.latencyMicroseconds.map { latency in
                    ThroughputPlot.Point(
                        throughput: row.load.all.requestsPerSecond, p99: Double(latency.p99) / 1_000,
                        clients: row.clients)
                }
            }
        }
        return ThroughputPlot(
            title: "Writes of \(ClusterBenchmark.sweepValueSize) B, 1 to \(sweep.map(\.clients).max() ?? 1) clients",
            series: ClusterBenchmark.systems.map { system in
                .init(name: system.nodes == 1 ? "one node" : "three nodes", points: points[system.name] ?? [])
            })
    }
}

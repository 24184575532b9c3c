// `bench-cluster snapshot`, behind `make bench-snapshot`: how long writes take while three nodes take snapshots of a large
// state, beside how long they take when nobody does.

import ArgumentParser
import Console
import Foundation
import Measuring

struct SnapshotBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Measure what a snapshot costs those who write meanwhile.",
        discussion: """
            A cluster of three is filled with keys, each once. In each round there is load while all nodes take a \
            snapshot, from the request to the moment at which the last has its file, and load of the same length while \
            none does; which comes first changes from round to round. The bound is on the median of the rounds' ratios.

            Exit status: 0 the bound was held; 1 it was missed; 64 usage.
            """)

    @Option(help: ArgumentHelp("How many keys the state has.", valueName: "N"))
    var keys = 1_000_000
    @Option(help: ArgumentHelp("Bytes in a value.", valueName: "bytes"))
    var valueSize = 128
    @Option(
        help: ArgumentHelp(
            "Writes a second (default: a quarter of what was answered while the keys were written).", valueName: "R"))
    var rate: Int?
    @Option(help: ArgumentHelp("Clients that write.", valueName: "N"))
    var clients = 64
    @Option(help: ArgumentHelp("How often both are measured.", valueName: "N"))
    var rounds = 5
    @Option(help: ArgumentHelp("Where the figures are written as JSON.", valueName: "file"))
    var results: String?
    @OptionGroup
    var surroundings: Surroundings

    private static let mostRatio = 1.5
    struct Round: Encodable {
        var with: Programs.LoadReport
        var without: Programs.LoadReport

        /// Of the p99 with snapshots to that without.
        var ratio: Double? {
            guard let with = with.all.latencyMicroseconds, let without = without.all.latencyMicroseconds else {
                return nil
            }
            return Double(with.p99) / Double(max(without.p99, 1))
        }
    }

    func validate() throws {
        if !(1...100).contains(rounds) { throw ValidationError("--rounds: \(rounds) is not from 1 to 100") }
        if keys < 1 { throw ValidationError("--keys: \(keys) is not above 0") }
        if let rate, rate < 1 { throw ValidationError("--rate: \(rate) is not above 0") }
    }

    func run() throws { try surroundings.withCluster(measure) }

    private func measure(_ cluster: NodeGroup, _ programs: Programs) throws {
        var progress = Progress(total: 2 + 2 * rounds)
        progress.next("writing \(keys) keys")
        let filling = try programs.startLoad(
            cluster.addresses, valueSize: valueSize, clients: 256,
            ["--keys", "\(keys)", "--key-size", "16", "--count", "\(keys)", "--in-order"]
        ).finish()
        let rate = rate ?? max(Int(filling.all.requestsPerSecond / 4), 1)
        // The first snapshot is of another kind: the log has grown, and files are new.
        progress.next("a first snapshot")
        let load = Load(
            programs: programs, cluster: cluster, keys: keys, valueSize: valueSize, clients: clients, rate: rate)
        var seconds = try load.withSnapshots().seconds
        var measured: [Round] = []
        for round in 0..<rounds {
            func measureWith() throws -> Programs.LoadReport {
                progress.next("with snapshots")
                let report = try load.withSnapshots()
                seconds = report.seconds
                return report
            }
            func measureWithout() throws -> Programs.LoadReport {
                progress.next("without")
                return try load.start(seconds: seconds).finish()
            }
            let (without, with) = try turnAbout(round, measureWithout, measureWith)
            measured.append(Round(with: with, without: without))
        }
        progress.end()
        print("\(keys) keys, values of \(valueSize) B, \(rate) writes a second due")
        for line in Self.table(measured) { print(line) }
        print("")
        let verdict = Self.verdict(measured)
        print(verdict.sentence)
        if let results { try JSONFile.write(measured, to: results) }
        if !verdict.isHeld { throw ExitCode(1) }
    }

    static func table(_ rounds: [Round]) -> [String] {
        var table = Table(
            [
                "round", "seconds", "writes/s", "p50 ms", "p99 ms", "max ms", "with: writes/s", "p50 ms", "p99 ms",
                "max ms", "p99 ratio",
            ])
        func cells(_ report: Programs.LoadReport) -> [String] {
            let latency = report.all.latencyMicroseconds
            return [decimal(report.all.requestsPerSecond, digits: 0)]
                + [latency?.p50, latency?.p99, latency?.max].map { microseconds in
                    microseconds.map { decimal(Double($0) / 1_000, digits: 2) } ?? "-"
                }
        }
        for (number, round) in rounds.enumerated() {
            table.add(
                ["\(number + 1)", decimal(round.with.seconds, digits: 1)] + cells(round.without) + cells(round.with)
                    + [round.ratio.map { decimal($0, digits: 2) } ?? "-"])
        }
        return table.lines
    }

    static func verdict(_ rounds: [Round]) -> Verdict {
        guard let median = rounds.compactMap(\.ratio).median else {
            return Verdict(isHeld: false, "nothing was answered")
        }
        return Verdict(
            isHeld: median <= mostRatio,
            "p99 with snapshots is \(decimal(median, digits: 2)) times that without (median), bound \(mostRatio)")
    }
}

/// The writes of a measurement, on a cluster that was filled.
private struct Load {
    var programs: Programs
    var cluster: NodeGroup
    var keys: Int
    var valueSize: Int
    var clients: Int
    var rate: Int

    /// A snapshot that is not there by then will not come.
    private static let patience = 180.0

    func start(seconds: Double) throws -> Programs.RunningLoad {
        try programs.startLoad(
            cluster.addresses, valueSize: valueSize, clients: clients,
            ["--keys", "\(keys)", "--key-size", "16", "--seconds", "\(seconds)", "--rate", "\(rate)"])
    }

    /// From the request for a snapshot until all nodes have it.
    func withSnapshots() throws -> Programs.LoadReport {
        let load = try start(seconds: Self.patience)
        let answer = Loopback.answer("POST", cluster.addresses[0] + "/admin/snapshot") ?? ""
        let slot = answer.filter(\.isNumber)
        guard !slot.isEmpty else {
            load.interrupt()
            throw BenchmarkFailure("no snapshot could be asked for")
        }
        let name = String(repeating: "0", count: 20 - slot.count) + slot + ".snapshot"
        let files = cluster.addresses.indices.map { "\(cluster.data($0))/snapshots/\(name)" }
        while load.isRunning, !files.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) {
            Thread.sleep(forTimeInterval: 0.05)
        }
        guard load.isRunning else { throw BenchmarkFailure("the snapshots were not taken in time") }
        load.interrupt()
        return try load.finish()
    }
}

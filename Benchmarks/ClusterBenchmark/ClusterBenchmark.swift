// `bench-cluster load`, behind `make bench`: how fast one node and three nodes answer, beside what this machine's disk and
// loopback do at the same time.

import ArgumentParser
import Console
import Foundation

struct ClusterBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Measure one node and a cluster of three under load, beside the limits of this machine.",
        discussion: """
            Eight rows: one node and three, values of 10 and 1000 bytes, one client and 64. Then a sweep of rising \
            numbers of clients, drawn as an SVG of throughput against p99. Everything is measured in several \
            rounds, and of each row the one with the median throughput is shown. Before each measurement the \
            latency of fdatasync and of a round trip over loopback are measured, so that a noisy neighbour shows.

            Exit status: 0 measured; 1 requests failed, or a node did not start; 64 usage.
            """)

    @Option(help: ArgumentHelp("How long each row is measured.", valueName: "seconds"))
    var seconds = 2.0
    @Option(
        help: ArgumentHelp("How long each point of the sweep is measured; 0 leaves it out.", valueName: "seconds"))
    var sweepSeconds = 1.5
    @Option(help: ArgumentHelp("How often everything is measured.", valueName: "N"))
    var rounds = 3
    @Option(help: ArgumentHelp("Where the results go, as JSON, and the plot.", valueName: "folder"))
    var results = "Benchmarks/results"
    @OptionGroup
    var surroundings: Surroundings

    static let systems = [System(name: "single", nodes: 1), System(name: "cluster", nodes: 3)]
    static let valueSizes = [10, 1_000]
    static let clientCounts = [1, 64]
    static let sweepClients = [1, 2, 4, 8, 16, 32, 64, 128, 256]
    static let sweepValueSize = 100

    func validate() throws {
        if !(0.1...600).contains(seconds) { throw ValidationError("--seconds: \(seconds) is not from 0.1 to 600") }
        if !(0...600).contains(sweepSeconds) {
            throw ValidationError("--sweep-seconds: \(sweepSeconds) is not from 0 to 600")
        }
        if !(1...100).contains(rounds) { throw ValidationError("--rounds: \(rounds) is not from 1 to 100") }
    }

    func run() throws {
        let programs = try Programs(folder: surroundings.programs)
        let workspace = try Workspace(in: surroundings.data)
        defer { workspace.remove() }
        let machine = Machine(dataFolder: workspace.folder)
        print(machine.line)
        if machine.isInMemory {
            StandardError.say("bench-cluster: \(surroundings.data) is in memory: name a folder on a disk with --data\n")
        }
        let limits = try MachineLimits(folder: workspace.folder)
        var measurements = BenchmarkResults(machine: machine)
        var progress = Progress(
            total: rounds * Self.systems.count
                * (Self.valueSizes.count * Self.clientCounts.count + (sweepSeconds > 0 ? Self.sweepClients.count : 0)))
        for system in Self.systems {
            let cluster = try NodeGroup(system, programs: programs, workspace: workspace)
            defer { cluster.stop() }
            func measure(valueSize: Int, clients: Int, seconds: Double) throws -> BenchmarkResults.Row {
                progress.next("\(system.name), \(valueSize) B, clients: \(clients)")
                return try BenchmarkResults.Row(
                    system: system.name, valueSize: valueSize, clients: clients, limits: limits.measure(),
                    load: programs.load(cluster.addresses, valueSize: valueSize, clients: clients, seconds: seconds))
            }
            // The first seconds of a node are of another kind: its journal is zero-filled, its memory grows.
            _ = try programs.load(cluster.addresses, valueSize: 100, clients: 64, seconds: 1)
            for _ in 0..<rounds {
                for valueSize in Self.valueSizes {
                    for clients in Self.clientCounts {
                        measurements.rows.append(
                            try measure(valueSize: valueSize, clients: clients, seconds: seconds))
                    }
                }
                guard sweepSeconds > 0 else { continue }
                for clients in Self.sweepClients {
                    measurements.sweep.append(
                        try measure(valueSize: Self.sweepValueSize, clients: clients, seconds: sweepSeconds))
                }
            }
        }
        progress.end()
        for line in measurements.tableLines { print(line) }
        let written = try measurements.write(to: results)
        print("\nwritten: \(written.joined(separator: ", "))")
        if measurements.failed > 0 {
            StandardError.say("bench-cluster: \(measurements.failed) requests failed; see the results\n")
            throw ExitCode(1)
        }
    }
}

// `bench-cluster soak`, behind `make soak`: whether a cluster that is written to for a long time stays as it is: its disk, its
// memory and its speed.

import ArgumentParser
import Console
import Foundation
import Measuring

struct Soak: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Write to three nodes for a long time, and watch disk, memory and speed.",
        discussion: """
            Snapshots are taken and the log is compacted as the nodes do by default. Disk and memory are looked at several \
            times a second, and of each step the worst is shown: of the disk what came nearest to its bound, which is \
            three snapshots, the kept segments and the journal. What a machine gives changes over so long a time; so speed \
            is compared at the end with that of a new cluster, turn about.

            Exit status: 0 the bounds were held; 1 one was missed; 64 usage.
            """)

    @Option(help: ArgumentHelp("How many writes there are.", valueName: "N"))
    var writes = 10_000_000
    @Option(help: ArgumentHelp("After how many there is a row.", valueName: "N"))
    var step = 1_000_000
    @Option(help: ArgumentHelp("How often speed is compared with a new cluster's.", valueName: "N"))
    var rounds = 5
    @Option(help: ArgumentHelp("How many writes fill the new cluster before.", valueName: "N"))
    var filling = 500_000
    @Option(help: ArgumentHelp("How many keys are written to.", valueName: "N"))
    var keys = 100_000
    @Option(help: ArgumentHelp("Bytes in a value.", valueName: "bytes"))
    var valueSize = 128
    @Option(help: ArgumentHelp("Clients that write.", valueName: "N"))
    var clients = 256
    @Option(help: ArgumentHelp("Where the figures go, as JSON, and the plot.", valueName: "folder"))
    var results = "Benchmarks/results"
    @OptionGroup
    var surroundings: Surroundings

    func validate() throws {
        if step < 1 || writes < step { throw ValidationError("--step: \(step) is not from 1 to the number of writes") }
        if rounds < 1 || filling < 1 { throw ValidationError("--rounds and --filling are at least 1") }
    }

    func run() throws {
        try surroundings.withClusters { start, programs in
            let aged = try start("cluster")
            let rows = try age(aged, programs)
            let comparison = try compare(aged, with: start("new"), programs)
            for table in [SoakRow.table(rows), SoakRound.table(comparison)] {
                for line in table { print(line) }
                print("")
            }
            let verdicts = SoakBounds.verdicts(on: rows, comparison)
            for verdict in verdicts { print(verdict.sentence) }
            try JSONFile.write(SoakResults(rows: rows, comparison: comparison), to: "\(results)/soak.json")
            try SoakPlot(rows: rows).write(to: "\(results)/soak.svg")
            if !verdicts.allSatisfy(\.isHeld) { throw ExitCode(1) }
        }
    }

    private func startLoad(on cluster: NodeGroup, _ programs: Programs, writes: Int) throws -> Programs.RunningLoad {
        try programs.startLoad(
            cluster.addresses, valueSize: valueSize, clients: clients, ["--keys", "\(keys)", "--count", "\(writes)"])
    }

    private func age(_ cluster: NodeGroup, _ programs: Programs) throws -> [SoakRow] {
        var rows: [SoakRow] = []
        var progress = Progress(total: (writes + step - 1) / step)
        while rows.last?.writes ?? 0 < writes {
            let count = min(step, writes - (rows.last?.writes ?? 0))
            progress.next("\(count) writes")
            let load = try startLoad(on: cluster, programs, writes: count)
            var row = SoakRow(writes: (rows.last?.writes ?? 0) + count, nodes: cluster.addresses.count)
            while load.isRunning {
                for node in cluster.addresses.indices {
                    row.note(cluster.diskUse(node), memory: cluster.residentBytes(node) ?? 0, of: node)
                }
                Thread.sleep(forTimeInterval: 0.2)
            }
            row.load = try load.finish()
            rows.append(row)
        }
        progress.end()
        return rows
    }

    private func compare(_ aged: NodeGroup, with young: NodeGroup, _ programs: Programs) throws -> [SoakRound] {
        var progress = Progress(total: 1 + 2 * rounds)
        progress.next("\(filling) writes to a new cluster")
        _ = try startLoad(on: young, programs, writes: filling).finish()
        let count = max(step / 10, 1)
        func perSecond(_ cluster: NodeGroup, _ name: String) throws -> Double {
            progress.next("\(name), \(count) writes")
            return try startLoad(on: cluster, programs, writes: count).finish().all.requestsPerSecond
        }
        let comparison = try (0..<rounds).map { round in
            let (aged, young) = try turnAbout(
                round, { try perSecond(aged, "the aged one") }, { try perSecond(young, "the new one") })
            return SoakRound(aged: aged, young: young)
        }
        progress.end()
        return comparison
    }
}

private struct SoakResults: Encodable {
    var rows: [SoakRow]
    var comparison: [SoakRound]
}

/// Writes a second of the cluster that was written to for long, and of a new one right before or behind it.
struct SoakRound: Encodable {
    var aged: Double
    var young: Double

    var ratio: Double { aged / max(young, 1) }

    static func table(_ rounds: [SoakRound]) -> [String] {
        var table = Table(["round", "writes/s", "of a new cluster", "ratio"])
        for (number, round) in rounds.enumerated() {
            table.add(
                [
                    "\(number + 1)", decimal(round.aged, digits: 0), decimal(round.young, digits: 0),
                    decimal(round.ratio, digits: 2),
                ])
        }
        return table.lines
    }
}

/// What was seen while some writes were made.
struct SoakRow: Encodable {
    /// Since the beginning.
    var writes: Int
    var load: Programs.LoadReport?
    /// Of the node and the moment at which it came nearest to its bound.
    var disk: DiskUse?
    /// The most that each node had, in bytes.
    var memory: [Int]

    init(writes: Int, nodes: Int) {
        self.writes = writes
        memory = Array(repeating: 0, count: nodes)
    }

    mutating func note(_ disk: DiskUse, memory bytes: Int, of node: Int) {
        memory[node] = max(memory[node], bytes)
        if disk.fraction >= self.disk?.fraction ?? 0 { self.disk = disk }
    }

    var perSecond: Double { load?.all.requestsPerSecond ?? 0 }

    static func table(_ rows: [SoakRow]) -> [String] {
        let nodes = rows.first?.memory.indices.map { "n\($0) MB" } ?? []
        var table = Table(
            ["writes", "writes/s", "p99 ms", "failed", "disk MB", "log", "snapshots", "journal", "bound MB"] + nodes)
        func megabytes(_ bytes: Int?) -> String { decimal(Double(bytes ?? 0) / 1e6, digits: 1) }
        for row in rows {
            let latency = row.load?.all.latencyMicroseconds
            table.add(
                [
                    "\(row.writes)", decimal(row.perSecond, digits: 0),
                    decimal(Double(latency?.p99 ?? 0) / 1_000, digits: 1), "\(row.load?.all.failed ?? 0)",
                ]
                    + [row.disk?.total, row.disk?.log, row.disk?.snapshots, row.disk?.journal, row.disk?.bound].map(
                        megabytes)
                    + row.memory.map(megabytes))
        }
        return table.lines
    }
}

/// The bounds that a run is held to.
enum SoakBounds {
    private static let leastSpeed = 0.9
    private static let mostGrowth = 1.1

    static func verdicts(on rows: [SoakRow], _ comparison: [SoakRound]) -> [Verdict] {
        let fullest = rows.compactMap(\.disk?.fraction).max() ?? 0
        let speed = comparison.map(\.ratio).median ?? 0
        // What a node has once its caches and files have come to their size, and what it has at the end.
        func most(_ rows: some Sequence<SoakRow>) -> Int { rows.flatMap(\.memory).max() ?? 0 }
        let half = rows.count / 2
        let growth = half == 0 ? 1 : Double(most(rows[half...])) / Double(max(most(rows[..<half]), 1))
        let failed = rows.reduce(0) { $0 + ($1.load?.all.failed ?? 0) }
        return [
            Verdict(isHeld: failed == 0, "\(failed) requests failed"),
            Verdict(
                isHeld: fullest <= 1,
                "disk at most \(decimal(100 * fullest, digits: 0))% of snapshot × 3 + kept segments + journal"),
            Verdict(
                isHeld: speed >= leastSpeed,
                "in the end \(decimal(100 * speed, digits: 0))% of a new cluster's writes/s (median), at least 90%"),
            Verdict(
                isHeld: growth <= mostGrowth,
                "memory in the second half at most \(decimal(100 * growth, digits: 0))% of that in the first,"
                    + " bound 110%"),
        ]
    }
}

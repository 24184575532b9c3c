// `bench-cluster soak`, behind `make soak`: whether a cluster that is written to for a long time stays as it is: its disk, its
// memory and its speed.

import ArgumentParser
import Console
import Foundation

struct Soak: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Write to three nodes for a long time, and watch disk, memory and speed.",
        discussion: """
            Snapshots are taken and the log is compacted as the nodes do by default. Disk and memory are looked at several \
            times a second, and of each step the worst is shown: of the disk what came nearest to its bound, which is \
            three snapshots, the kept segments and the journal. Speed is compared from when the keys are there: filling \
            an empty cluster is the first row.

            Exit status: 0 the bounds were held; 1 one was missed; 64 usage.
            """)

    @Option(help: ArgumentHelp("How many writes there are.", valueName: "N"))
    var writes = 10_000_000
    @Option(help: ArgumentHelp("How many writes fill the cluster before them.", valueName: "N"))
    var filling = 500_000
    @Option(help: ArgumentHelp("After how many there is a row.", valueName: "N"))
    var step = 1_000_000
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
        if filling < 1 { throw ValidationError("--filling: \(filling) is not at least 1") }
    }

    func run() throws { try surroundings.withCluster(measure) }

    private func measure(_ cluster: NodeGroup, _ programs: Programs) throws {
        var progress = Progress(total: 1 + (writes + step - 1) / step)
        func row(through end: Int, of count: Int) throws -> SoakRow {
            progress.next("\(count) writes")
            var row = SoakRow(writes: end, nodes: cluster.addresses.count)
            let load = try programs.startLoad(
                cluster.addresses, valueSize: valueSize, clients: clients,
                ["--keys", "\(keys)", "--count", "\(count)"])
            while load.isRunning {
                for node in cluster.addresses.indices {
                    row.note(cluster.diskUse(node), memory: cluster.residentBytes(node) ?? 0, of: node)
                }
                Thread.sleep(forTimeInterval: 0.2)
            }
            row.load = try load.finish()
            return row
        }
        var rows = [try row(through: 0, of: filling)]
        for start in stride(from: 0, to: writes, by: step) {
            let end = min(start + step, writes)
            rows.append(try row(through: end, of: end - start))
        }
        progress.end()
        for line in SoakRow.table(rows) { print(line) }
        print("")
        let verdicts = SoakVerdict.all(of: rows)
        for verdict in verdicts { print(verdict.sentence) }
        try JSONFile.write(rows, to: "\(results)/soak.json")
        try SoakPlot(rows: rows).write(to: "\(results)/soak.svg")
        if !verdicts.allSatisfy(\.isHeld) { throw ExitCode(1) }
    }
}

/// What was seen while some writes were made.
struct SoakRow: Encodable {
    /// Since the cluster was filled; 0 of the row that fills it.
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
                    row.writes == 0 ? "filling" : "\(row.writes)", decimal(row.perSecond, digits: 0),
                    decimal(Double(latency?.p99 ?? 0) / 1_000, digits: 1), "\(row.load?.all.failed ?? 0)",
                ]
                    + [row.disk?.total, row.disk?.log, row.disk?.snapshots, row.disk?.journal, row.disk?.bound].map(
                        megabytes)
                    + row.memory.map(megabytes))
        }
        return table.lines
    }
}

/// One of the bounds that a run is held to.
struct SoakVerdict: Equatable {
    var isHeld: Bool
    var what: String

    var sentence: String { "\(isHeld ? "held" : "missed"): \(what)" }

    private static let leastSpeed = 0.9
    private static let mostGrowth = 1.1

    static func all(of rows: [SoakRow]) -> [SoakVerdict] {
        guard let first = rows.first(where: { $0.writes > 0 }), let last = rows.last else { return [] }
        let fullest = rows.compactMap(\.disk?.fraction).max() ?? 0
        let speed = last.perSecond / max(first.perSecond, 1)
        // What a node has once its caches and files have come to their size, and what it has at the end.
        func most(_ rows: some Sequence<SoakRow>) -> Int { rows.flatMap(\.memory).max() ?? 0 }
        let half = rows.count / 2
        let growth = half == 0 ? 1 : Double(most(rows[half...])) / Double(max(most(rows[..<half]), 1))
        let failed = rows.reduce(0) { $0 + ($1.load?.all.failed ?? 0) }
        return [
            SoakVerdict(isHeld: failed == 0, what: "\(failed) requests failed"),
            SoakVerdict(
                isHeld: fullest <= 1,
                what: "disk at most \(decimal(100 * fullest, digits: 0))% of snapshot × 3 + kept segments + journal"),
            SoakVerdict(
                isHeld: speed >= leastSpeed,
                what:
                    "the last step at \(decimal(100 * speed, digits: 0))% of the first one's writes/s behind the filling,"
                    + " at least 90%"
            ),
            SoakVerdict(
                isHeld: growth <= mostGrowth,
                what: "memory in the second half at most \(decimal(100 * growth, digits: 0))% of that in the first,"
                    + " bound 110%"),
        ]
    }
}

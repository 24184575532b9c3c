// `bench-cluster`: measures nodes as processes of this machine. It starts its own, on free ports and with data of their own,
// and ends only what it started.

import ArgumentParser
import Console
import Foundation
import Measuring

@main
struct BenchCluster: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-cluster", abstract: "Measure nodes as processes of this machine.",
        subcommands: [ClusterBenchmark.self, SnapshotBenchmark.self, Soak.self],
        defaultSubcommand: ClusterBenchmark.self)

    static func main() {
        let signals = Running.endWithSignals()
        defer { withExtendedLifetime(signals) {} }
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as BenchmarkFailure {
            StandardError.say("bench-cluster: \(failure)\n")
            Foundation.exit(1)
        } catch {
            exit(withError: error)
        }
    }
}

struct System {
    var name: String
    var nodes: Int
}

/// Which measurement runs, in place on a terminal, else a line each.
struct Progress {
    private let total: Int
    private var started = 0

    init(total: Int) {
        self.total = total
    }

    mutating func next(_ what: String) {
        started += 1
        let line = "[\(started)/\(total)] \(what)"
        if StandardError.isTerminal { StandardError.sayInPlace(line) } else { StandardError.say("\(line)\n") }
    }

    func end() {
        if StandardError.isTerminal { StandardError.sayInPlace("") }
    }
}

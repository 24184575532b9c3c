// The programs that are measured and the one that measures, and a run of the latter.

import Foundation
import Measuring

struct Programs {
    let node: String
    private let load: String

    /// - Parameter folder: nil for where this program itself is.
    init(folder: String?) throws {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        let folder = folder ?? own
        node = "\(folder)/paxos-node"
        load = "\(folder)/paxos-load"
        for program in [node, load] where !FileManager.default.isExecutableFile(atPath: program) {
            throw BenchmarkFailure("\(program) is missing; build it with: make build")
        }
    }

    /// What `paxos-load --format json` says (docs/load.md), as far as it is used here.
    struct LoadReport: Codable {
        struct Part: Codable {
            struct Latency: Codable {
                var p50, p90, p99, p999, max: Int
            }

            var succeeded: Int
            var failed: Int
            var requestsPerSecond: Double
            var latencyMicroseconds: Latency?
        }

        var all: Part
        var seconds: Double
    }

    func load(_ addresses: [String], valueSize: Int, clients: Int, seconds: Double) throws -> LoadReport {
        try startLoad(addresses, valueSize: valueSize, clients: clients, ["--seconds", "\(seconds)"]).finish()
    }

    /// - Parameter arguments: further ones of paxos-load.
    func startLoad(
        _ addresses: [String], valueSize: Int, clients: Int, _ arguments: [String]
    ) throws -> RunningLoad {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: load)
        process.arguments =
            [
                "--nodes", addresses.joined(separator: ","), "--value-size", "\(valueSize)",
                "--connections", "\(clients)", "--format", "json",
            ] + arguments
        return try RunningLoad(process)
    }

    /// A run of paxos-load that goes on.
    struct RunningLoad {
        private let process: Process
        private let output = Pipe()

        fileprivate init(_ process: Process) throws {
            self.process = process
            process.standardOutput = output
            process.standardInput = FileHandle.nullDevice
            try Running.start(process)
        }

        var isRunning: Bool { process.isRunning }

        /// Has it send nothing more.
        func interrupt() { process.interrupt() }

        /// Waits for its end.
        func finish() throws -> LoadReport {
            defer { Running.forget(process) }
            let json = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            // Status 1 says that requests failed; the report counts them.
            guard [0, 1].contains(process.terminationStatus),
                let report = try? JSONDecoder().decode(LoadReport.self, from: json)
            else { throw BenchmarkFailure("paxos-load ended with status \(process.terminationStatus)") }
            return report
        }
    }
}

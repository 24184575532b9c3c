// The program `paxos-load`: reads its command line, carries out a run, and prints what was measured. It never says
// success when a request failed.

import ArgumentParser
import Console
import Glibc
import NIOCore
import NIOPosix

@main
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paxos-load",
        abstract: "Send random requests to the nodes of a cluster, and measure how they are answered.",
        discussion: """
            Each connection is a client that has one request under way; connections are spread over the nodes in turn. \
            Without --rate a client asks again as soon as it is answered. With --rate requests are due at fixed times, \
            whether or not a client is free, and latencies are measured from those times.

            Interrupted (SIGINT, SIGTERM), the run ends and says what was measured so far.

            Exit status: 0 all requests succeeded; 1 some failed; 64 usage; 69 no node can be reached; \
            74 the history cannot be written.

            Example: paxos-load --nodes 127.0.0.1:8000,127.0.0.1:8001 --seconds 5 --connections 64 --reads 0.5
            """)

    @Option(help: ArgumentHelp("The nodes' HTTP addresses, separated by commas.", valueName: "URL,URL,…"))
    var nodes: String
    @Option(help: ArgumentHelp("End after so many requests.", valueName: "N"))
    var count: Int?
    @Option(help: ArgumentHelp("End after so long (default: 10, if --count is not given).", valueName: "S"))
    var seconds: Double?
    @Option(help: ArgumentHelp("Clients over all nodes.", valueName: "C"))
    var connections = 16
    @Option(help: ArgumentHelp("Different keys, each as likely as any other.", valueName: "N"))
    var keys = 100_000
    @Option(help: ArgumentHelp("Bytes in a key.", valueName: "bytes"))
    var keySize = 12
    @Flag(help: "Ask for one key after the other, from the first on: so many requests as keys reach each of them.")
    var inOrder = false
    @Option(help: ArgumentHelp("Bytes in a value.", valueName: "bytes"))
    var valueSize = 128
    @Option(help: ArgumentHelp("The fraction of requests that read, from 0 to 1.", valueName: "fraction"))
    var reads = 0.0
    @Option(help: "linearizable or local: what a read asks for.")
    var consistency = Consistency.linearizable
    @Option(help: ArgumentHelp("Requests that become due each second, answered or not.", valueName: "R"))
    var rate: Double?
    @Option(help: ArgumentHelp("How long to wait for a connection, and for an answer.", valueName: "seconds"))
    var timeout = 10.0
    @Option(help: ArgumentHelp("The same seed asks for the same keys in the same order.", valueName: "N"))
    var seed: UInt64?
    @Option(
        help: ArgumentHelp("Write each operation to this file, as a line of JSON (docs/load.md).", valueName: "file"))
    var history: String?
    @Option(help: "text or json.")
    var format = Format.text

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    func validate() throws {
        do {
            _ = try settings(seed: 0)
        } catch {
            throw ValidationError(error.reason)
        }
    }

    private func settings(seed: UInt64) throws(SettingError) -> LoadSettings {
        try LoadSettings(
            nodes: NodeAddress.list(reading: nodes), count: count, seconds: seconds, connections: connections,
            keys: keys,
            keySize: keySize, isInOrder: inOrder, valueSize: valueSize, reads: reads, consistency: consistency,
            rate: rate,
            timeout: timeout, seed: seed,
            runName: String(UInt32.random(in: .min ... .max), radix: 36), writesHistory: history != nil)
    }

    func run() throws {
        let settings = try settings(seed: seed ?? UInt64.random(in: 0..<1 << 32))
        OpenFiles.raiseLimit()
        let history = try history.map { try HistoryFile(path: $0) }
        Interrupt.listen()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let bar = StandardError.isTerminal ? ProgressBar() : nil
        let report: Report
        do {
            report = try loop.flatSubmit {
                LoadRun(settings, loop: loop, history: history, progress: bar?.draw).start()
            }
            .wait()
            bar?.clear()
            try history?.close()
        } catch {
            bar?.clear()
            throw error
        }
        switch format {
        case .text: print(report.text)
        case .json: print(report.json)
        }
        if report.failed > 0 { throw ExitCode(1) }
    }

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as LoadFailure {
            StandardError.say("paxos-load: \(failure.message)\n")
            Glibc.exit(failure.status)
        } catch {
            exit(withError: error)
        }
    }
}

/// Why there is nothing to report.
struct LoadFailure: Error, Equatable {
    var status: Int32
    var message: String

    static func unreachable(_ message: String) -> LoadFailure { LoadFailure(status: 69, message: message) }

    static func history(_ path: String, _ error: Int32) -> LoadFailure {
        LoadFailure(status: 74, message: "--history \(path): \(String(cString: strerror(error)))")
    }
}

// The program `paxos-torture`: real nodes, real faults, and a history that is checked.

import ArgumentParser
import Console
import Glibc

@main
struct TortureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paxos-torture",
        abstract: "Torture a cluster of real nodes, and check what its clients saw.",
        subcommands: [RunCommand.self, CheckCommand.self], defaultSubcommand: RunCommand.self)

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as TortureFailure {
            StandardError.say("paxos-torture: \(failure.message)\n")
            Glibc.exit(failure.status)
        } catch {
            exit(withError: error)
        }
    }
}

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start nodes and clients, do harm to the nodes, heal them, and check everything.",
        discussion: """
            As root, each node has a network and a small file system of its own. Else, or with --loopback, they are on \
            the loopback interface, and the network is not cut and no disk is full. docs/torture.md says what is done \
            and what is checked.

            Exit status: 0 everything held; 1 something did not; 2 can't tell; 64 usage; 69 a run is not possible; \
            130 interrupted.
            """)

    @Option(help: ArgumentHelp("How many nodes: 3, 5, 7 or 9.", valueName: "count"))
    var nodes = 3
    @Option(help: ArgumentHelp("How long there are faults.", valueName: "minutes"))
    var minutes = 5.0
    @Option(help: ArgumentHelp("What is done comes from this. (default: random)", valueName: "number"))
    var seed: UInt64?
    @Option(help: ArgumentHelp("Requests that become due each second.", valueName: "R"))
    var rate = 400.0
    @Option(help: ArgumentHelp("Different keys.", valueName: "count"))
    var keys = 100
    @Option(help: ArgumentHelp("Clients of each node.", valueName: "count"))
    var clients = 5
    @Option(
        help: ArgumentHelp(
            "Where the history and the nodes' output are kept. (default: a new folder)", valueName: "folder"))
    var directory: String?
    @Flag(help: "Do without networks and file systems of the nodes' own.")
    var loopback = false
    @Option(help: ArgumentHelp("Where the programs are. (default: beside this one)", valueName: "folder"))
    var programs: String?

    func validate() throws {
        if ![3, 5, 7, 9].contains(nodes) { throw ValidationError("--nodes is 3, 5, 7 or 9, not \(nodes).") }
        if !(minutes > 0 && minutes <= 10_000) { throw ValidationError("--minutes is above 0, not \(minutes).") }
        if !(rate >= 1 && rate <= 100_000) { throw ValidationError("--rate is 1 to 100000, not \(rate).") }
        if !(1...10_000).contains(keys) { throw ValidationError("--keys is 1 to 10000, not \(keys).") }
        if !(1...100).contains(clients) { throw ValidationError("--clients is 1 to 100, not \(clients).") }
    }

    func run() throws {
        let programs = try Programs(folder: programs)
        var why = "--loopback"
        if !loopback, !Isolation.isIsolated { why = Isolation.enter() }
        if !Isolation.isIsolated {
            StandardOutput.say(
                "Without networks and file systems of the nodes' own (\(why)): no partition, and no full disk.")
        }
        let settings = TortureSettings(
            nodes: nodes, seconds: minutes * 60, seed: seed ?? .random(in: 0..<1 << 32), rate: rate, keys: keys,
            clients: clients, isIsolated: Isolation.isIsolated,
            folder: directory ?? "\(TemporaryFolder.path)/paxos-torture-\(getpid())")
        let status = try TortureRun.run(settings, programs)
        if status != 0 { throw ExitCode(status) }
    }
}

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a history that was kept, or one of paxos-load on a cluster that was empty.",
        discussion: """
            Exit status: 0 every key is linearizable; 1 one is not; 2 can't tell; 65 the file is no history; 66 there is \
            no such file.
            """)

    @Argument(help: "The history, a line of JSON for each operation (docs/load.md).", completion: .file())
    var file: String
    @Option(help: ArgumentHelp("The bound of the search for one key.", valueName: "states"))
    var bound = 10_000_000

    func validate() throws {
        if bound < 1 { throw ValidationError("--bound is 1 or more, not \(bound).") }
    }

    func run() throws {
        let check = HistoryCheck(try History(file: file), mostStates: bound)
        for line in check.lines { StandardOutput.say(line) }
        if check.status != 0 { throw ExitCode(check.status) }
    }
}

// `simulate`: the driver that ships, on a simulated network, disk and clock. One run is a line; the first property that
// does not hold ends everything, with the command that shows it again.

import ArgumentParser
import Console
import Glibc

@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run clusters on a simulated network, disk and clock, and check what they promise.",
        discussion: """
            The same seed and the same settings give the same run, everywhere; its digest stands for all that happened.

            Faults: \(Fault.allCases.map(\.rawValue).joined(separator: ", ")).

            Flaws, mistakes that no node makes which ships:
            \(Flaw.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

            Exit status: 0 everything held; 1 something did not; 64 usage.
            """)

    @Option(help: ArgumentHelp("One run, by its seed.", valueName: "seed"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Many runs, by the first and the last seed.", valueName: "first..last"))
    var seeds: SeedRange?

    @Option(help: ArgumentHelp("How many runs at a time. (default: one for each processor)", valueName: "count"))
    var jobs: Int?

    @Option(help: ArgumentHelp("How many nodes: 1, 3, 5 or 7.", valueName: "count"))
    var nodes = 3

    @Option(help: ArgumentHelp("How many clients.", valueName: "count"))
    var clients = 4

    @Option(help: ArgumentHelp("How many operations clients begin while there are faults.", valueName: "count"))
    var ops = 300

    @Option(help: ArgumentHelp("all, none, or names with commas between.", valueName: "list"))
    var faults = FaultList(faults: Fault.usual)

    @Option(
        help: ArgumentHelp("A mistake that all nodes make, so that the checks can be seen to fail.", valueName: "name"))
    var flaw: Flaw?

    @Flag(help: "Let every node's disk be damaged, not a minority of them alone; progress is not asked for then.")
    var beyondBudget = false

    @Flag(help: "Allow the fault rollback, which nodes survive only if they don't vote after a restart as before it.")
    var strictRestart = false

    @Flag(help: "Tell what happens in a run.")
    var verbose = false

    func validate() throws {
        if (seed == nil) == (seeds == nil) { throw ValidationError("Give either --seed or --seeds.") }
        if ![1, 3, 5, 7].contains(nodes) { throw ValidationError("--nodes is 1, 3, 5 or 7, not \(nodes).") }
        if !(1...1_000).contains(clients) { throw ValidationError("--clients is 1 to 1000, not \(clients).") }
        if !(1...1_000_000).contains(ops) { throw ValidationError("--ops is 1 to 1000000, not \(ops).") }
        if faults.faults.contains(.rollback), !strictRestart {
            throw ValidationError("The fault rollback needs --strict-restart.")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs is 1 to 256, not \(jobs).") }
    }

    func run() throws {
        let plan = SimulatedCluster.Plan(
            nodes: nodes, clients: clients, operations: ops,
            faults: faults.faults.union(strictRestart ? [.rollback] : []),
            isBeyondBudget: beyondBudget, flaw: flaw)
        if let seed {
            try runOne(seed, plan)
        } else if let seeds {
            let jobs = jobs ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
            let campaign = Campaign(seeds: seeds.range, plan: plan, jobs: jobs)
            guard let failure = campaign.run() else { return print(campaign.summary) }
            print(Shrinking.of(failure).text)
            throw ExitCode(1)
        }
    }

    private func runOne(_ seed: UInt64, _ plan: SimulatedCluster.Plan) throws {
        let cluster = SimulatedCluster(seed: seed, plan: plan, isVerbose: true)
        do {
            let report = try cluster.run()
            if verbose { for line in cluster.trace { print(line) } }
            print(report.line)
        } catch {
            for line in verbose ? cluster.trace[...] : cluster.trace.suffix(40) { print(line) }
            print("seed \(seed): \(error)")
            throw ExitCode(1)
        }
    }
}

/// `A..B`, both included.
struct SeedRange: ExpressibleByArgument {
    let range: ClosedRange<UInt64>

    init?(argument: String) {
        guard let dots = argument.firstRange(of: ".."), let first = UInt64(argument[..<dots.lowerBound]),
            let last = UInt64(argument[dots.upperBound...]), first <= last, last - first < 1 << 32
        else { return nil }
        range = first...last
    }
}

extension Flaw: ExpressibleByArgument {}

struct FaultList: ExpressibleByArgument, CustomStringConvertible {
    let faults: Set<Fault>

    init(faults: Set<Fault>) {
        self.faults = faults
    }

    init?(argument: String) {
        switch argument {
        case "all": faults = Fault.usual
        case "none": faults = []
        default:
            let named = argument.split(separator: ",").map { Fault(rawValue: String($0)) }
            guard !named.isEmpty, !named.contains(nil) else { return nil }
            faults = Set(named.compactMap { $0 })
        }
    }

    /// As the command line takes it.
    var description: String {
        if faults == Fault.usual { return "all" }
        return faults.isEmpty ? "none" : faults.sorted().map(\.rawValue).joined(separator: ",")
    }

    var defaultValueDescription: String { description }
}

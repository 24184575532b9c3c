// `fuzz`: decoders against bytes that somebody damaged on purpose. Each target runs in processes of its own, so that a
// crash or a hang ends one of them, and is reported with the command that shows it again.

import ArgumentParser
import Console
import Fuzzing
import Glibc

@main
struct Fuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Feed decoders with mutated bytes, and see that none crashes, hangs or allocates too much.",
        discussion: """
            Targets: \(FuzzTargets.all.map(\.name).joined(separator: ", ")).

            Input n of a target and a seed is the same everywhere, whatever else is run.

            Exit status: 0 every decoder took every input; 1 one did not; 64 usage.
            """)

    @Option(help: ArgumentHelp("One target. (default: all)", valueName: "name"))
    var target: String?

    @Option(help: ArgumentHelp("From which number the inputs are made.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How many inputs for each target.", valueName: "count"))
    var inputs = 100_000

    @Option(help: ArgumentHelp("The number of the first input.", valueName: "index"))
    var from = 0

    @Option(help: ArgumentHelp("How many processes at a time. (default: one for each processor)", valueName: "count"))
    var jobs: Int?

    @Option(help: ArgumentHelp("After how many seconds on one input a decoder hangs.", valueName: "seconds"))
    var hang = 10

    /// Where a worker writes how far it has come: this process is one then.
    @Option(help: .private)
    var progress: String?

    func validate() throws {
        if let target, !FuzzTargets.all.contains(where: { $0.name == target }) {
            throw ValidationError("There is no target \(target).")
        }
        if inputs < 1 || from < 0 { throw ValidationError("--inputs is 1 or more, and --from 0 or more.") }
        if hang < 1 { throw ValidationError("--hang is 1 or more.") }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs is 1 to 256, not \(jobs).") }
    }

    func run() throws {
        let targets = FuzzTargets.all.filter { target == nil || $0.name == target }
        if let progress { return try work(targets, progress) }
        let jobs = jobs ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var report = FuzzReport()
        for target in targets {
            let campaign = FuzzCampaign(
                target: target.name, seed: seed, inputs: from..<(from + inputs), jobs: jobs, hangSeconds: hang)
            do {
                report.add(target.name, try campaign.run())
            } catch let failure as FuzzFailure {
                StandardError.say("\(failure)\n")
                throw ExitCode(1)
            }
        }
        print(report.text)
    }

    private func work(_ targets: [any FuzzTarget], _ file: String) throws {
        guard let target = targets.first, let progress = FuzzProgress(file: file) else {
            throw ValidationError("\(file) can't be mapped.")
        }
        let worker = FuzzWorker(target, seed: seed, progress: progress, meter: .ofThread)
        guard worker.run(from..<(from + inputs)) else { throw ExitCode(1) }
    }
}

enum FuzzTargets {
    static let all: [any FuzzTarget] = [
        FrameTarget(), RecordTarget(), JournalFileHeaderTarget(), SegmentTarget(), BlockTarget(), IndexTarget(),
        EntryTarget(), CommandTarget(), GenesisTarget(), IdentityTarget(),
    ]
}

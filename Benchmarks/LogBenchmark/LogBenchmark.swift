// `make bench-log`: how fast logtool verifies and compares a large log, beside what zstd takes to test the same stored
// bytes; and how fast a node replays it. Programs are run turn about, as a person would run them, and medians are
// compared. It removes what it made.

import ArgumentParser
import Console
import FoundationEssentials
import Glibc
import Measuring

@main
struct LogBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-log",
        abstract: "Measure logtool on a large log, beside zstd -t, and what a node's start costs.",
        discussion: """
            For each kind of value a log is written as a node writes it, and a second one that is equal. Then, in each
            round, one after the other: zstd -t -T1 on the frames of all blocks in one file, logtool verify with one job
            and with two, and logtool diff of the two logs. Everything is read once before, so that it is read from
            memory. Then the log is replayed as a node does that starts without a snapshot; and a snapshot of 1,000,000
            keys with values of 128 bytes is written and loaded, each on one core.

            Exit status: 0 the bounds were held; 1 one was missed; 64 usage.
            """)

    @Option(help: ArgumentHelp("How large each log is before compression.", valueName: "count"))
    var megabytes = 1000

    @Option(help: ArgumentHelp("What the values are; several may be given.", valueName: "kind"))
    var values: [SampleValues.Kind] = SampleValues.Kind.allCases

    @Option(help: ArgumentHelp("How often each program is run.", valueName: "count"))
    var rounds = 5

    @Option(help: ArgumentHelp("The logtool to measure.", valueName: "file"), completion: .file())
    var logtool = ".build/release/logtool"

    @Option(
        help: ArgumentHelp("Where the logs are written for the time being.", valueName: "dir"), completion: .directory)
    var directory = FileManager.default.temporaryDirectory.path

    @Option(help: ArgumentHelp("Where the figures are written as JSON.", valueName: "file"), completion: .file())
    var results: String?

    func validate() throws {
        if !(1...100_000).contains(megabytes) { throw ValidationError("--megabytes must be between 1 and 100000.") }
        if !(1...100).contains(rounds) { throw ValidationError("--rounds must be between 1 and 100.") }
        if access(logtool, X_OK) != 0 { throw ValidationError("\(logtool) is no program: build it first.") }
    }

    func run() throws {
        guard let zstd = Program.find("zstd") else {
            throw ValidationError("zstd is not on the PATH; it is what is compared with: apt-get install zstd")
        }
        let folder = "\(directory)/bench-log-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var measured: [LogFigures] = []
        var states: [StateFigures] = []
        for kind in values {
            let place = "\(folder)/\(kind.rawValue)"
            let log = try SampleLog.write(kind, megabytes: megabytes, in: place)
            var figures = LogFigures(values: kind.rawValue, rawBytes: log.rawBytes, storedBytes: log.storedBytes)
            let runs: [(LogFigures.Measure, Program)] = [
                (.zstd, Program(zstd, "-t", "-T1", "-q", log.frames)),
                (.verifyOneJob, Program(logtool, "verify", "--jobs", "1", log.folders[0])),
                (.verifyTwoJobs, Program(logtool, "verify", "--jobs", "2", log.folders[0])),
                (.diff, Program(logtool, "diff", log.folders[0], log.folders[1])),
            ]
            for round in 0...rounds {
                for (measure, program) in runs {
                    Status.show("\(kind.rawValue): round \(round) of \(rounds), \(measure.rawValue)")
                    let seconds = try program.run()
                    // The first round only brings the files into memory.
                    if round > 0 { figures.seconds[measure, default: []].append(seconds) }
                }
            }
            Status.clear()
            measured.append(figures)
            states.append(try StateFigures.replay(log.folders[0], kind, rounds: rounds))
            states += try StateFigures.snapshot(place, kind, rounds: rounds)
            try FileManager.default.removeItem(atPath: place)
        }
        for line in LogFigures.table(measured) + [""] + StateFigures.table(states) { print(line) }
        if let results { try JSONFile.write(Results(logs: measured, states: states), to: results) }
        if !measured.allSatisfy(\.areWithinBounds) || !states.allSatisfy(\.areWithinBounds) { throw ExitCode(1) }
    }
}

private struct Results: Encodable {
    var logs: [LogFigures]
    var states: [StateFigures]
}

extension SampleValues.Kind: ExpressibleByArgument {}

/// What is being done, for a person at a terminal.
enum Status {
    static func show(_ text: String) {
        if StandardError.isTerminal { StandardError.sayInPlace(text) }
    }

    static func clear() { show("") }
}

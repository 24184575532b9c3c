// `logtool verify`: every checksum, digest and bound of a node's files, and what each finding costs.

import ArgumentParser
import Console
import PaxosLog

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check everything that nodes have on disk.",
        discussion: """
            Every checksum, chain digest, header, index and journal record is read, and slots must follow one another
            without a gap. Each finding is a line: its verdict (torn tail, corrupt, gap, foreign file, unknown version),
            file, offset and the slots that are lost by it. Reading goes on behind damage. What is found, and its order,
            do not depend on --jobs.

            A torn tail is the end of a write that a crash cut short and that nobody was told of: it is listed, and is
            no finding for the exit status. The newest journal batch of a node that runs may look like one.

            With --deep the log is also replayed, from slot 1 or from the oldest snapshot that it goes on from, and every
            checkpoint's and snapshot's digest is held against the state at its slot. What differs is a finding; what
            can't be told, because the log before it is gone, gives exit status 2.

            A running node, http://HOST:PORT, sends what is verified: all of its log and snapshots, and the entries behind
            them. Its journal is its own affair.

            Examples:
              logtool verify paxos_logs/n0 paxos_logs/n1 paxos_logs/n2
              logtool verify http://127.0.0.1:8000
            """)

    @Argument(help: "The data folders of nodes, or the URLs of running ones.", completion: .directory)
    var directories: [String]

    @Option(
        help: ArgumentHelp("How many blocks to check at once (default: one a processor).", valueName: "count"))
    var jobs: Int?

    @Flag(help: "Replay the log, and prove the digests of checkpoints and snapshots.")
    var deep = false

    @OptionGroup var archive: ArchiveOption

    @Option(help: "How to print.")
    var format = Format.text

    func validate() throws {
        if directories.isEmpty { throw ValidationError("Name at least one folder.") }
        if let jobs, !(1...256).contains(jobs) {
            throw ValidationError("--jobs must be between 1 and 256, not \(jobs).")
        }
    }

    func run() throws {
        var output = Output()
        var worst = Verdict.clean
        let threads = jobs.map { Threads(count: $0) } ?? .all
        for directory in directories {
            let log = try archive.log(of: directory)
            let progress = ProgressLine("verify \(log.name)", bytes: try log.storedBytes())
            // What is fetched ahead of more threads would not be kept for them.
            let workers = log.live == nil ? threads : Threads(count: min(threads.count, 2))
            let report = try Verification(log, by: workers, progress: progress)
            progress.erase()
            switch format {
            case .text: for line in report.lines(.output) { output.line(line) }
            case .json:
                for damage in report.damage { output.line(JSONText.line(DamageObject(damage, node: report.name))) }
                output.line(JSONText.line(report.summary))
            }
            output.flush()
            worst.add(report.verdict)
            if deep { worst.add(try prove(log, &output)) }
        }
        if worst != .clean { throw ExitCode(worst.rawValue) }
    }

    private func prove(_ log: NodeLog, _ output: inout Output) throws -> Verdict {
        let progress = ProgressLine("replay \(log.name)", bytes: try log.storedBytes())
        let proof = try DeepVerification(log, progress: progress)
        progress.erase()
        switch format {
        case .text: for line in proof.lines(.output) { output.line(line) }
        case .json:
            for finding in proof.findings { output.line(JSONText.line(finding)) }
            output.line(JSONText.line(proof.summary))
        }
        output.flush()
        return proof.verdict
    }
}

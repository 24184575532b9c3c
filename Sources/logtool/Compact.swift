// `logtool compact`: drops what a stopped node's snapshots stand for, as the node itself does.

import ArgumentParser
import Console
import Paxos
import PaxosLog
import Replication
import SystemPackage

struct Compact: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drop the beginning of a stopped node's log.",
        discussion: """
            The node's own rules hold: segments go from the front, and only those that end no later than the second newest
            snapshot that is whole, which is found out by reading them; snapshots go that are older than that one. So many
            of the last segments stay as --keep-segments says, and those whose last entry is younger than --keep-days.
            With --through nothing behind that slot goes either.

            With --archive each segment is kept in that folder, durably, before it is dropped; an archive that can't take
            one ends it there (exit 74). With --dry-run nothing is written. The node must be stopped.

            A snapshot that is damaged stands for nothing, and is told (exit 1).

            Example: logtool compact paxos_logs/n0 --archive archive --dry-run
            """)

    @Argument(help: ArgumentHelp("The data folder of a node.", valueName: "dir"), completion: .directory)
    var directory: String

    @Option(help: ArgumentHelp("The last slot that may go.", valueName: "slot"))
    var through: SlotArgument?

    @Option(help: ArgumentHelp("How many of the last segments stay.", valueName: "count"))
    var keepSegments = CompactionPolicy().keptSegments

    @Option(help: ArgumentHelp("For how many days entries stay.", valueName: "days"))
    var keepDays = 0.0

    @Option(
        help: ArgumentHelp("A folder in which segments are kept before they are dropped.", valueName: "dir"),
        completion: .directory)
    var archive: String?

    @Flag(help: "Show what would be dropped, and drop nothing.")
    var dryRun = false

    @Option(help: "How to print.")
    var format = Format.text

    func validate() throws {
        try NodeURL.refuse(directory)
        if keepSegments < 1 { throw ValidationError("--keep-segments must be at least 1, not \(keepSegments).") }
        if !(0...100_000).contains(keepDays) {
            throw ValidationError("--keep-days must be between 0 and 100000, not \(keepDays).")
        }
    }

    func run() throws {
        let fileSystem = PosixFileSystem()
        let log = try NodeLog(directory)
        let policy = CompactionPolicy(
            keptSegments: keepSegments, keptTime: UInt64(keepDays * 86_400_000_000),
            limit: through.map { Slot($0.value) })
        let compaction = LogCompaction(
            of: log,
            LogRetention(policy: policy, archive: archive.map { Archive(fileSystem, directory: FilePath($0)) }),
            now: Timestamp.now.microseconds)
        let report =
            dryRun ? try compaction.plan() : try StoppedNode.using(log.directory) { try compaction.carryOut() }
        var output = Output()
        switch format {
        case .text: for line in report.lines(.output) { output.line(line) }
        case .json: output.line(JSONText.line(report))
        }
        output.flush()
        if let refusal = report.refusal { throw Failure(status: 74, message: refusal) }
        if !report.damage.isEmpty { throw ExitCode(Verdict.finding.rawValue) }
    }
}

// `logtool repair`: a stopped node's damaged segments, made good from a copy that its own log proves.

import ArgumentParser
import Console
import Paxos
import PaxosLog
import SystemPackage

struct Repair: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mend a node's chosen log from a copy.",
        discussion: """
            Segments that are damaged or missing are taken from the other folder, whole, where a header that is left of
            the log shows the same chain digest at the segment's end, or behind it, as the copy. What no digest proves is
            left as it is. The log never gets longer or shorter by it. Damage of other files is listed and left.

            Copies are written beside, and the log is verified with them, before they take the place of what was there;
            that goes to quarantine/ in the data folder, and what was done is written to a file repair-N.json there. With
            --dry-run nothing is written. The node must be stopped; the other one may run, and --archive
            goes with it.

            Damage is a finding as long as it is there (exit 1): when all was mended, the status is 0.

            Examples:
              logtool repair paxos_logs/n0 --from paxos_logs/n1 --dry-run
              logtool repair paxos_logs/n0 --from http://127.0.0.1:8001
            """)

    @Argument(
        help: ArgumentHelp("The data folder of the node that is to be mended.", valueName: "dir"),
        completion: .directory)
    var directory: String

    @Option(
        help: ArgumentHelp("The data folder of another node, or its URL.", valueName: "dir"), completion: .directory)
    var from: String

    @OptionGroup var archive: ArchiveOption

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @Option(help: "How to print.")
    var format = Format.text

    func validate() throws { try NodeURL.refuse(directory) }

    func run() throws {
        let log = try NodeLog(directory)
        let repair = dryRun ? try plan(log) : try StoppedNode.using(log.directory) { try mend(log) }
        let receipt = RepairReceipt(repair, of: log.name, from: from, isDone: !dryRun)
        var output = Output()
        switch format {
        case .text: for line in receipt.lines(.output) { output.line(line) }
        case .json: output.line(JSONText.line(receipt))
        }
        output.flush()
        if dryRun ? !repair.isWhole : !repair.isComplete { throw ExitCode(Verdict.finding.rawValue) }
    }

    private func plan(_ log: NodeLog) throws -> LogRepair {
        let progress = ProgressLine("repair \(log.name)", bytes: try log.storedBytes())
        return try LogRepair(of: log, from: archive.log(of: from), by: Threads.all, progress: progress)
    }

    private func mend(_ log: NodeLog) throws -> LogRepair {
        var repair = try plan(log)
        guard repair.pieces.contains(where: { $0.source != nil }) else { return repair }
        let fileSystem = PosixFileSystem()
        try repair.mend(fileSystem, quarantine: Quarantine(fileSystem, in: log.directory))
        try RepairReceipt(repair, of: log.name, from: from, isDone: true).write(fileSystem, log.directory)
        return repair
    }
}

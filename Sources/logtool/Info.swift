// `logtool info`: whose folder it is, and what it holds, by its headers.

import ArgumentParser
import Console
import PaxosLog

struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what nodes have on disk.",
        discussion: """
            Cluster, node, versions, slots, segments, blocks, bytes, times, chain digest and journal, for each folder.
            Of the chosen log only the headers are read, and the first and the last entry: what the disk has lost of the
            rest, verify finds. Damage that shows all the same is listed (exit 1).

            Example: logtool info paxos_logs/n0
            """)

    @Argument(help: "The data folders of nodes, or the URLs of running ones.", completion: .directory)
    var directories: [String]

    @OptionGroup var archive: ArchiveOption

    @Option(help: "How to print.")
    var format = Format.text

    func run() throws {
        var output = Output()
        var worst = Verdict.clean
        for (index, directory) in directories.enumerated() {
            let log = try archive.log(of: directory)
            let progress = ProgressLine("info \(log.name)", bytes: try log.storedBytes())
            let summary = try FolderSummary(log, progress: progress)
            progress.erase()
            switch format {
            case .text:
                if index > 0 { output.line("") }
                for line in summary.lines(.output) { output.line(line) }
            case .json:
                for damage in summary.damage { output.line(JSONText.line(DamageObject(damage, node: log.name))) }
                output.line(JSONText.line(summary.object))
            }
            output.flush()
            if summary.verdict == .finding || worst == .clean { worst = summary.verdict }
        }
        if worst != .clean { throw ExitCode(worst.rawValue) }
    }
}

// `logtool backup`: a copy of a running node's log and snapshots, in a folder of its own.

import ArgumentParser
import Console
import PaxosLog
import SystemPackage

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a running node's log and snapshots.",
        discussion: """
            The folder gets the node's snapshots, its log as far as it was durable when the backup began, and behind that
            every entry that the node had applied by then. What the node writes meanwhile is not in it; it goes on serving.
            All is synced and verified, as verify does, before backup.json says that the backup is whole.

            The folder is read like a node's: restore makes a new cluster of it, and verify, print, history, get and dump
            take it. No node starts on it, as it has no identity.json.

            It must be empty, or hold what is left of a backup of the same node that did not come to its end: that is gone
            on with. When the node compacts its log meanwhile, what is left of it is copied.

            Example: logtool backup http://127.0.0.1:8000 --to backups/2026-11-25
            """)

    @Argument(
        help: ArgumentHelp("The URL of a node that runs.", valueName: "url"),
        transform: { argument in
            guard let url = NodeURL(argument) else {
                throw ValidationError("\(argument) is no URL like http://127.0.0.1:8000.")
            }
            return url
        })
    var node: NodeURL

    @Option(help: ArgumentHelp("The new folder.", valueName: "dir"), completion: .directory)
    var to: String

    @Option(help: "How to print.")
    var format = Format.text

    func run() throws {
        let backup = NodeBackup(to: FilePath(to), PosixFileSystem())
        let receipt = try backup.write(from: NodeClient(node))
        var log = try NodeLog(to)
        // It is whole when this is done.
        log.identityDamage = nil
        let report = try Verification(log, by: Threads.all)
        var output = Output()
        switch format {
        case .text:
            for line in receipt.lines(to) + report.lines(.output) { output.line(line) }
        case .json:
            for damage in report.damage { output.line(JSONText.line(DamageObject(damage, node: report.name))) }
            output.line(JSONText.line(receipt))
        }
        output.flush()
        if report.verdict != .clean { throw ExitCode(report.verdict.rawValue) }
        try backup.finish(receipt)
    }
}

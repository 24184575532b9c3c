// `logtool rebuild`: lets a node whose state diverged come to it anew.

import ArgumentParser
import Paxos
import PaxosLog
import Replication
import SystemPackage

struct Rebuild: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a node whose state diverged come to its state anew.",
        discussion: """
            For a node that serves nobody because a checkpoint has shown that its state is not the others'
            (divergence.json in its folder). Snapshots of states that were not found to be the same, and that report, go
            to quarantine/; nothing is thrown away. The next start replays the log from the snapshot before them, or
            from slot 1. Where the log does not reach back so far, it goes to quarantine/ too, and the node learns
            everything from the others: a majority of them must be running, and it has no vote until it has caught up.

            The node must be stopped. A folder without divergence.json stays as it is.

            Example: logtool rebuild paxos_logs/n0
            """)

    @Argument(help: ArgumentHelp("The data folder of a node.", valueName: "dir"), completion: .directory)
    var directory: String

    @Option(help: "How to print.")
    var format = Format.text

    func run() throws {
        let log = try NodeLog(directory)
        let done = try StoppedNode.using(log.directory) {
            try NodeFolder.rebuild(PosixFileSystem(), directory: log.directory)
        }
        let receipt = Receipt(node: log.name, done)
        var output = Output()
        switch format {
        case .text: for line in receipt.lines { output.line(line) }
        case .json: output.line(JSONText.line(receipt))
        }
        output.flush()
    }

    struct Receipt: Encodable {
        var node: String
        /// Nil when the node had not diverged.
        var divergedAt: UInt64?
        /// The snapshot that the next start begins with; nil for slot 1, or for an empty log.
        var snapshot: String?
        var keepsLog: Bool
        var kept: [String]

        init(node: String, _ done: NodeFolder.Rebuilding?) {
            self.node = node
            divergedAt = done?.report.slot.rawValue
            snapshot = done?.snapshot?.description
            keepsLog = done?.keepsLog ?? true
            kept = done?.kept.map(\.string) ?? []
        }

        var lines: [String] {
            guard let divergedAt else { return ["\(node): nothing to rebuild: it has not diverged"] }
            let next =
                !keepsLog
                ? "the next start learns the log from the other nodes"
                : "the next start replays the log from \(snapshot ?? "slot 1")"
            return ["\(node): diverged at slot \(divergedAt): \(next)"] + kept.map { "  kept: \($0)" }
        }
    }
}

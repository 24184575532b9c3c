// `logtool restore`: a new cluster that begins with the state as it was at a moment.

import ArgumentParser
import Paxos
import PaxosLog
import SystemPackage

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make folders of a new cluster with the state as it was then.",
        discussion: """
            Below the new folder each member, those of the old cluster unless others are named, gets its data folder, from
            which paxos-node starts: its log begins with the genesis of a new cluster, and the entries behind it set every
            key. What is written is read back, and replayed, before the members get their identities; a folder without one
            is started by no node. restore.json says what was restored from what.

            The cluster is another one: slots begin anew, so that keys have other created and modified slots, and the
            sessions of clients are not taken over. The old log stays what it is, and is read as before.

            `logtool help get` says what --at means, and what is told where the log does not prove the state.

            Example: logtool restore --at 2026-11-25T03:00:00Z --to restored paxos_logs/n0
            """)

    @OptionGroup var state: PastStateOptions

    @OptionGroup var target: NewClusterOptions

    @Option(help: "How to print.")
    var format = Format.text

    func run() throws {
        let past = try state.read()
        let fileSystem = PosixFileSystem()
        guard let nodes = target.members?.nodes ?? past.replay.membership?.members.map(\.node) else {
            throw Failure(status: 2, message: "no member is known before slot 1: name them with --members")
        }
        let cluster = try target.cluster(otherThan: past.log.cluster)
        let new = try NewCluster(
            cluster, members: nodes, in: target.directory, now: Timestamp.now.microseconds, fileSystem)
        let receipt = Receipt(
            asked: "\(state.at)", source: past.summary, sourceCluster: past.log.cluster.map { "\($0)" },
            restored: try new.write(past.store))
        try fileSystem.replace(target.directory.appending("restore.json"), with: JSONText.document(receipt))
        var output = Output()
        switch format {
        case .text:
            for line in receipt.restored.lines(target.to, [("from", past.summary.line)]) { output.line(line) }
        case .json: output.line(JSONText.line(receipt))
        }
        output.flush()
    }

    struct Receipt: Encodable {
        let version = 1
        var asked: String
        var source: PastState.Summary
        var sourceCluster: String?
        var restored: NewCluster.Summary
    }
}

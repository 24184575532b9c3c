// `logtool recover`: a new cluster out of the one node that is left, when a majority is lost for good.

import ArgumentParser
import Paxos
import PaxosLog
import SystemPackage

struct Recover: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a new cluster from what one node has left.",
        discussion: """
            For when a majority of the members is lost for good. The new folder gets the node's data folder for a cluster
            of its own, with a new id, which begins with the state that this node knows; recover.json says what went
            into it. The old folder stays as it is.

            What this node knows to be chosen is kept. So is what it has accepted behind that, in the order of the slots:
            such a command may have been answered, and if it was not chosen, nobody was told that it failed. What the
            others chose without this node is lost, and nobody can tell what that was.

            The new cluster has this node as its only member, unless --members names others. The node must be stopped.
            Where its log or journal is damaged nothing is written (exit 1): repair the log first, or restore what can be
            told.

            Example: logtool recover --force-new-cluster --to recovered paxos_logs/n0
            """)

    @Argument(help: ArgumentHelp("The data folder of a node.", valueName: "dir"), completion: .directory)
    var directory: String

    @Flag(help: "Say that the other members are lost: the cluster must not be alive anywhere.")
    var forceNewCluster = false

    @OptionGroup var target: NewClusterOptions

    @OptionGroup var archive: ArchiveOption

    @Option(help: "How to print.")
    var format = Format.text

    func validate() throws {
        try NodeURL.refuse(directory)
        if !forceNewCluster {
            throw ValidationError(
                "This makes a second cluster out of one node: say --force-new-cluster when the other members are lost.")
        }
    }

    func run() throws {
        let log = try archive.log(of: directory)
        let receipt = try StoppedNode.using(log.directory) { try recover(log) }
        var output = Output()
        switch format {
        case .text: for line in receipt.recovered.lines(target.to, receipt.found.rows) { output.line(line) }
        case .json: output.line(JSONText.line(receipt))
        }
        output.flush()
    }

    private func recover(_ log: NodeLog) throws -> Receipt {
        guard let identity = log.identity else {
            throw Failure(
                status: 2, message: "\(directory): nothing says which node this is: \(Identity.fileName) is gone")
        }
        let found = try LastState(of: log)
        let fileSystem = PosixFileSystem()
        let cluster = try target.cluster(otherThan: identity.cluster)
        let new = try NewCluster(
            cluster, members: target.members?.nodes ?? [identity.node], in: target.directory,
            now: Timestamp.now.microseconds, fileSystem)
        let receipt = Receipt(
            node: log.name, oldCluster: identity.cluster.map { "\($0)" }, found: found.summary,
            recovered: try new.write(found.store))
        try fileSystem.replace(target.directory.appending("recover.json"), with: JSONText.document(receipt))
        return receipt
    }

    struct Receipt: Encodable {
        let version = 1
        var node: String
        var oldCluster: String?
        var found: LastState.Summary
        var recovered: NewCluster.Summary
    }
}

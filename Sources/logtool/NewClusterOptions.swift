// Where a new cluster goes, what it is called and who its members are, on the command line.

import ArgumentParser
import Paxos
import PaxosLog
import SystemPackage

struct NewClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The new folder, for the members' folders.", valueName: "newdir"), completion: .directory)
    var to: String

    @Option(help: ArgumentHelp("The new cluster's id, 32 hexadecimal digits (default: random).", valueName: "id"))
    var cluster: ClusterArgument?

    @Option(help: ArgumentHelp("The members of the new cluster (default: see above).", valueName: "n0,n1,…"))
    var members: MemberList?

    var directory: FilePath { FilePath(to) }

    /// - Throws: `ValidationError` when it is the old one, whose name two clusters would then have.
    func cluster(otherThan old: UniqueID?) throws -> UniqueID {
        var random = SystemRandomNumberGenerator()
        guard let id = cluster?.id else { return .random(using: &random) }
        if id == old { throw ValidationError("--cluster \(id) is the cluster that the folder belongs to.") }
        return id
    }
}

struct ClusterArgument: ExpressibleByArgument {
    let id: UniqueID

    init?(argument: String) {
        guard let id = UniqueID(argument), id != .none else { return nil }
        self.id = id
    }
}

/// Members on the command line: names with commas between them, none twice.
struct MemberList: ExpressibleByArgument {
    let nodes: [NodeID]

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        nodes = words.compactMap { NodeID($0) }.sorted()
        guard nodes.count == words.count, Set(nodes).count == nodes.count, nodes.count <= Genesis.mostMembers else {
            return nil
        }
    }
}

// What all benchmarks of clusters are told of where they run.

import ArgumentParser

struct Surroundings: ParsableArguments {
    @Option(help: ArgumentHelp("Where the nodes keep their data while they run.", valueName: "folder"))
    var data = ".build/benchmark"
    @Option(help: ArgumentHelp("Where paxos-node and paxos-load are (default: beside this program)."))
    var programs: String?

    /// Says what machine this is, and runs three nodes as long as `body` takes.
    func withCluster(_ body: (NodeGroup, Programs) throws -> Void) throws {
        try withClusters { start, programs in try body(start("cluster"), programs) }
    }

    /// Says what machine this is. `body` starts clusters of three nodes by name, which run as long as it takes.
    func withClusters(_ body: (_ start: (String) throws -> NodeGroup, Programs) throws -> Void) throws {
        let programs = try Programs(folder: programs)
        let workspace = try Workspace(in: data)
        defer { workspace.remove() }
        print(Machine(dataFolder: workspace.folder).line)
        var clusters: [NodeGroup] = []
        defer { for cluster in clusters { cluster.stop() } }
        let start = { (name: String) in
            let cluster = try NodeGroup(System(name: name, nodes: 3), programs: programs, workspace: workspace)
            clusters.append(cluster)
            return cluster
        }
        try body(start, programs)
    }
}

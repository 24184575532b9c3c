// What all benchmarks of clusters are told of where they run.

import ArgumentParser

struct Surroundings: ParsableArguments {
    @Option(help: ArgumentHelp("Where the nodes keep their data while they run.", valueName: "folder"))
    var data = ".build/benchmark"
    @Option(help: ArgumentHelp("Where paxos-node and paxos-load are (default: beside this program)."))
    var programs: String?

    /// Says what machine this is, and runs three nodes as long as `body` takes.
    func withCluster(_ body: (NodeGroup, Programs) throws -> Void) throws {
        let programs = try Programs(folder: programs)
        let workspace = try Workspace(in: data)
        defer { workspace.remove() }
        print(Machine(dataFolder: workspace.folder).line)
        let cluster = try NodeGroup(System(name: "cluster", nodes: 3), programs: programs, workspace: workspace)
        defer { cluster.stop() }
        try body(cluster, programs)
    }
}

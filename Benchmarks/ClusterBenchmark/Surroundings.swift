// What all benchmarks of clusters are told of where they run.

import ArgumentParser

struct Surroundings: ParsableArguments {
    @Option(help: ArgumentHelp("Where the nodes keep their data while they run.", valueName: "folder"))
    var data = ".build/benchmark"
    @Option(help: ArgumentHelp("Where paxos-node and paxos-load are (default: beside this program)."))
    var programs: String?
}

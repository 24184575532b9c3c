// `logtool diff`: whether nodes agree, and where they first do not.

import ArgumentParser
import Console
import Paxos
import PaxosLog

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare what is chosen on any number of nodes.",
        discussion: """
            Logs are compared by their chain digests, by bisection: where those agree no payload is read, and the logs
            agree on everything before. Behind the last common block, slots are compared one by one. At the first slot
            that differs, what each node holds there is shown, and who is in the minority. Logs of different length that
            agree as far as the shorter one goes are no finding.

            A digest tells what was written, not whether the disk still has it: --payloads reads and checks every block
            too, as verify does.

            Running nodes, http://HOST:PORT, tell their digests: nothing else is sent as long as they agree.

            Examples:
              logtool diff paxos_logs/n0 paxos_logs/n1 paxos_logs/n2
              logtool diff http://127.0.0.1:8000 http://127.0.0.1:8001
            """)

    @Argument(help: "The data folders of two nodes or more, or the URLs of running ones.", completion: .directory)
    var directories: [String]

    @Flag(help: "Read and check every block, and not the digests alone.")
    var payloads = false

    @OptionGroup var archive: ArchiveOption

    @Option(help: "How to print.")
    var format = Format.text

    func validate() throws {
        if directories.count < 2 { throw ValidationError("Name at least two folders.") }
    }

    func run() throws {
        let logs = try directories.map { try archive.log(of: $0) }
        let progress = payloads ? ProgressLine("diff", bytes: try logs.reduce(0) { try $0 + $1.storedBytes() }) : nil
        let comparison = try Comparison(logs, readsPayloads: payloads, progress: progress)
        progress?.erase()
        var output = Output()
        switch format {
        case .text: for line in comparison.lines(.output) { output.line(line) }
        case .json:
            for node in comparison.nodes {
                for damage in node.damage { output.line(JSONText.line(DamageObject(damage, node: node.log.name))) }
            }
            output.line(JSONText.line(comparison.summary))
        }
        output.flush()
        if comparison.verdict != .clean { throw ExitCode(comparison.verdict.rawValue) }
    }
}

// `logtool tail`: what is chosen, as it is chosen.

import ArgumentParser
import Console
import Glibc
import Paxos
import PaxosLog

struct Tail: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow a node's log.",
        discussion: """
            Each chosen entry is printed once and in the order of the slots, as print prints it, from the journal as soon
            as the node knows it to be chosen there. It goes on across the ends of segments, and until it is interrupted
            (exit 0). Without --from it begins behind what is chosen now.

            Of a running node, http://HOST:PORT, entries come as soon as the node has applied them; when it does not answer
            any more, it is waited for.

            When compaction has removed a slot before it was printed, it says so and ends (exit 2). Damage is told, and
            the entries behind it follow (exit 1 at the end).

            Examples:
              logtool tail paxos_logs/n0 --from 1 --format json
              logtool tail http://127.0.0.1:8000
            """)

    @Argument(
        help: ArgumentHelp("The data folder of a node, or the URL of one that runs.", valueName: "dir"),
        completion: .directory)
    var directory: String

    @Option(help: ArgumentHelp("The first slot to print.", valueName: "slot"))
    var from: SlotArgument?

    @OptionGroup var archive: ArchiveOption

    @Option(help: "How to print.")
    var format = Format.text

    /// How long it waits before it looks again.
    private static let pauseMicroseconds: UInt32 = 200_000

    func validate() throws {
        if archive.archive != nil, NodeURL(directory) != nil {
            throw ValidationError("--archive goes with a folder: a running node says so when it was compacted.")
        }
    }

    func run() throws {
        var follower = try follower()
        var output = Output()
        var verdict = Verdict.clean
        Interrupt.listen()
        while !Interrupt.isAsked {
            do {
                defer { output.flush() }
                try follower.poll { event in
                    switch event {
                    case .entry(let entry):
                        output.line(format == .text ? entry.line : JSONText.line(EntryObject(entry)))
                    case .damage(let damage):
                        verdict = .finding
                        output.complain(damage.sentence)
                    }
                    return !Interrupt.isAsked
                }
            }
            usleep(Tail.pauseMicroseconds)
        }
        if verdict != .clean { throw ExitCode(verdict.rawValue) }
    }

    private func follower() throws -> any Follower {
        let first = from.map { Slot($0.value) }
        if let url = NodeURL(directory) { return try NodeFollower(NodeClient(url), from: first) }
        let log = try archive.log(of: directory)
        return LogFollower(log, from: try first ?? log.chosenThrough().next)
    }
}

extension NodeLog {
    /// The last slot that this node knows to be chosen, with all before it.
    fileprivate func chosenThrough() throws -> Slot {
        let through = try logThrough()
        return try journal(above: through).chosenThrough(behind: through)
    }
}

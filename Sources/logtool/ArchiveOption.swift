// What compaction put aside of a log, on the command line: read together with the folder that it came from.

import ArgumentParser
import PaxosLog

struct ArchiveOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder with segments that compaction put aside, read together with the log.", valueName: "dir"),
        completion: .directory)
    var archive: String?

    /// - Parameter place: a folder, or the URL of a running node.
    func log(of place: String) throws -> NodeLog {
        guard let url = NodeURL(place) else { return try NodeLog(place, archive: archive) }
        return try NodeLog(LiveNode(NodeClient(url)), archive: archive)
    }
}

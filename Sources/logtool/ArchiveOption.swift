// What compaction put aside of a log, on the command line: read together with the folder that it came from.

import ArgumentParser
import PaxosLog

struct ArchiveOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder with segments that compaction put aside, read together with the log.", valueName: "dir"),
        completion: .directory)
    var archive: String?

    func log(of directory: String) throws -> NodeLog { try NodeLog(directory, archive: archive) }
}

// The command-line tool that reads, proves, compares and mends the logs of nodes. Its subcommands work on the folder of a
// node that runs and write nothing, those aside whose purpose it is.

import ArgumentParser
import Glibc
import Paxos
import PaxosLog

@main
struct Logtool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logtool",
        abstract: "Read, verify, compare and mend the logs of nodes.",
        discussion: """
            DIR is the data folder of a node, with its log/, journal/ and identity.json; or, where nothing is written
            to it, a node that runs: http://HOST:PORT, its --http address, or that of --admin where there is one.

            Exit status: 0 clean; 1 a finding (damage, divergence); 2 cannot tell, because data are missing;
            64 usage; 66 no such input; 74 the disk, or the network, refused.
            """,
        subcommands: [
            Info.self, Print.self, Verify.self, Diff.self, History.self, Get.self, Dump.self, Restore.self, Repair.self,
            Recover.self, Rebuild.self, Tail.self, Backup.self, Compact.self,
        ])

    static func main() {
        // A reader that goes away, as `head` does, ends this program quietly: `Output` sees the error of the write.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            Output.complain(failure.message)
            Glibc.exit(failure.status)
        } catch let error as StorageError {
            let failure = Failure(error)
            Output.complain(failure.message)
            Glibc.exit(failure.status)
        } catch {
            exit(withError: error)
        }
    }
}

/// What a run found, as its exit status.
enum Verdict: Int32 {
    case clean = 0
    case finding = 1
    case cannotTell = 2

    /// A finding counts most, then what can't be told.
    mutating func add(_ other: Verdict) { if other == .finding || self == .clean { self = other } }
}

/// Why a run could not be made.
struct Failure: Error {
    var status: Int32
    var message: String

    static func noInput(_ message: String) -> Failure { Failure(status: 66, message: message) }

    init(status: Int32, message: String) {
        self.status = status
        self.message = message
    }

    init(_ error: StorageError) {
        let status: Int32 =
            switch error {
            case .io: 74
            case .corrupt, .unsupportedVersion, .foreign: 1
            case .missing: 2
            }
        self.init(status: status, message: error.sentence)
    }
}

enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// A slot on the command line: a number from 1 on.
struct SlotArgument: ExpressibleByArgument {
    let value: UInt64

    /// No log has a later one.
    static let last = Slot(1 << 62)

    init?(argument: String) {
        guard let value = UInt64(argument), value > 0, value <= SlotArgument.last.rawValue else { return nil }
        self.value = value
    }
}

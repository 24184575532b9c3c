// Ends the process where it stands, with one line that says why: for what makes every further step unsafe. Nothing is
// flushed, as in a crash, which is what the other nodes and the next start are made for.

import Glibc
import PaxosLog

enum ProcessEnd {
    /// A write or a sync failed. What is on disk is in doubt, and another call that succeeds would prove nothing.
    static func diskFailed(_ error: StorageError, while doing: String) -> Never {
        now(ExitStatus.inputOutput, "the disk failed while \(doing): \(error.sentence)")
    }

    static func now(_ status: Int32, _ message: String? = nil) -> Never {
        if let message { StandardStreams.complain(message) }
        _exit(status)
    }
}

enum StandardStreams {
    /// One line on standard error. Written in one call, so that lines of several threads do not mix.
    static func complain(_ message: String) {
        write("paxos-node: \(message)\n", to: STDERR_FILENO)
    }

    /// One line on standard output.
    static func say(_ line: String) {
        write("\(line)\n", to: STDOUT_FILENO)
    }

    private static func write(_ text: String, to descriptor: CInt) {
        var text = text
        // Nobody is left to tell when these streams fail.
        _ = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}

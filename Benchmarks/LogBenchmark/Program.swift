// A program run to its end, with its output thrown away, and how long that took.

import Glibc
import Measuring

struct Program {
    private let path: String
    private let arguments: [String]

    init(_ path: String, _ arguments: String...) {
        self.path = path
        self.arguments = arguments
    }

    /// Where the PATH has a program of this name.
    static func find(_ name: String) -> String? {
        let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return folders.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// - Returns: the seconds from its start to its end.
    /// - Throws: `BenchmarkFailure` unless it ends with exit status 0.
    func run() throws -> Double {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let start = ContinuousClock.now
        guard posix_spawn(&process, path, &actions, nil, &words, environ) == 0 else {
            throw BenchmarkFailure("\(path) cannot be started")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let elapsed = start.duration(to: .now).components
        guard status == 0 else {
            throw BenchmarkFailure("\(path) \(arguments.joined(separator: " ")) failed with status \(status >> 8)")
        }
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    }
}

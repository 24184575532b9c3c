// A program started by a test: its pid, its output in a file, and how it ended. Known by its pid alone, and always
// waited for, so that the pid cannot belong to another program while a signal is sent.

import Foundation
import Glibc
import Synchronization

final class ChildProcess: Sendable {
    enum Ending: Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    let pid: pid_t
    private let ending = Mutex<Ending?>(nil)

    /// Starts `program`; both its outputs are appended to the file at `output`.
    init(_ program: String, _ arguments: [String], output: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The thread that calls this may have signals blocked, which the program would inherit and never hear SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PAXOS_") }
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + settings { free(text) } }
        var started: pid_t = 0
        let error = posix_spawn(&started, program, &actions, &attributes, &words, &settings)
        guard error == 0 else { throw CannotStart(program: program, error: error) }
        pid = started
        ChildProcess.running.withLock { $0[started] = self }
    }

    struct CannotStart: Error {
        var program: String
        var error: Int32
    }

    /// How it ended; nil while it runs.
    func poll() -> Ending? {
        ending.withLock { ending in
            if let ending { return ending }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            let signal = status & 0x7F
            ending = signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
            ChildProcess.running.withLock { $0[pid] = nil }
            return ending
        }
    }

    func send(_ signal: Int32) {
        ending.withLock { ending in
            if ending == nil { kill(pid, signal) }
        }
    }

    /// Waits until it has ended.
    func wait(seconds: Double = 30) async throws -> Ending {
        try await eventually("process \(pid) has ended", seconds: seconds) { self.poll() }
    }

    /// Ends it at once, as a loss of power would end it.
    func killNow() async throws {
        send(SIGKILL)
        _ = try await wait()
    }

    private static let running: Mutex<[pid_t: ChildProcess]> = {
        // However the tests end, nothing that they started runs on.
        atexit { ChildProcess.running.withLock { for pid in $0.keys { kill(pid, SIGKILL) } } }
        return Mutex([:])
    }()
}

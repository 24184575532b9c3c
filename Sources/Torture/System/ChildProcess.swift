// A program that was started: its pid, its output in a file, and how it ended. Known by its pid alone, and always waited
// for, so that the pid can't belong to another program while a signal is sent. Used by one thread.

import Glibc

final class ChildProcess {
    enum Ending: Equatable, CustomStringConvertible {
        case exit(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .exit(let status): "exit status \(status)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    let pid: pid_t
    private var ending: Ending?

    /// Starts a program by its path; both its outputs are appended to the file at `output`, or only its standard output
    /// to that, and the errors to `errors`.
    init(_ command: [String], output: String, errors: String? = nil) throws(TortureFailure) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // In a group of its own, so that an interrupt from the terminal reaches it by way of this program alone.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var words = command.map { strdup($0) } + [nil]
        defer { for text in words { free(text) } }
        var started: pid_t = 0
        let error = posix_spawnp(&started, command[0], &actions, &attributes, &words, environ)
        guard error == 0 else {
            throw .unavailable("\(command[0]): \(String(cString: strerror(error)))")
        }
        pid = started
        ChildProcess.running[started] = self
    }

    /// How it ended; nil while it runs.
    func poll() -> Ending? {
        if let ending { return ending }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = status & 0x7F
        ending = signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
        ChildProcess.running[pid] = nil
        return ending
    }

    func send(_ signal: Int32) {
        if poll() == nil { kill(pid, signal) }
    }

    /// Nil when it has not ended within `seconds`.
    func wait(seconds: Double) -> Ending? {
        let deadline = Clock.now + seconds
        while true {
            if let ending = poll() { return ending }
            guard Clock.now < deadline else { return nil }
            usleep(5_000)
        }
    }

    func killNow() {
        send(SIGKILL)
        _ = wait(seconds: 10)
    }

    /// Runs a program to its end.
    static func run(
        _ command: [String], output: String = "/dev/null", errors: String? = nil, seconds: Double = 120
    ) throws(TortureFailure) -> Ending {
        let process = try ChildProcess(command, output: output, errors: errors)
        if let ending = process.wait(seconds: seconds) { return ending }
        process.killNow()
        throw .unavailable("\(command.joined(separator: " ")): has not ended within \(seconds) s")
    }

    /// Whatever was started and has not been seen to end is killed.
    static func killAll() {
        for process in running.values { process.send(SIGKILL) }
        for process in running.values { _ = process.wait(seconds: 10) }
    }

    // Unsafe, because this program has one thread.
    nonisolated(unsafe) private static var running: [pid_t: ChildProcess] = [:]
}

/// A monotonic clock, in seconds.
enum Clock {
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

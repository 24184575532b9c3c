// One target's inputs, shared out among processes that are watched: one that ends badly, or stays at one input, ends all.

import Console
import Fuzzing
import Glibc

struct FuzzFailure: Error, CustomStringConvertible {
    let target: String
    let seed: UInt64
    let index: Int
    let reason: String

    var description: String {
        "\(target): \(reason) at input \(index); again: fuzz --target \(target) --seed \(seed) --from \(index) --inputs 1"
    }
}

struct FuzzCampaign {
    let target: String
    let seed: UInt64
    let inputs: Range<Int>
    let jobs: Int
    let hangSeconds: Int

    private final class Job {
        let process: pid_t
        let file: String
        let progress: FuzzProgress
        var isRunning = true
        /// The input that it was seen at last, and when it came to it.
        var seen = (index: -1, since: ContinuousClock.now)

        init(process: pid_t, file: String, progress: FuzzProgress) {
            self.process = process
            self.file = file
            self.progress = progress
        }
    }

    func run() throws -> FuzzProgress.Fields {
        var jobs: [Job] = []
        defer { for job in jobs { end(job) } }
        let share = (inputs.count + self.jobs - 1) / self.jobs
        for first in stride(from: inputs.lowerBound, to: inputs.upperBound, by: share) {
            jobs.append(try start(first..<min(first + share, inputs.upperBound)))
        }
        while jobs.contains(where: \.isRunning) {
            for job in jobs where job.isRunning { try look(at: job) }
            if StandardError.isTerminal {
                let done = jobs.reduce(0) { $0 + $1.progress.fields.inputs }
                StandardError.sayInPlace("\(target): \(done) of \(inputs.count)")
            }
            usleep(20_000)
        }
        if StandardError.isTerminal { StandardError.sayInPlace("") }
        return jobs.map(\.progress.fields).reduce(into: FuzzProgress.Fields()) { sum, fields in
            sum.inputs += fields.inputs
            sum.decoded += fields.decoded
            sum.longestNanoseconds = max(sum.longestNanoseconds, fields.longestNanoseconds)
            sum.largestAllocation = max(sum.largestAllocation, fields.largestAllocation)
            sum.mostAllocated = max(sum.mostAllocated, fields.mostAllocated)
        }
    }

    private func start(_ range: Range<Int>) throws -> Job {
        var name = Array("\(TemporaryFolder.path)/fuzz-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        let file = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        guard descriptor >= 0, let progress = FuzzProgress(file: file) else {
            throw FuzzFailure(target: target, seed: seed, index: range.lowerBound, reason: "\(file) can't be made")
        }
        close(descriptor)
        let arguments = [
            "/proc/self/exe", "--target", target, "--seed", "\(seed)", "--from", "\(range.lowerBound)", "--inputs",
            "\(range.count)", "--progress", file,
        ]
        // The crash handler of the runtime takes seconds to draw a stack, and a message goes before it anyway.
        setenv("SWIFT_BACKTRACE", "enable=no", 1)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        guard posix_spawn(&process, arguments[0], nil, nil, &words, environ) == 0 else {
            throw FuzzFailure(target: target, seed: seed, index: range.lowerBound, reason: "no process can be started")
        }
        return Job(process: process, file: file, progress: progress)
    }

    /// Whether a process has ended, and well, or still comes on.
    private func look(at job: Job) throws {
        var status: CInt = 0
        if waitpid(job.process, &status, WNOHANG) == job.process {
            job.isRunning = false
            guard status != 0 else { return }
            let signal = status & 0x7F
            let isTooLarge = job.progress.fields.isTooLarge != 0
            throw failure(
                job, isTooLarge ? "too much was allocated" : signal == 0 ? "ended badly" : "crashed by signal \(signal)"
            )
        }
        let index = job.progress.fields.index
        if index != job.seen.index {
            job.seen = (index, .now)
        } else if ContinuousClock.now - job.seen.since > .seconds(hangSeconds) {
            throw failure(job, "no end within \(hangSeconds) s")
        }
    }

    private func failure(_ job: Job, _ reason: String) -> FuzzFailure {
        FuzzFailure(target: target, seed: seed, index: job.progress.fields.index, reason: reason)
    }

    private func end(_ job: Job) {
        if job.isRunning {
            kill(job.process, SIGKILL)
            var status: CInt = 0
            waitpid(job.process, &status, 0)
        }
        unlink(job.file)
    }
}

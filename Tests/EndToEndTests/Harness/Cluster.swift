// Real nodes on this machine, with their data in a temporary folder. Whatever becomes of a test, they are killed by
// their pids and their folder goes; after a failure their output is shown first.

import Foundation
import Testing

actor Cluster {
    nonisolated let folder: String
    nonisolated let httpPorts: [Int]
    nonisolated let peerPorts: [Int]
    private let extraArguments: [String]
    private var processes: [Int: ChildProcess] = [:]

    private init(count: Int, extraArguments: [String]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("paxos-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let ports = FreePorts.take(2 * count)
        httpPorts = Array(ports[..<count])
        peerPorts = Array(ports[count...])
        self.extraArguments = extraArguments
    }

    /// Runs `body` with a cluster that has just been started and elected a leader.
    static func run(
        of count: Int = 3, extraArguments: [String] = [], _ body: (Cluster) async throws -> Void
    ) async throws {
        let cluster = try Cluster(count: count, extraArguments: extraArguments)
        // An issue that was recorded without an error being thrown is a failure too, but cannot be seen from here; the
        // output is kept for as long as the test runs.
        do {
            try await cluster.startAll()
            try await body(cluster)
            try await cluster.expectAliveOrStopped()
        } catch {
            await cluster.showOutput()
            await cluster.remove()
            throw error
        }
        await cluster.remove()
    }

    nonisolated var count: Int { httpPorts.count }
    nonisolated var all: Range<Int> { 0..<count }

    nonisolated func client(_ node: Int) -> Client { Client(port: httpPorts[node]) }
    nonisolated func data(_ node: Int) -> String { "\(folder)/n\(node)" }
    nonisolated var folders: [String] { all.map(data) }

    nonisolated func arguments(_ node: Int) -> [String] {
        let peers = all.map { "n\($0)=127.0.0.1:\(peerPorts[$0])" }.joined(separator: ",")
        return [
            "--id", "n\(node)", "--data", data(node), "--http", "127.0.0.1:\(httpPorts[node])",
            "--listen", "127.0.0.1:\(peerPorts[node])", "--peers", peers,
        ] + extraArguments
    }

    // MARK: Starting and ending

    func start(_ node: Int) throws {
        precondition(processes[node] == nil, "a node runs once")
        processes[node] = try ChildProcess(Programs.node, arguments(node), output: output(node))
    }

    /// Starts a node with an empty small disk in memory, in mounts of its own: it has room for one file of the journal.
    /// - Returns: the file that takes the rest of the room.
    func startWithoutRoom(_ node: Int) throws -> String {
        precondition(processes[node] == nil, "a node runs once")
        let script = #"mount -t tmpfs -o size=128m none "$0" && fallocate -l 80m "$0/ballast" && exec "$@""#
        let process = try ChildProcess(
            "/usr/bin/unshare",
            ["--mount", "--propagation", "private", "sh", "-c", script, data(node), Programs.node] + arguments(node),
            output: output(node))
        processes[node] = process
        return "/proc/\(process.pid)/root\(data(node))/ballast"
    }

    /// Whether a process may have mounts of its own here.
    static func canMount() async -> Bool {
        let script = ["--mount", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/mnt"]
        let trial = try? ChildProcess("/usr/bin/unshare", script, output: "/dev/null")
        return (try? await trial?.wait()) == .exit(0)
    }

    func startAll() async throws {
        for node in all where processes[node] == nil { try start(node) }
        for node in all { try await waitUntilHealthy(node) }
    }

    /// As a loss of power would end it.
    func kill(_ node: Int) async throws {
        try await process(node).killNow()
        processes[node] = nil
    }

    func killAll() async throws {
        for process in processes.values { process.send(SIGKILL) }
        for process in processes.values { _ = try await process.wait() }
        processes = [:]
    }

    /// In good order; gives how it ended.
    @discardableResult
    func stop(_ node: Int, seconds: Double = 30) async throws -> ChildProcess.Ending {
        let process = try process(node)
        process.send(SIGTERM)
        let ending = try await process.wait(seconds: seconds)
        processes[node] = nil
        return ending
    }

    func stopAll() async throws {
        for process in processes.values { process.send(SIGTERM) }
        for node in processes.keys.sorted() { try await stop(node) }
    }

    /// How a node that was expected to end by itself did.
    func ending(of node: Int) async throws -> ChildProcess.Ending {
        let ending = try await process(node).wait()
        processes[node] = nil
        return ending
    }

    private func process(_ node: Int) throws -> ChildProcess {
        try #require(processes[node], "n\(node) runs")
    }

    /// Takes everything from a node that does not run.
    func empty(_ node: Int) throws {
        precondition(processes[node] == nil, "a folder is not emptied under a node")
        try FileManager.default.removeItem(atPath: data(node))
    }

    /// Flips a bit of a file of a node that does not run; in its middle unless an offset is given.
    func flip(_ node: Int, _ file: String, at offset: Int? = nil) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: "\(data(node))/\(file)"))
        let place = try UInt64(offset ?? Int(handle.seekToEnd()) / 2)
        try handle.seek(toOffset: place)
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: place)
        try handle.write(contentsOf: Data([byte ^ 1]))
        try handle.close()
    }

    // MARK: Waiting

    func waitUntilVoting(_ node: Int, incarnation: Int) async throws {
        try await eventually("n\(node) votes as incarnation \(incarnation)") {
            let status = try await client(node).status()
            return status["incarnation"] as? Int == incarnation
                && ["follower", "leader"].contains(status["role"] as? String)
        }
    }

    func waitUntilHealthy(_ node: Int) async throws {
        try await eventually("n\(node) is healthy") {
            if let ending = processes[node]?.poll() {
                throw DeadlineMissed(description: "n\(node) ended by itself: \(ending)")
            }
            return try await client(node).get("/health").status == 200
        }
    }

    /// The node that leads, by its own word and that of all others that run.
    func leader() async throws -> Int {
        let running = processes.keys.sorted()
        return try await eventually("all nodes that run name one leader") {
            var names: Set<String> = []
            for node in running {
                guard let name = try await client(node).status()["leader"] as? String else { return nil }
                names.insert(name)
            }
            guard names.count == 1, let name = names.first, let leader = Int(name.dropFirst()) else { return nil }
            return running.contains(leader) ? leader : nil
        }
    }

    /// Waits until every node has applied what the farthest has.
    func waitUntilEqual() async throws {
        try await eventually("all nodes have applied the same slots to the same state") {
            var states: Set<String> = []
            for node in all {
                let status = try await client(node).status()
                guard let slot = status["appliedThrough"] as? Int, let digest = status["digest"] as? String else {
                    return false
                }
                states.insert("\(slot) \(digest)")
            }
            return states.count == 1
        }
    }

    // MARK: Cleaning up

    private nonisolated func output(_ node: Int) -> String { "\(folder)/n\(node).output" }

    private func expectAliveOrStopped() throws {
        for (node, process) in processes {
            if let ending = process.poll() { throw DeadlineMissed(description: "n\(node) ended by itself: \(ending)") }
        }
    }

    func showOutput() {
        for node in all {
            let text = String(decoding: FileManager.default.contents(atPath: output(node)) ?? Data(), as: UTF8.self)
            let lines = text.split(separator: "\n").suffix(40)
            print("--- the last \(lines.count) lines of n\(node)'s output")
            for line in lines { print(line) }
        }
    }

    private func remove() async {
        for process in processes.values { try? await process.killNow() }
        processes = [:]
        try? FileManager.default.removeItem(atPath: folder)
    }
}

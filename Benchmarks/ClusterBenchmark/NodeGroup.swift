// One node, or some that form a cluster, as processes of this machine on free ports.

import Foundation
import Measuring

final class NodeGroup {
    let addresses: [String]
    private var processes: [Process] = []
    private let workspace: Workspace
    private let system: System

    /// Returns when all of them serve.
    init(_ system: System, programs: Programs, workspace: Workspace) throws {
        self.system = system
        self.workspace = workspace
        let ports = try Loopback.freePorts(2 * system.nodes)
        let httpPorts = ports.prefix(system.nodes)
        let peers = ports.suffix(system.nodes).enumerated().map { "n\($0)=127.0.0.1:\($1)" }
        addresses = httpPorts.map { "http://127.0.0.1:\($0)" }
        do {
            for number in 0..<system.nodes {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: programs.node)
                process.arguments =
                    ["--id", "n\(number)", "--data", data(number), "--http", "127.0.0.1:\(httpPorts[number])"]
                    + (system.nodes == 1
                        ? []
                        : ["--listen", "127.0.0.1:\(ports[system.nodes + number])"]
                            + ["--peers", peers.joined(separator: ",")])
                process.standardInput = FileHandle.nullDevice
                process.standardOutput = try outputFile(number)
                process.standardError = process.standardOutput
                try Running.start(process)
                processes.append(process)
            }
            for number in 0..<system.nodes { try waitUntilHealthy(number) }
        } catch {
            stop()
            throw error
        }
    }

    func data(_ number: Int) -> String { "\(workspace.folder)/\(system.name)-n\(number)" }

    func diskUse(_ number: Int) -> DiskUse {
        DiskUse(of: data(number), process: processes[number].processIdentifier)
    }

    /// The memory that a node has, in bytes; nil when it does not run.
    func residentBytes(_ number: Int) -> Int? {
        let path = "/proc/\(processes[number].processIdentifier)/statm"
        let pages = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: " ").dropFirst().first
        return pages.flatMap { Int($0) }.map { $0 * Int(getpagesize()) }
    }

    private func output(_ number: Int) -> String { "\(data(number)).output" }

    private func outputFile(_ number: Int) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: output(number), contents: nil)
        return try FileHandle(forWritingTo: URL(fileURLWithPath: output(number)))
    }

    private func waitUntilHealthy(_ number: Int) throws {
        let deadline = Date(timeIntervalSinceNow: 30)
        while !Loopback.answersWell(addresses[number] + "/health") {
            guard Date() < deadline, processes[number].isRunning else {
                let text = (try? String(contentsOfFile: output(number), encoding: .utf8)) ?? ""
                let end = text.split(separator: "\n").suffix(5).joined(separator: "\n")
                throw BenchmarkFailure("n\(number) does not serve; the end of its output:\n\(end)")
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    /// Ends them and deletes their data.
    func stop() {
        for process in processes { process.terminate() }
        for process in processes {
            let deadline = Date(timeIntervalSinceNow: 10)
            while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.01) }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            Running.forget(process)
        }
        processes = []
        for number in 0..<system.nodes { try? FileManager.default.removeItem(atPath: data(number)) }
    }
}

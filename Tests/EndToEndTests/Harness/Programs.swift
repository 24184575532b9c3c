// The programs under test, as the build made them, and runs of them to their end.

import Foundation
import Testing

enum Programs {
    static var node: String { path("paxos-node", setting: "PAXOS_NODE") }
    static var logtool: String { path("logtool", setting: "LOGTOOL") }
    static var load: String { path("paxos-load", setting: "PAXOS_LOAD") }

    /// Beside the tests' own program, where SwiftPM puts them, unless the environment names another.
    private static func path(_ name: String, setting: String) -> String {
        if let path = ProcessInfo.processInfo.environment[setting] { return path }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent(name).path
    }
}

/// A program that ran to its end.
struct FinishedRun {
    var ending: ChildProcess.Ending
    /// Standard output and standard error, as they came.
    var output: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    init(_ program: String, _ arguments: [String], seconds: Double = 60) async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("output-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = try ChildProcess(program, arguments, output: file)
        do {
            ending = try await process.wait(seconds: seconds)
        } catch {
            try await process.killNow()
            throw error
        }
        output = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
    }
}

/// Runs `logtool` to its end.
func logtool(_ arguments: String...) async throws -> FinishedRun {
    try await FinishedRun(Programs.logtool, arguments)
}

// The program: reads the settings, runs a node, and ends with the status that says how it went.

import ArgumentParser
import Glibc
import Metrics
import NIOCore
import NIOPosix
import PaxosLog
import SystemPackage

@main
struct PaxosNode {
    static func main() async {
        do {
            let flags = try flags()
            let given = try await GivenSettings(flags: flags.given, environment: environment, file: file(flags))
            let configuration = try NodeConfiguration(given)
            if flags.printConfiguration {
                for line in given.table { StandardStreams.say(line) }
                exit(0)
            }
            MetricsSystem.bootstrap(Prometheus.shared)
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let loop = group.next()
            let startup = Startup(configuration, settings: given, fileSystem: PosixFileSystem(), loop: loop)
            // Requests, the driver and the other nodes share one event loop, and the tasks run there too: a change of
            // thread costs more than all the rest of a request.
            try await withTaskExecutorPreference(LoopTaskExecutor(loop)) { try await startup.run() }
        } catch let failure as StartFailure {
            ProcessEnd.now(failure.status, failure.message)
        } catch {
            ProcessEnd.now(ExitStatus.software, "\(error)")
        }
        exit(0)
    }

    private static func flags() throws(StartFailure) -> CommandLineFlags {
        do {
            return try CommandLineFlags.parse()
        } catch {
            let isHelp = CommandLineFlags.exitCode(for: error) == .success
            if isHelp {
                StandardStreams.say(CommandLineFlags.fullMessage(for: error))
                exit(0)
            }
            throw .usage("\(CommandLineFlags.message(for: error)) (paxos-node --help tells the settings)")
        }
    }

    private static func file(_ flags: CommandLineFlags) async throws(StartFailure) -> SettingsFile? {
        guard let path = flags.configuration ?? variable(Setting.fileVariable), !path.isEmpty else { return nil }
        return try await SettingsFile(reading: FilePath(path))
    }

    private static var environment: [String: String] {
        var variables: [String: String] = [:]
        for setting in Setting.allCases {
            variables[setting.environmentVariable] = variable(setting.environmentVariable)
        }
        return variables
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

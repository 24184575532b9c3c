// The program: reads the settings, runs a node, and ends with the status that says how it went.

import ArgumentParser
import Glibc
import NIOCore
import NIOPosix
import PaxosLog

@main
struct PaxosNode {
    static func main() async {
        do {
            let configuration = try NodeConfiguration(
                GivenSettings(flags: flags().given, environment: environment))
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let loop = group.next()
            let startup = Startup(configuration, fileSystem: PosixFileSystem(), loop: loop)
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

    private static var environment: [String: String] {
        var variables: [String: String] = [:]
        for setting in Setting.allCases {
            if let text = getenv(setting.environmentVariable) {
                variables[setting.environmentVariable] = String(cString: text)
            }
        }
        return variables
    }
}

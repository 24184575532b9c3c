import ArgumentParser
import Logging
import Paxos
import PaxosLog
import Replication
import SystemPackage
import Testing

@testable import Node

@Suite struct ConfigurationTests {
    static let three = "n0=127.0.0.1:7000,n1=127.0.0.1:7001,n2=[::1]:7002"

    private func configuration(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> NodeConfiguration {
        try NodeConfiguration(
            GivenSettings(flags: CommandLineFlags.parse(arguments).given, environment: environment))
    }

    private static let alone = ["--id", "n0", "--data", "d", "--http", "127.0.0.1:8000"]

    @Test func oneNodeAloneNeedsThreeSettings() throws {
        let found = try configuration(Self.alone)
        #expect(found.node == NodeID(0))
        #expect(found.data == "d")
        #expect(found.http == HostAndPort(host: "127.0.0.1", port: 8000))
        #expect(found.listen == nil && found.others.isEmpty && found.members == [NodeID(0)])
        #expect(!found.allowsCrash && !found.isBootstrapping)
        #expect(found.logLevel == .info && found.requestTimeoutMilliseconds == 5_000)
        #expect(found.driver.requestTicks == 500)
        #expect(found.admin == nil && found.clientTimeoutMilliseconds == 30_000)
        #expect(found.mostConnections == 10_000 && found.mostRequests == 65_536)
    }

    @Test func threeNodesByFlags() throws {
        let found = try configuration(
            Self.alone + [
                "--listen", "0.0.0.0:7000", "--peers", Self.three, "--allow-crash", "--bootstrap", "--log-level",
                "debug", "--request-timeout", "0.25",
            ])
        #expect(found.members == [NodeID(0), NodeID(1), NodeID(2)])
        #expect(found.others[NodeID(2)] == HostAndPort(host: "::1", port: 7002))
        #expect(found.others[NodeID(0)] == nil)
        #expect(found.allowsCrash && found.isBootstrapping && found.logLevel == .debug)
        #expect(found.driver.requestTicks == 25 && found.driver.resendTicks == 8)
        #expect(found.driver.isBootstrapping && found.driver.members == found.members)
    }

    @Test func environmentCountsAndFlagsWin() throws {
        let environment = [
            "PAXOS_ID": "n1", "PAXOS_DATA": "/e", "PAXOS_HTTP": "[::]:0", "PAXOS_LISTEN": "localhost:7001",
            "PAXOS_PEERS": Self.three, "PAXOS_ALLOW_CRASH": "yes", "PAXOS_LOG_LEVEL": "ERROR",
            "PAXOS_REQUEST_TIMEOUT": "2", "PAXOS_BOOTSTRAP": "0",
        ]
        let found = try configuration([], environment)
        #expect(found.node == NodeID(1) && found.data == "/e" && found.http.port == 0)
        #expect(found.allowsCrash && !found.isBootstrapping && found.logLevel == .error)
        #expect(found.requestTimeoutMilliseconds == 2_000)
        let other = try configuration(["--id", "n2", "--data", "/f"], environment)
        #expect(other.node == NodeID(2) && other.data == "/f" && other.http.port == 0)
    }

    @Test func emptyEnvironmentVariableIsNotSet() throws {
        let found = try configuration(Self.alone, ["PAXOS_PEERS": "", "PAXOS_LISTEN": "", "PAXOS_ALLOW_CRASH": ""])
        #expect(found.others.isEmpty && !found.allowsCrash)
    }

    /// What is given, and what the complaint must name.
    static let wrong: [(arguments: [String], environment: [String: String], named: String)] = [
        ([], [:], "PAXOS_ID"),
        (["--id", "n0"], [:], "--data"),
        (["--id", "n0", "--data", "d"], [:], "--http"),
        (["--id", "0", "--data", "d", "--http", "h:1"], [:], "--id: '0'"),
        (["--id", "n00", "--data", "d", "--http", "h:1"], [:], "'n00'"),
        (["--id", "n65536", "--data", "d", "--http", "h:1"], [:], "'n65536'"),
        (["--id", "n0", "--data", "", "--http", "h:1"], [:], "--data is empty"),
        (["--id", "n0", "--data", "d", "--http", "nonsense"], [:], "port is missing"),
        (["--id", "n0", "--data", "d", "--http", ":8000"], [:], "host is missing"),
        (["--id", "n0", "--data", "d", "--http", "h:99999"], [:], "'99999'"),
        (["--id", "n0", "--data", "d", "--http", "h:+80"], [:], "'+80'"),
        (["--id", "n0", "--data", "d", "--http", "h:"], [:], "not a port"),
        (["--id", "n0", "--data", "d", "--http", "::1:80"], [:], "brackets"),
        (["--id", "n0", "--data", "d", "--http", "[::1]80"], [:], "HOST:PORT"),
        (["--id", "n0", "--data", "d", "--http", "http://h:1"], [:], "brackets"),
        (["--id", "n0", "--data", "d"], ["PAXOS_HTTP": "a b:1"], "PAXOS_HTTP"),
        (alone + ["--listen", "h:1"], [:], "--listen is for a node with peers"),
        (alone + ["--peers", three], [:], "give --listen"),
        (alone + ["--listen", "h:0", "--peers", three], [:], "--listen: 'h:0'"),
        (alone + ["--listen", "127.0.0.1:8000", "--peers", three], [:], "another port"),
        (alone + ["--listen", "h:1", "--peers", "n1=h:2,n2=h:3"], [:], "does not name this node"),
        (alone + ["--listen", "h:1", "--peers", "n0=h:2,n0=h:3"], [:], "n0 twice"),
        (alone + ["--listen", "h:1", "--peers", "n0=h:2,n1=h:2"], [:], "n0 and n1 the same address"),
        (alone + ["--listen", "h:1", "--peers", "n0=h:2,"], [:], "NODE=HOST:PORT"),
        (alone + ["--listen", "h:1", "--peers", "n0=h:2,x=h:3"], [:], "'x'"),
        (alone + ["--listen", "h:1", "--peers", "n0=h:2,n1=h"], [:], "address of n1"),
        (
            alone + ["--listen", "h:1", "--peers", (0..<100).map { "n\($0)=h:\($0 + 1)" }.joined(separator: ",")], [:],
            "at most 99"
        ),
        (alone + ["--log-level", "loud"], [:], "--log-level: 'loud'"),
        (alone, ["PAXOS_LOG_LEVEL": "7"], "PAXOS_LOG_LEVEL"),
        (alone, ["PAXOS_ALLOW_CRASH": "maybe"], "PAXOS_ALLOW_CRASH"),
        (alone, ["PAXOS_BOOTSTRAP": "2"], "PAXOS_BOOTSTRAP"),
        (alone + ["--request-timeout", "0"], [:], "--request-timeout"),
        (alone + ["--request-timeout", "5s"], [:], "'5s'"),
        (alone + ["--request-timeout", "nan"], [:], "'nan'"),
        (alone + ["--request-timeout", "4000"], [:], "3600"),
        (alone + ["--client-timeout", "0"], [:], "--client-timeout"),
        (alone + ["--max-connections", "0"], [:], "1 to 1000000"),
        (alone, ["PAXOS_MAX_REQUESTS": "many"], "PAXOS_MAX_REQUESTS: 'many'"),
        (alone + ["--admin", "127.0.0.1:8000"], [:], "another of this node's own addresses"),
        (alone + ["--admin", "8000"], [:], "--admin: '8000'"),
    ]

    @Test(arguments: wrong) func wrongSettingsAreNamedInOneLine(
        _ arguments: [String], _ environment: [String: String], _ named: String
    ) throws {
        let failure = try #require(throws: StartFailure.self) { try configuration(arguments, environment) }
        #expect(failure.status == 64)
        #expect(failure.message.contains(named), "\(failure.message)")
        #expect(!failure.message.contains("\n"))
    }

    @Test(arguments: [["--no-such-flag"], ["--id"], ["stray"], ["--allow-crash=perhaps"]])
    func unknownFlagsAreRefused(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try CommandLineFlags.parse(arguments) }
    }

    @Test func everySettingHasItsFlagAndVariable() {
        let help = CommandLineFlags.helpMessage(columns: 500)
        for setting in Setting.allCases {
            #expect(help.contains(setting.flag) && help.contains("[\(setting.environmentVariable)]"))
        }
        #expect(Setting.requestTimeout.environmentVariable == "PAXOS_REQUEST_TIMEOUT")
    }
}

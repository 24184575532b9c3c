import ArgumentParser
import FoundationEssentials
import Logging
import Paxos
import SystemPackage
import Testing

@testable import Node

@Suite struct SettingsFileTests {
    /// Reads `text` as a file of settings, below these flags and variables.
    private func given(
        _ text: String, _ arguments: [String] = [], _ environment: [String: String] = [:]
    ) async throws -> GivenSettings {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try await SettingsFile(reading: FilePath(path))
        return try GivenSettings(
            flags: CommandLineFlags.parse(arguments).given, environment: environment, file: file)
    }

    @Test func fileGivesWhatNothingElseDoes() async throws {
        let given = try await given(
            """
            {"id": "n1", "data": "/d", "http": "127.0.0.1:8000", "listen": "127.0.0.1:7000", "allow-crash": true,
             "request-timeout": 2.5, "max-connections": 12,
             "peers": {"n0": "10.0.0.1:7000", "n1": "127.0.0.1:7000"}}
            """, ["--data", "/flag"], ["PAXOS_DATA": "/variable", "PAXOS_LOG_LEVEL": "error", "PAXOS_ID": ""])
        let configuration = try NodeConfiguration(given)
        #expect(configuration.node == NodeID(1) && configuration.data == "/flag")
        #expect(configuration.others == [NodeID(0): HostAndPort(host: "10.0.0.1", port: 7000)])
        #expect(configuration.allowsCrash && configuration.logLevel == .error)
        #expect(configuration.requestTimeoutMilliseconds == 2_500 && configuration.mostConnections == 12)
    }

    @Test func tableSaysWhatHoldsAndWhereItCameFrom() async throws {
        let given = try await given(
            #"{"id": "n1"}"#, ["--data", "/flag"], ["PAXOS_HTTP": "127.0.0.1:8000"])
        let rows = given.rows.map { "\($0.setting.rawValue)|\($0.text ?? "-")|\($0.place)" }
        #expect(rows[0].hasPrefix("id|n1|") && rows[0].hasSuffix(#": "id""#))
        #expect(rows[1] == "data|/flag|--data" && rows[2] == "http|127.0.0.1:8000|PAXOS_HTTP")
        #expect(rows[3] == "listen|-|not set" && rows.contains("log-level|info|default"))
        let columns = given.table.dropFirst().map { line in line.prefix { $0 != " " }.count }
        #expect(columns.allSatisfy { $0 <= "request-timeout".count })
        #expect(given.table[1] == "data             /flag           --data")
    }

    static let wrong: [(text: String, named: String)] = [
        (#"{"idd": "n1"}"#, #"no setting "idd""#), (#"{"id": ["n1"]}"#, #""id" must be"#), ("[]", "not a JSON object"),
        (#"{"id": null}"#, #""id" must be"#), (#"{"http": {"host": "h"}}"#, #""http" must be"#), ("{", "not a JSON"),
        (#"{"id": "n1", "configuration": "x"}"#, #"no setting "configuration""#),
    ]

    @Test(arguments: wrong) func wrongFileIsRefused(_ text: String, _ named: String) async throws {
        let failure = try await #require(throws: StartFailure.self) { try await given(text) }
        #expect(failure.status == 64 && failure.message.contains(named), "\(failure.message)")
        #expect(!failure.message.contains("\n"))
    }

    @Test func wrongValueInFileIsNamedByItsField() async throws {
        let given = try await given(#"{"id": "n1", "data": "d", "http": "nonsense"}"#)
        let failure = try #require(throws: StartFailure.self) { try NodeConfiguration(given) }
        #expect(failure.message.contains(#""http": 'nonsense'"#), "\(failure.message)")
    }

    @Test func missingFileIsNamed() async throws {
        let failure = try await #require(throws: StartFailure.self) {
            try await SettingsFile(reading: "/no/such/file.json")
        }
        #expect(failure.message.contains("/no/such/file.json"))
    }
}

import ArgumentParser
import Testing

@testable import PaxosLoad

@Suite struct SettingsTests {
    @Test func addressesAreReadWithAndWithoutScheme() throws {
        let found = try NodeAddress.list(reading: "http://127.0.0.1:8000,node-1:80,HTTP://[::1]:8002/")
        #expect(found.map(\.host) == ["127.0.0.1", "node-1", "::1"])
        #expect(found.map(\.port) == [8_000, 80, 8_002])
        #expect(found.map(\.description) == ["http://127.0.0.1:8000", "http://node-1:80", "http://[::1]:8002"])
    }

    @Test(arguments: [
        ("", "form"), ("a:1,", "form"), ("http://a", "port"), ("a", "port"), ("https://a:1", "http only"),
        ("a:0", "not a port"), ("a:65536", "port"), ("a:1/x", "form"), ("a:1?b", "form"), ("u@a:1", "form"),
        ("a:1,a:1", "twice"), ("http://:1", "form"), ("a b:1", "form"),
    ])
    func wrongAddressIsNamed(_ text: String, _ named: String) {
        let error = #expect(throws: SettingError.self) { try NodeAddress.list(reading: text) }
        #expect(error?.reason.contains(named) == true, "\(error?.reason ?? "")")
        #expect(error?.reason.hasPrefix("--nodes: ") == true)
    }

    @Test func defaultsAreTenSecondsOfWrites() throws {
        let settings = try LoadSettings(nodes: NodeAddress.list(reading: "a:1"))
        #expect(settings.seconds == 10 && settings.count == nil && settings.rate == nil && settings.reads == 0)
    }

    @Test func countAloneSetsNoTime() throws {
        #expect(try LoadSettings(nodes: NodeAddress.list(reading: "a:1"), count: 5).seconds == nil)
    }

    @Test(arguments: [
        ["--count", "0"], ["--seconds", "0"], ["--seconds", "-1"], ["--seconds", "nan"], ["--connections", "0"],
        ["--connections", "10001"], ["--keys", "0"], ["--key-size", "8"], ["--key-size", "4097"],
        ["--value-size", "1048577"], ["--value-size", "39", "--history", "h"], ["--reads", "1.1"], ["--rate", "0"],
        ["--timeout", "0"], ["--format", "xml"], ["--consistency", "strong"], ["--count", "many"],
    ])
    func wrongSettingIsNamed(_ arguments: [String]) {
        let error = #expect(throws: (any Error).self) {
            try LoadCommand.parse(["--nodes", "127.0.0.1:8000"] + arguments)
        }
        guard let error else { return }
        #expect(LoadCommand.exitCode(for: error).rawValue == 64)
        let message = LoadCommand.message(for: error)
        #expect(message.contains(arguments[0]), "\(message)")
    }

    @Test func nodesMustBeNamed() {
        let error = #expect(throws: (any Error).self) { try LoadCommand.parse([]) }
        #expect(error.map { LoadCommand.exitCode(for: $0).rawValue } == 64)
    }
}

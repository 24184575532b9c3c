import Foundation
import Testing

@testable import PaxosLoad

@Suite struct HistoryTests {
    private func line(_ operation: RecordedOperation) -> String {
        var bytes: [UInt8] = []
        operation.encode(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private let set = Request(kind: .set, key: "key-1", value: "v")

    @Test func fieldsStandAsDocumented() {
        let done = RecordedOperation(client: 3, request: set, start: 10, end: 25, outcome: .done(value: nil))
        #expect(
            line(done)
                == #"{"client":3,"op":"set","key":"key-1","value":"v","start":10,"end":25,"outcome":"ok"}"# + "\n")
        let read = RecordedOperation(
            client: 0, request: Request(kind: .get, key: "key-1"), start: 1, end: 2, outcome: .done(value: nil))
        #expect(line(read).contains(#""op":"get","key":"key-1","value":null,"start":1,"end":2,"outcome":"ok""#))
        let refused = RecordedOperation(client: 0, request: set, start: 1, end: 2, outcome: .refused("503 stopping"))
        #expect(line(refused).contains(#""value":"v","start":1,"end":2,"outcome":"fail""#))
        let unknown = RecordedOperation(
            client: 0, request: set, start: 1, end: nil, outcome: .unknown("connection closed"))
        #expect(line(unknown).contains(#""end":null,"outcome":"unknown""#))
    }

    @Test func valuesThatOthersWroteAreEscaped() throws {
        let value = "\"\\\u{0}\u{1F}\n\u{7F}ü\u{2028}🙂"
        let read = RecordedOperation(
            client: 0, request: Request(kind: .get, key: "a\"b"), start: 1, end: 2, outcome: .done(value: value))
        let found = try #require(
            JSONSerialization.jsonObject(with: Data(line(read).utf8)) as? [String: any Sendable])
        #expect(found["value"] as? String == value && found["key"] as? String == "a\"b")
    }

    @Test func fileHoldsEveryOperationInOrder() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "an older file".write(toFile: path, atomically: false, encoding: .utf8)
        let history = try HistoryFile(path: path)
        // More than a batch, and not a whole number of them.
        for number in 0..<1_300 {
            history.add(RecordedOperation(client: number, request: set, start: 0, end: 1, outcome: .done(value: nil)))
        }
        try history.close()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 1_300)
        #expect(lines.enumerated().allSatisfy { $1.hasPrefix("{\"client\":\($0),") })
    }

    @Test func fileThatCannotBeWrittenIsNamed() throws {
        let failure = #expect(throws: LoadFailure.self) { try HistoryFile(path: "/nowhere/history") }
        #expect(failure == LoadFailure(status: 74, message: "--history /nowhere/history: No such file or directory"))
        let full = try HistoryFile(path: "/dev/full")
        full.add(RecordedOperation(client: 0, request: set, start: 0, end: 1, outcome: .done(value: nil)))
        let failedLater = #expect(throws: LoadFailure.self) { try full.close() }
        #expect(failedLater?.status == 74)
    }
}

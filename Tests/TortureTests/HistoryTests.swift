import Foundation
import Testing

@testable import Torture

@Suite struct HistoryTests {
    private func read(_ text: String) throws -> History {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try History(file: file.path)
    }

    /// Two writes, the second of unknown outcome and seen, and one that was refused.
    private let good = """
        {"client":0,"op":"set","key":"k","value":"a","start":0,"end":10,"outcome":"ok"}
        {"client":1,"op":"set","key":"k","value":"b","start":20,"end":null,"outcome":"unknown"}
        {"client":0,"op":"set","key":"k","value":"c","start":20,"end":30,"outcome":"fail"}
        {"client":2,"op":"get","key":"k","value":"a","start":21,"end":31,"outcome":"ok"}
        {"client":2,"op":"get","key":"k","value":"b","start":40,"end":50,"outcome":"ok"}
        {"client":3,"op":"get","key":"k","value":null,"start":40,"end":null,"outcome":"unknown"}
        {"client":2,"op":"get","key":"other","value":null,"start":51,"end":60,"outcome":"ok"}

        """

    @Test func goodHistoryIsCheckedKeyByKey() throws {
        let history = try read(good)
        #expect(history.operations.count == 7)
        #expect(history.count(.set, .ok) == 1)
        #expect(history.count(.get, .unknown) == 1)
        #expect(history.lastTime == 60)
        #expect(history.longestPause == (21, 10))
        let check = HistoryCheck(history)
        #expect(check.status == 0)
        #expect(check.keys == 2)
    }

    @Test func operationIsWrittenAsItWasRead() throws {
        for operation in try read(good).operations { #expect(good.contains(operation.json + "\n")) }
        let odd = try read(#"{"client":1,"op":"set","key":"\"","value":"\\\n","start":1,"end":2,"outcome":"ok"}"#)
        #expect(try read(odd.operations[0].json).operations == odd.operations)
    }

    @Test func staleReadIsShownAmongItsNeighbours() throws {
        let check = HistoryCheck(
            try read(
                good + """
                    {"client":2,"op":"get","key":"k","value":"a","start":70,"end":80,"outcome":"ok"}
                    """))
        #expect(check.status == 1)
        let violation = try #require(check.violations.first)
        #expect(violation.key == "k")
        #expect(violation.window.filter { $0.hasPrefix("> ") } == ["> client 2: get a, 0.000 to 0.000 ms, ok"])
        #expect(violation.window.count == 5)
    }

    @Test func refusedWriteMustNotBeSeen() throws {
        let seen = good + #"{"client":2,"op":"get","key":"k","value":"c","start":70,"end":80,"outcome":"ok"}"#
        #expect(HistoryCheck(try read(seen)).status == 1)
    }

    @Test func boundIsReportedAsOpen() throws {
        let check = HistoryCheck(try read(good), mostStates: 1)
        #expect(check.status == 2)
        #expect(check.undecided == ["k"])
    }

    @Test(arguments: [
        "{", #"{"client":0}"#,
        #"{"client":0,"op":"cas","key":"k","value":"a","start":0,"end":1,"outcome":"ok"}"#,
        #"{"client":0,"op":"set","key":"k","value":null,"start":0,"end":1,"outcome":"ok"}"#,
        #"{"client":0,"op":"set","key":"k","value":"a","start":0,"end":null,"outcome":"ok"}"#,
        #"{"client":0,"op":"set","key":"k","value":"a","start":0,"end":1,"outcome":"unknown"}"#,
        #"{"client":0,"op":"set","key":"k","value":"a","start":5,"end":1,"outcome":"ok"}"#,
        #"{"client":0,"op":"set","key":"k","value":"a","start":-5,"end":1,"outcome":"ok"}"#,
    ])
    func whatIsNoHistoryIsRefusedByLine(line: String) {
        #expect { try read(good + line) } throws: { error in
            (error as? TortureFailure).map { $0.status == 65 && $0.message.contains("line 8") } ?? false
        }
    }

    @Test func logMustHoldWhatWasAcknowledgedAndNotWhatWasRefused() throws {
        func contradictions(_ nodes: String...) throws -> Int {
            var log = PrintedLog()
            for printed in nodes {
                let file = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)")
                try Data(printed.utf8).write(to: file)
                defer { try? FileManager.default.removeItem(at: file) }
                try log.add(file.path)
            }
            let spaced = good.replacing("\"a\"", with: "\"a b\"")
            return try log.contradictions(to: read(spaced)).count
        }
        #expect(try contradictions("1 chosen genesis x\n2 chosen set k a\\x20b\n3 chosen set k b\n") == 0)
        #expect(try contradictions("1 chosen genesis x\n3 chosen set k b\n") == 1)
        #expect(try contradictions("2 chosen set k a\\x20b\n3 chosen set k c\n") == 1)
        // What one node has lost stands in the log of another.
        #expect(try contradictions("3 chosen set k b\n", "2 chosen set k a\\x20b\n") == 0)
    }
}

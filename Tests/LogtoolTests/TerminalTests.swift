// What only a terminal sees.

import Console
import Testing

@testable import logtool

@Suite struct TerminalTests {
    /// A clock that a test sets, and what was written.
    private final class Screen {
        var time = ContinuousClock.now
        var written: [String] = []

        func line(isShown: Bool = true) -> ProgressLine {
            ProgressLine(
                "verify n0", bytes: 2_000_000, isShown: isShown, now: { self.time }, write: { self.written.append($0) })
        }
    }

    @Test func shortWorkShowsNoProgress() {
        let screen = Screen()
        let line = screen.line()
        line.add(1000)
        screen.time += .milliseconds(999)
        line.add(1000)
        line.erase()
        #expect(screen.written.isEmpty)
    }

    @Test func longWorkShowsHowFarItIsAndCleansUp() {
        let screen = Screen()
        var line: ProgressLine? = screen.line()
        screen.time += .seconds(2)
        line?.add(500_000)
        line?.add(1)
        #expect(screen.written == ["\r\u{1B}[Kverify n0: 25 % of 2.0 MB, 250.0 KB/s"])
        screen.time += .milliseconds(100)
        line?.add(500_000)
        #expect(screen.written.count == 2)
        line = nil
        #expect(screen.written.last == "\r\u{1B}[K")
        #expect(screen.written.count == 3)
    }

    @Test func nobodyAtATerminalSeesNothing() {
        let screen = Screen()
        let line = screen.line(isShown: false)
        screen.time += .seconds(9)
        line.add(1000)
        line.erase()
        #expect(screen.written.isEmpty)
    }

    @Test func colourMovesNoColumn() {
        var table = Table(words: ["verdict", "slots"])
        table.add([Table.Cell("corrupt", .red), "7-9"])
        table.add(["torn tail", "12-12"])
        let plain = ["  verdict    slots", "  corrupt    7-9", "  torn tail  12-12"]
        #expect(table.lines == plain)
        let painted = table.lines(in: Paint(isOn: true))
        #expect(painted[1] == "  \u{1B}[31mcorrupt\u{1B}[0m    7-9")
        #expect(painted[2] == plain[2])
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (66_149, "66.1 KB"), (999_999, "999.9 KB"),
        (1_000_000, "1.0 MB"), (67_108_864, "67.1 MB"), (1_073_741_824, "1.0 GB"), (5_000_000_000_000, "5.0 TB"),
    ]) func bytesAreWrittenForPeople(bytes: UInt64, text: String) {
        #expect("\(ByteText(bytes))" == text)
    }
}

// Times as people write them, and what is no time.

import ArgumentParser
import Testing

@testable import logtool

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1970-01-01T00:00:00Z", 0), ("2026-11-25T03:00:00Z", 1_795_575_600_000_000),
        ("2026-11-25T03:00", 1_795_575_600_000_000), ("2026-11-25 03:00:00", 1_795_575_600_000_000),
        ("2026-11-25T04:30:00+01:30", 1_795_575_600_000_000), ("2026-11-24T21:00:00-0600", 1_795_575_600_000_000),
        ("2026-11-25T04:00+01", 1_795_575_600_000_000), ("2026-11-25T03:00:00.25Z", 1_795_575_600_250_000),
        ("2026-11-25T03:00:00.0000019Z", 1_795_575_600_000_001), ("2024-02-29", 1_709_164_800_000_000),
        ("2000-03-01", 951_868_800_000_000), ("2100-03-01T00:00:00Z", 4_107_542_400_000_000),
        ("1795575600s", 1_795_575_600_000_000), ("1795575600.5s", 1_795_575_600_500_000), ("0s", 0),
        ("1795575600000001us", 1_795_575_600_000_001),
    ]) func timeIsRead(text: String, microseconds: UInt64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "1795575600", "yesterday", "s", "us", "-1s", "1.5us", ".5s", "1.s", "99999999999999999999s",
        "18446744073709551615s", "2026-13-01", "2026-02-29", "2026-00-10", "2026-1-1", "1969-12-31",
        "1970-01-01T00:30+01:00", "2026-11-25T", "2026-11-25T24:00", "2026-11-25T03:60", "2026-11-25T03:00:60",
        "2026-11-25T03:00:00.Z", "2026-11-25T03:00:00.1x", "2026-11-25T03:00:00+1", "2026-11-25Z", "２026-11-25",
        "2026-11-25T03:00:00Zz", "2026-11-25T03:00:00.1234567xZ",
    ]) func otherTextIsNoTime(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(arguments: [0, 1, 951_782_399_999_999, 1_709_164_800_000_000, 1_795_575_600_250_000, 253_402_300_799_999_999])
    func whatIsWrittenIsReadBack(microseconds: UInt64) {
        let text = Timestamp(microseconds: microseconds).description
        #expect(text.utf8.count == 27)
        #expect(Timestamp(text)?.microseconds == microseconds, "\(text)")
    }

    @Test func farFutureIsANumber() {
        #expect("\(Timestamp(microseconds: .max))" == "18446744073709551615us")
        #expect(Timestamp("18446744073709551615us")?.microseconds == .max)
        #expect("\(Timestamp(microseconds: 1_795_575_600_250_000))" == "2026-11-25T03:00:00.250000Z")
    }
}

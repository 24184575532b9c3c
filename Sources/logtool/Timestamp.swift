// A moment, in microseconds since 1970, and how people write it: ISO 8601 in the Gregorian calendar, or a number with its
// unit. It knows no time zones but offsets.

import Glibc

struct Timestamp: Equatable {
    let microseconds: UInt64

    init(microseconds: UInt64) {
        self.microseconds = microseconds
    }

    /// By this machine's clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1_000)
    }

    static let accepted = """
        2026-11-25, 2026-11-25T03:00, 2026-11-25T03:00:00Z, 2026-11-25T03:00:00.5+01:00 (UTC where no offset stands), \
        or since 1970: 1795575600s, 1795575600.5s, 1795575600000000us
        """

    /// Reads one of the forms in `accepted`; nil for anything else, a number without its unit among it.
    init?(_ text: String) {
        if let microseconds = Timestamp.number(text[...], unit: "us", digits: 0)
            ?? Timestamp.number(text[...], unit: "s", digits: 6)
        {
            self.microseconds = microseconds
        } else if let microseconds = Timestamp.date(text) {
            self.microseconds = microseconds
        } else {
            return nil
        }
    }

    /// A decimal number before `unit`, times ten to the power of `digits`, which is also how many decimals it may have.
    private static func number(_ text: Substring, unit: String, digits: Int) -> UInt64? {
        guard text.hasSuffix(unit) else { return nil }
        let parts = text.dropLast(unit.count).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 1 || digits > 0, let whole = digitsOnly(parts[0]) else { return nil }
        var fraction: UInt64 = 0
        if parts.count == 2 {
            guard let part = decimals(parts[1], digits) else { return nil }
            fraction = part
        }
        let (scaled, overflow) = whole.multipliedReportingOverflow(
            by: (0..<digits).reduce(1) { scale, _ in scale * 10 })
        let (sum, overflows) = scaled.addingReportingOverflow(fraction)
        return overflow || overflows ? nil : sum
    }

    private static func digitsOnly(_ text: Substring) -> UInt64? {
        text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? UInt64(text) : nil
    }

    /// `5` of 6 digits is 500,000; digits behind the last are dropped.
    private static func decimals(_ text: Substring, _ digits: Int) -> UInt64? {
        guard !text.isEmpty, digitsOnly(text.prefix(digits)) != nil, digitsOnly("0" + text.dropFirst(digits)) != nil
        else { return nil }
        return UInt64(text.prefix(digits) + String(repeating: "0", count: max(0, digits - text.count)))
    }

    // MARK: ISO 8601

    private static func date(_ text: String) -> UInt64? {
        var rest = Substring(text)
        guard let year = take(&rest, 4), drop(&rest, "-"), let month = take(&rest, 2), drop(&rest, "-"),
            let day = take(&rest, 2), year >= 1970, (1...12).contains(month),
            (1...Timestamp.days(year, month)).contains(day)
        else { return nil }
        var seconds = Timestamp.daysSince1970(year, month, day) * 86_400
        var fraction: UInt64 = 0
        if drop(&rest, "T") || drop(&rest, " ") {
            guard let hour = take(&rest, 2), drop(&rest, ":"), let minute = take(&rest, 2), hour < 24, minute < 60
            else { return nil }
            seconds += hour * 3600 + minute * 60
            if drop(&rest, ":") {
                guard let second = take(&rest, 2), second < 60 else { return nil }
                seconds += second
                if drop(&rest, ".") {
                    let digits = rest.prefix { $0.isASCII && $0.isNumber }
                    guard let part = decimals(digits, 6) else { return nil }
                    fraction = part
                    rest = rest.dropFirst(digits.count)
                }
            }
            guard let offset = offset(&rest) else { return nil }
            seconds -= offset
        }
        guard rest.isEmpty, seconds >= 0 else { return nil }
        return UInt64(seconds) * 1_000_000 + fraction
    }

    /// The seconds of `Z`, `+01:00`, `+0100` or `+01`; 0 where none stands.
    private static func offset(_ rest: inout Substring) -> Int? {
        if rest.isEmpty || drop(&rest, "Z") { return 0 }
        let sign = drop(&rest, "+") ? 1 : drop(&rest, "-") ? -1 : 0
        guard sign != 0, let hours = take(&rest, 2), hours < 24 else { return nil }
        if rest.isEmpty { return sign * hours * 3600 }
        _ = drop(&rest, ":")
        guard let minutes = take(&rest, 2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private static func take(_ rest: inout Substring, _ count: Int) -> Int? {
        guard rest.utf8.count >= count, let number = digitsOnly(rest.prefix(count)) else { return nil }
        rest = rest.dropFirst(count)
        return Int(number)
    }

    private static func drop(_ rest: inout Substring, _ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    // MARK: The calendar

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(_ year: Int, _ month: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let before = year - 1
        let leapDays = before / 4 - before / 100 + before / 400 - 477
        return (year - 1970) * 365 + leapDays + (1..<month).reduce(0) { $0 + days(year, $1) } + day - 1
    }
}

extension Timestamp: CustomStringConvertible {
    /// As `2026-11-25T03:00:00.000000Z`; the number with its unit where the year has more than four digits.
    var description: String {
        let seconds = Int(microseconds / 1_000_000)
        var (year, days) = (1970, seconds / 86_400)
        guard days < Timestamp.daysSince1970(10_000, 1, 1) else { return "\(microseconds)us" }
        while days >= (Timestamp.isLeap(year) ? 366 : 365) {
            days -= Timestamp.isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 1
        while days >= Timestamp.days(year, month) {
            days -= Timestamp.days(year, month)
            month += 1
        }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let fraction = String(microseconds % 1_000_000)
        let time = "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        let zeros = String(repeating: "0", count: 6 - fraction.count)
        return "\(year)-\(two(month))-\(two(days + 1))T\(time).\(zeros)\(fraction)Z"
    }
}

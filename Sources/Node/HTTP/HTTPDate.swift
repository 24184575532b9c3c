// The Date header (RFC 9110, 5.6.7), made once a second.

import Glibc
import NIOConcurrencyHelpers

struct HTTPDate: Sendable {
    private let made = NIOLockedValueBox<(second: Int, text: String)>((-1, ""))

    var now: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        let second = time.tv_sec
        return made.withLockedValue { made in
            if made.second != second { made = (second, HTTPDate.text(of: second)) }
            return made.text
        }
    }

    static func text(of second: Int) -> String {
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}

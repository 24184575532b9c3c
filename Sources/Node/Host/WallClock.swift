// The clock on the wall, for entries and for people. Nothing is decided by it.

import Glibc

enum WallClock {
    /// Microseconds since 1970.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1_000
    }

    /// Seconds since 1970, at next to no cost.
    static var second: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return UInt64(time.tv_sec)
    }
}

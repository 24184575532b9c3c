// How many files and connections this process may have open.

import Glibc

enum OpenFiles {
    /// What the node opens besides the connections of its clients.
    static let ownNeeds = 300

    /// Raises the limit as far as the system lets a process do by itself.
    /// - Returns: how many may be open now.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        if limit.rlim_cur < limit.rlim_max {
            let before = limit.rlim_cur
            limit.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = before }
        }
        return Int(clamping: min(limit.rlim_cur, 20_000))
    }
}

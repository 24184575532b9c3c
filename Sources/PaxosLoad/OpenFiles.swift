// A connection is an open file; the usual limit of 1,024 is soft.

import Glibc

enum OpenFiles {
    /// Raises the limit as far as the system lets a process do by itself.
    static func raiseLimit() {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(kind, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(kind, &limit)
    }
}

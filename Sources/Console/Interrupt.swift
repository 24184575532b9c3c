// SIGINT and SIGTERM as a question that the run asks from time to time: a handler may do next to nothing itself.

import Glibc
import Synchronization

package enum Interrupt {
    private static let flag = Atomic(false)
    private static let signals = [SIGINT, SIGTERM]

    package static var isAsked: Bool { flag.load(ordering: .relaxed) }

    /// From now on they end the run, and not the program.
    package static func listen() {
        // The flag is made here, and not in the handler.
        flag.store(false, ordering: .relaxed)
        for number in signals { signal(number) { _ in Interrupt.flag.store(true, ordering: .relaxed) } }
    }

    package static func restoreDefault() {
        for number in signals { signal(number, SIG_DFL) }
    }
}

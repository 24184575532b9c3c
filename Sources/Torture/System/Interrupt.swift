// SIGINT and SIGTERM as a question that the run asks from time to time: a handler may do next to nothing itself.

import Glibc
import Synchronization

enum Interrupt {
    private static let flag = Atomic(false)

    static var isAsked: Bool { flag.load(ordering: .relaxed) }

    /// From now on they end the run, and not the program.
    static func listen() {
        // The flag is made here, and not in the handler.
        flag.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] { signal(number) { _ in Interrupt.flag.store(true, ordering: .relaxed) } }
    }
}

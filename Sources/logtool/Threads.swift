// The threads that a piece of work is spread over.

import Dispatch
import Glibc
import PaxosLog

struct Threads: Workers {
    let count: Int

    /// As many as the machine has processors for this program.
    static var all: Threads { Threads(count: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

    func perform(_ body: @Sendable (Int) -> Void) {
        DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }
}

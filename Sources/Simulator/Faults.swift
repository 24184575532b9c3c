// The faults that a run may inject, by the names that the command line knows them under.

enum Fault: String, CaseIterable, Comparable, Sendable {
    case loss
    case delay
    case duplication
    /// Two sides that do not reach each other.
    case partition
    /// One side that is not heard by the other, and hears it.
    case oneWay = "one-way"
    /// One pair of nodes that do not reach each other.
    case partial
    /// A link that comes and goes.
    case flap
    case crash
    /// Power that goes in the middle of what the disk is doing.
    case crashInWrite = "crash-in-write"
    case crashAll = "crash-all"
    /// A crash with a long time until the next start.
    case away
    case pause
    /// Ticks that come too fast or slow, or not at all, and a wall clock that jumps.
    case clock
    case slowDisk = "slow-disk"
    /// A sync that fails.
    case sync
    case fullDisk = "full-disk"
    case wipe
    /// A bit at rest is another than was written.
    case bitFlip = "bit-flip"
    /// A sector's contents stand at another place too.
    case misdirected
    /// A file can't be opened or read, once; or a sector of it never again.
    case readError = "read-error"
    /// The disk is put back to an older image of it.
    case rollback
    /// The state of one node is altered in its memory.
    case alteration
    /// A client does not wait long for an answer.
    case timeOut = "time-out"
    /// A client that has no answer asks another node, for the same or for something else.
    case retry

    static func < (left: Fault, right: Fault) -> Bool {
        allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
    }

    /// All but those that only nodes with strict restarts could survive, and those that a node does not survive.
    static let usual = Set(allCases).subtracting([.rollback, .alteration])
    /// Those that a message meets on its way, and not a node or a link at some moment.
    static let ofMessages: Set<Fault> = [.loss, .delay, .duplication]
    /// Those that a process may not survive, once.
    static let ofProcesses: Set<Fault> = [.crash, .crashInWrite, .away, .sync]
    /// Those that end all processes, or one over and over while they last.
    static let ofManyStarts: Set<Fault> = [.crashAll, .readError, .fullDisk]
    /// Those of clients.
    static let ofClients: Set<Fault> = [.timeOut, .retry]
}

/// Why a run failed: a property that does not hold.
struct SimulationFailure: Error, CustomStringConvertible {
    var description: String
}

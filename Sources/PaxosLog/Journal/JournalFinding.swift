// What reading a journal turns up, one thing at a time. Damage is a value here; what to do about it is decided above.

package import Paxos
package import SystemPackage

package enum JournalFinding: Equatable, Sendable {
    /// The state that a file takes over: the first finding in each.
    case inheritance(JournalInheritance, JournalPlace)
    case record(JournalRecord, JournalPlace)
    /// A record whose header is whole, and says what was accepted, or with no ballot chosen; the values are damaged.
    case lostValues(UnknownRun, JournalPlace, Damage)
    /// Bytes that say nothing are not what was written.
    case damagedPadding(Damage)
    /// Everything before it in its file is durable.
    case mark(JournalPlace)
    /// The file was left for the next one.
    case continued(JournalPlace)
    /// The end of a write that a crash cut short: never acknowledged, and the last finding but `end`.
    case tornTail(Damage)
    /// Something that was durable is not there as it was written, or is not this journal's. Reading goes on behind it.
    case corrupt(Damage)
    case end
}

/// Where a record stands.
package struct JournalPlace: Equatable, Sendable {
    package var file: FilePath
    package var sequence: UInt64
    package var offset: UInt64
    /// The highest ballot promised when the record was written, itself included.
    package var promised: Ballot

    package init(file: FilePath, sequence: UInt64, offset: UInt64, promised: Ballot) {
        self.file = file
        self.sequence = sequence
        self.offset = offset
        self.promised = promised
    }
}

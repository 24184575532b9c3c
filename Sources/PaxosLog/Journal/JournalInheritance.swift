// What a journal file takes over from those before it, so that they may go when their slots are in the log.

package import Paxos

package struct JournalInheritance: Equatable, Sendable {
    /// The last `chosenThrough` before this file.
    package var chosenThrough: Slot
    package var chosenThroughBallot: Ballot
    /// How far the chosen log was known to be durable.
    package var logThrough: Slot
    /// The highest slot whose value an earlier file holds: those files may be missing only if the log reaches it.
    package var highestSlot: Slot

    package init(chosenThrough: Slot, chosenThroughBallot: Ballot, logThrough: Slot, highestSlot: Slot) {
        self.chosenThrough = chosenThrough
        self.chosenThroughBallot = chosenThroughBallot
        self.logThrough = logThrough
        self.highestSlot = highestSlot
    }

    package static let none = JournalInheritance(
        chosenThrough: .zero, chosenThroughBallot: .none, logThrough: .zero, highestSlot: .zero)
}

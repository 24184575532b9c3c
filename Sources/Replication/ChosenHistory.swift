// How far the log was chosen at the end of each of the last seconds.

import DequeModule
package import Paxos

package struct ChosenHistory: Sendable {
    package struct Sample: Equatable, Sendable {
        /// Microseconds since 1970.
        package var time: UInt64
        package var chosenThrough: Slot
    }

    static let mostSamples = 301

    private var kept: Deque<Sample> = []

    /// Called once a second.
    mutating func add(_ sample: Sample) {
        if kept.count == ChosenHistory.mostSamples { kept.removeFirst() }
        kept.append(sample)
    }

    var samples: [Sample] { Array(kept) }

    /// Slots chosen since about two seconds ago.
    func slotsOfLate(through slot: Slot) -> Int {
        guard let past = kept.dropLast().last ?? kept.last, past.chosenThrough < slot else { return 0 }
        return slot - past.chosenThrough
    }
}

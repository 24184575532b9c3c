// A point in a log's history: behind a slot, or behind all that was chosen up to a time.

import ArgumentParser
import Paxos

enum Moment: Equatable {
    case slot(Slot)
    /// Behind the last entry whose effective time is not later.
    case time(Timestamp)

    /// As far as the log goes.
    static let end = Moment.slot(SlotArgument.last)
}

extension Moment: ExpressibleByArgument {
    init?(argument: String) {
        if let slot = SlotArgument(argument: argument) {
            self = .slot(Slot(slot.value))
        } else if let time = Timestamp(argument) {
            self = .time(time)
        } else {
            return nil
        }
    }

    static let accepted = "a slot, or a time: \(Timestamp.accepted)"
}

extension Moment: CustomStringConvertible {
    var description: String {
        switch self {
        case .slot(let slot): "slot \(slot)"
        case .time(let time): "\(time)"
        }
    }
}

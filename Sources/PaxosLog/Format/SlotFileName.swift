// Files that are named for a slot, in 20 digits and a suffix, so that names sort as slots do.

import Paxos

enum SlotFileName {
    private static let digits = 20

    static func text(_ slot: Slot, suffix: String) -> String {
        let number = String(slot.rawValue)
        return String(repeating: "0", count: digits - number.count) + number + suffix
    }

    /// Reads exactly what `text` writes; nil for anything else, and for slots beyond those that blocks may have.
    static func slot(of name: String, suffix: String) -> Slot? {
        guard name.utf8.count == digits + suffix.utf8.count, name.hasSuffix(suffix),
            let number = UInt64(name.prefix(digits)), number > 0, number < 1 << 63,
            text(Slot(number), suffix: suffix) == name
        else { return nil }
        return Slot(number)
    }
}

// Lets one line through in a while, and counts those that it held back: what strangers send must not fill the log.

import NIOCore

struct LineLimit {
    let patience: TimeAmount
    private var last: NIODeadline?
    private var heldBack = 0

    init(patience: TimeAmount = .seconds(10)) {
        self.patience = patience
    }

    /// - Returns: nil when nothing is to be written now; else how many lines were held back since the last.
    mutating func next(at now: NIODeadline = .now()) -> Int? {
        if let last, now - last < patience {
            heldBack += 1
            return nil
        }
        last = now
        defer { heldBack = 0 }
        return heldBack
    }
}

// When requests are due. With a rate they are due at fixed times, whatever the nodes do: a request that waits because
// all clients are busy was late from its due time on, and its latency is measured from there. Without one, a request is
// due as soon as somebody can send it. Times are nanoseconds since the run began.

struct Arrivals {
    enum Next: Equatable {
        case due(Int64)
        case later(Int64)
        /// No more is sent.
        case over
    }

    private let rate: Double?
    private let count: Int
    /// Nothing becomes due at or after this time.
    private let end: Int64
    /// Nothing is sent at or after this time; what was due and did not get its turn stays unsent.
    private let lastSend: Int64
    private(set) var sent = 0
    private var isStopped = false

    init(rate: Double?, count: Int?, end: Int64?, patience: Int64) {
        self.rate = rate
        self.count = count ?? .max
        self.end = end ?? .max
        // A client that is free finds what is due at once: there is nothing to catch up on after the end.
        lastSend = rate == nil || end == nil ? self.end : self.end + patience
    }

    func next(at now: Int64) -> Next {
        guard !isStopped, sent < count, now < lastSend else { return .over }
        let due = dueTime(of: sent, at: now)
        guard due < end else { return .over }
        return due <= now ? .due(due) : .later(due)
    }

    /// Counts the request that `next` called due.
    mutating func take() { sent += 1 }

    /// Once `next` says that it is over: what was due and never got its turn.
    var unsent: Int {
        guard let rate, end != .max, !isStopped else { return 0 }
        return min(Int((Double(end) / 1e9 * rate).rounded(.up)), count) - sent
    }

    mutating func stop() { isStopped = true }

    private func dueTime(of number: Int, at now: Int64) -> Int64 {
        rate.map { Int64(Double(number) * 1e9 / $0) } ?? now
    }
}

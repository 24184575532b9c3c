// What a client did to one register, and when it was called and answered. Times are of one clock, in any unit.

package struct RegisterOperation: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// Nil deletes.
        case write([UInt8]?)
        /// What was seen; nil for nothing.
        case read([UInt8]?)
    }

    package var kind: Kind
    package var call: UInt64
    /// Nil when the outcome is not known: a write may take effect at any later time, or never; a read says nothing.
    package var end: UInt64?

    package init(kind: Kind, call: UInt64, end: UInt64?) {
        self.kind = kind
        self.call = call
        self.end = end
    }
}

extension [RegisterOperation] {
    /// The operations that a search has to place, with an end for each that can have one.
    ///
    /// A write of unknown outcome whose value no read saw may as well never have happened: were it taken away, every
    /// read would still see what it saw. If it alone wrote a value that was seen, it took effect before the first read
    /// that saw it ended. Without this each such write would double the orders to be tried, up to the end of the history.
    var toBePlaced: [RegisterOperation] {
        var writers: [[UInt8]: Int] = [:]
        var firstSeen: [[UInt8]?: UInt64] = [:]
        for operation in self {
            switch operation.kind {
            case .write(let value?): writers[value, default: 0] += 1
            case .write(nil): break
            case .read(let value):
                if let end = operation.end { firstSeen[value] = Swift.min(end, firstSeen[value] ?? end) }
            }
        }
        return compactMap { operation in
            guard operation.end == nil else { return operation }
            guard case .write(let value) = operation.kind, let seen = firstSeen[value] else { return nil }
            var operation = operation
            if let value, writers[value] == 1 { operation.end = seen }
            return operation
        }
    }

    /// What was known when the last of these had returned: whatever else had been called was under way.
    func upTo(_ returned: ArraySlice<Int>) -> [RegisterOperation] {
        guard let last = returned.last, let time = self[last].end else { return [] }
        var known = self
        for index in indices { known[index].end = nil }
        for index in returned { known[index].end = self[index].end }
        return known.filter { $0.call <= time }
    }
}

// The keys of a state in the order of their bytes, with what they hold: for snapshots, and for tools that list a state.

package struct StoredKeys: Sequence, IteratorProtocol, Sendable {
    /// A key's beginning, which decides nearly every comparison without a look at the table.
    private struct Rank {
        var first: UInt64
        var second: UInt64
        var place: KeyTable.Place
    }

    private let entries: KeyTable
    private let places: [KeyTable.Place]
    private var position = 0

    /// How far ahead what is needed of the table is asked for: it lies all over the memory.
    private static let lookahead = 16

    init(_ entries: KeyTable) {
        self.entries = entries
        var ranks: [Rank] = []
        ranks.reserveCapacity(entries.count)
        entries.visit { entry, place in
            let (first, second) = entry.key.beginning
            ranks.append(Rank(first: first, second: second, place: place))
        }
        ranks.sort { left, right in
            if left.first != right.first { return left.first < right.first }
            if left.second != right.second { return left.second < right.second }
            return entries[left.place].key < entries[right.place].key
        }
        places = ranks.map(\.place)
    }

    package mutating func next() -> (key: [UInt8], stored: StoredValue)? {
        guard position < places.count else { return nil }
        let ahead = position + StoredKeys.lookahead
        if ahead < places.count {
            entries.fetchEntry(at: places[ahead])
            entries.fetchValue(at: places[ahead - StoredKeys.lookahead / 2])
        }
        let entry = entries[places[position]]
        position += 1
        return (entry.key.bytes, entry.stored)
    }
}

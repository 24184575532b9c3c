// What each key holds, found by the key's hash. A copy of the table costs nothing, shares everything, and is not changed by
// what is written to the other. It knows no order.
//
// A hash table that grows by one leaf at a time (linear hashing), so that no write waits for a large one: the leaves, of
// about ten keys each, stand in pages, and each of the three is an array that is copied when it is shared and written to.

struct KeyTable: Sendable {
    struct Entry: Sendable {
        let key: Key
        var stored: StoredValue
    }

    /// Where an entry stands, until the table is written to.
    struct Place: Sendable {
        var page: Int
        var leaf: Int
        var index: Int
    }

    private static let leavesPerPage = 256
    /// A leaf is added when there are more keys for each than this.
    private static let mostKeysPerLeaf = 10
    /// The last leaf goes when there are fewer.
    private static let leastKeysPerLeaf = 3

    private(set) var pages = [[KeyLeaf()]]
    private var leafCount = 1
    private(set) var count = 0

    init() {}

    /// A table to which about so many keys will be added: it need not grow meanwhile.
    init(expecting count: Int) {
        leafCount = max(count / KeyTable.mostKeysPerLeaf, 1)
        pages = stride(from: 0, to: leafCount, by: KeyTable.leavesPerPage).map { first in
            [KeyLeaf](repeating: KeyLeaf(), count: min(KeyTable.leavesPerPage, leafCount - first))
        }
    }

    // MARK: Reading

    subscript(key: Key) -> StoredValue? { find(key).map { self[$0].stored } }

    subscript(place: Place) -> Entry { withLeaf(place.page, place.leaf) { $0.entries[place.index] } }

    /// Calls `body` with each entry, in no order.
    func visit(_ body: (Entry, Place) -> Void) {
        for page in pages.indices {
            for leaf in 0..<pages[page].count {
                fetch(behind: leaf, of: page)
                withLeaf(page, leaf) { entries in
                    for index in entries.entries.indices {
                        body(entries.entries[index], Place(page: page, leaf: leaf, index: index))
                    }
                }
            }
        }
    }

    private func find(_ key: Key) -> Place? {
        let (page, leaf) = place(of: key.hash)
        return withLeaf(page, leaf) { $0.index(of: key) }.map { Place(page: page, leaf: leaf, index: $0) }
    }

    /// Looks at a leaf where it is: a copy, be it for a moment, costs a visit to memory.
    private func withLeaf<Result>(_ page: Int, _ leaf: Int, _ body: (borrowing KeyLeaf) -> Result) -> Result {
        pages.withUnsafeBufferPointer { pages in pages[page].withUnsafeBufferPointer { body($0[leaf]) } }
    }

    // MARK: Writing

    /// Changes what `key` holds, or what it shall hold, which begins as `absent`.
    mutating func update<Result>(
        _ key: Key, absent: StoredValue, _ body: (inout StoredValue) -> Result
    ) -> Result {
        let (page, leaf) = place(of: key.hash)
        if let result = pages[page][leaf].update(key, body) { return result }
        var stored = absent
        let result = body(&stored)
        pages[page][leaf].append(Entry(key: key, stored: stored))
        count += 1
        if count > leafCount * KeyTable.mostKeysPerLeaf { split() }
        return result
    }

    /// - Returns: what it held.
    mutating func remove(_ key: Key) -> StoredValue? {
        guard let place = find(key) else { return nil }
        let removed = pages[place.page][place.leaf].remove(at: place.index)
        count -= 1
        if leafCount > 1, count < leafCount * KeyTable.leastKeysPerLeaf { merge() }
        return removed.stored
    }

    // MARK: Growing and shrinking

    /// The highest power of two that is not above the number of leaves. Leaves from it on are halves of those before.
    private var half: Int { 1 << (Int.bitWidth - 1 - leafCount.leadingZeroBitCount) }

    func place(of hash: UInt64) -> (page: Int, leaf: Int) {
        var number = Int(truncatingIfNeeded: hash) & (2 * half - 1)
        if number >= leafCount { number &= half - 1 }
        return KeyTable.place(number)
    }

    private static func place(_ number: Int) -> (page: Int, leaf: Int) {
        (number / leavesPerPage, number % leavesPerPage)
    }

    /// Adds a leaf, and moves to it the half of the keys of the leaf whose turn it is.
    private mutating func split() {
        let bit = UInt64(half)
        let (page, leaf) = KeyTable.place(leafCount - half)
        var (stay, move) = (KeyLeaf(), KeyLeaf())
        var all = pages[page][leaf].takeEntries()
        while let entry = all.popLast() {
            if entry.key.hash & bit == 0 { stay.append(entry) } else { move.append(entry) }
        }
        pages[page][leaf] = stay
        let target = KeyTable.place(leafCount)
        if target.page == pages.count { pages.append([]) }
        pages[target.page].append(move)
        leafCount += 1
    }

    /// Takes the last leaf away, and moves its keys to where they came from.
    private mutating func merge() {
        leafCount -= 1
        let last = pages[pages.count - 1].removeLast()
        if pages[pages.count - 1].isEmpty { pages.removeLast() }
        let (page, leaf) = KeyTable.place(leafCount - half)
        for entry in last.entries { pages[page][leaf].append(entry) }
    }
}

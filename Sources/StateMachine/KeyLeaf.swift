// Some keys of a KeyTable, with what they hold.

struct KeyLeaf: Sendable {
    private(set) var tags = KeyTags()
    /// The first of them have a tag.
    var entries: [KeyTable.Entry] = []

    func index(of key: Key) -> Int? {
        for word in 0..<KeyTags.words {
            var found = tags.matches(key.hash, in: word)
            while found != 0 {
                let index = KeyTags.index(of: found, in: word)
                if index < entries.count, entries[index].key == key { return index }
                found &= found - 1
            }
        }
        guard entries.count > KeyTags.count else { return nil }
        return entries[KeyTags.count...].firstIndex { $0.key == key }
    }

    /// Changes what `key` holds; nil when it is not here.
    mutating func update<Result>(_ key: Key, _ body: (inout StoredValue) -> Result) -> Result? {
        guard let index = index(of: key) else { return nil }
        return body(&entries[index].stored)
    }

    mutating func append(_ entry: KeyTable.Entry) {
        tags.set(entry.key.hash, at: entries.count)
        entries.append(entry)
    }

    mutating func remove(at index: Int) -> KeyTable.Entry {
        let last = entries.removeLast()
        guard index < entries.count else { return last }
        let removed = entries[index]
        entries[index] = last
        tags.set(last.key.hash, at: index)
        return removed
    }

    mutating func takeEntries() -> [KeyTable.Entry] {
        var taken: [KeyTable.Entry] = []
        swap(&taken, &entries)
        return taken
    }
}

/// A byte of the hash of each of the first keys of a leaf, which tells most of the others at a glance.
struct KeyTags: Sendable {
    static let words = 3
    static let count = 8 * words

    // Eight tags each, the first in the lowest byte.
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0

    private func word(_ number: Int) -> UInt64 { number == 0 ? first : number == 1 ? second : third }

    private static func tag(_ hash: UInt64) -> UInt64 { hash >> (Key.hashBits - 8) }

    /// The highest bit of each byte of this word that is the hash's tag. Bytes above one that is may be marked wrongly, and
    /// so may those where no key stands: what is found must be compared.
    func matches(_ hash: UInt64, in number: Int) -> UInt64 {
        let difference = word(number) ^ (KeyTags.tag(hash) &* 0x0101_0101_0101_0101)
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }

    /// Where the first key stands that `matches` marked.
    static func index(of matches: UInt64, in word: Int) -> Int { word * 8 + matches.trailingZeroBitCount / 8 }

    /// Where the key of this hash stands most likely, if it is there.
    func likelyIndex(of hash: UInt64) -> Int {
        for word in 0..<KeyTags.words {
            let found = matches(hash, in: word)
            if found != 0 { return KeyTags.index(of: found, in: word) }
        }
        return 0
    }

    mutating func set(_ hash: UInt64, at index: Int) {
        guard index < KeyTags.count else { return }
        let shift = UInt64(index % 8 * 8)
        let (cleared, tag) = (~(UInt64(0xFF) << shift), KeyTags.tag(hash) << shift)
        switch index / 8 {
        case 0: first = first & cleared | tag
        case 1: second = second & cleared | tag
        default: third = third & cleared | tag
        }
    }
}

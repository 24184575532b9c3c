// Asks for memory before it is needed. Where keys and values stand is random, and a write that finds nothing of them in the
// processor's caches waits for memory several times, one after the other; that is most of its time. Many keys asked for at
// once are waited for together. Nothing but time depends on it.
//
// Addresses are read out of arrays here: to touch an array, be it to count who shares it, is to wait for it. An address may
// be asked for whatever stands there, and nothing is read behind one but what an array's own count allows.

import CXXHash

extension KeyTable {
    /// For keys of these hashes that will be written.
    func fetch(_ hashes: [UInt64]) {
        for hash in hashes {
            let (page, leaf) = place(of: hash)
            withLeafPointer(page, leaf) { cxxhash_prefetch($0) }
        }
        let places = hashes.map { hash in
            let (page, leaf) = place(of: hash)
            let index = withLeafPointer(page, leaf) { leaf in
                let index = leaf.pointee.tags.likelyIndex(of: hash)
                leaf.fetchEntry(index)
                return index
            }
            return Place(page: page, leaf: leaf, index: index)
        }
        for place in places { fetchValue(at: place) }
    }

    func fetchEntry(at place: Place) {
        withLeafPointer(place.page, place.leaf) { $0.fetchEntry(place.index) }
    }

    /// Waits for the entry, if that was not fetched.
    func fetchValue(at place: Place) {
        withLeafPointer(place.page, place.leaf) { $0.fetchValues(place.index..<place.index + 1) }
    }

    /// For whoever looks at one leaf after the other.
    func fetch(behind leaf: Int, of page: Int) {
        let count = pages[page].count
        if leaf + 4 < count { withLeafPointer(page, leaf + 4) { $0.fetchEntries() } }
        if leaf + 2 < count { withLeafPointer(page, leaf + 2) { $0.fetchValues(0..<KeyTags.count) } }
    }

    private func withLeafPointer<Result>(
        _ page: Int, _ leaf: Int, _ body: (UnsafePointer<KeyLeaf>) -> Result
    ) -> Result {
        pages.withUnsafeBufferPointer { pages in
            pages[page].withUnsafeBufferPointer { leaves in
                guard let first = leaves.baseAddress else { preconditionFailure("a page has leaves") }
                return body(first + leaf)
            }
        }
    }
}

extension UnsafePointer<KeyLeaf> {
    private typealias Entry = KeyTable.Entry

    /// How much of a value is asked for.
    private static var valueBytes: Int { 192 }

    /// Of an array's storage: how many it holds and who shares it, before its elements.
    private static var headerBytes: Int { 32 }

    /// The storage of `entries`; an array is nothing but its address.
    private var storage: UnsafeRawPointer {
        UnsafeRawPointer(self).load(
            fromByteOffset: MemoryLayout<KeyLeaf>.offset(of: \.entries) ?? 0, as: UnsafeRawPointer.self)
    }

    func fetchEntry(_ index: Int) {
        let storage = storage
        let entry = storage + Self.headerBytes + index * MemoryLayout<Entry>.stride
        cxxhash_prefetch(storage)
        cxxhash_prefetch(entry)
        cxxhash_prefetch(entry + MemoryLayout<Entry>.size - 1)
    }

    func fetchEntries() {
        for offset in stride(from: 0, to: 10 * MemoryLayout<Entry>.stride, by: 64) {
            cxxhash_prefetch(storage + offset)
        }
    }

    /// Those of the entries that there are.
    func fetchValues(_ range: Range<Int>) {
        let offset = MemoryLayout<Entry>.offset(of: \.stored.value) ?? 0
        pointee.entries.withUnsafeBufferPointer { entries in
            for index in range.clamped(to: entries.indices) {
                guard let entry = entries.baseAddress.map({ UnsafeRawPointer($0 + index) }) else { return }
                let value = entry.load(fromByteOffset: offset, as: UnsafeRawPointer.self)
                for part in stride(from: 0, to: Self.valueBytes, by: 64) { cxxhash_prefetch(value + part) }
            }
        }
    }
}

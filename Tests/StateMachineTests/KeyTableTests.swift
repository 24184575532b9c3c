import Paxos
import Testing

@testable import StateMachine

@Suite struct KeyTableTests {
    private static func value(_ number: Int) -> StoredValue {
        StoredValue(
            value: [UInt8(number & 0xFF), UInt8(number >> 8 & 0xFF)], created: Slot(1),
            modified: Slot(UInt64(number + 1)))
    }

    private static func key(_ number: Int) -> [UInt8] {
        // Short ones, and some that have to be kept whole.
        let short = withUnsafeBytes(of: UInt32(number).bigEndian) { [UInt8]($0) }
        return number % 3 == 0 ? [UInt8](repeating: 7, count: 20) + short : short
    }

    private static func contents(_ table: KeyTable) -> [[UInt8]: StoredValue] {
        var contents: [[UInt8]: StoredValue] = [:]
        table.visit { entry, place in
            #expect(table[place].stored == entry.stored && contents[entry.key.bytes] == nil)
            contents[entry.key.bytes] = entry.stored
        }
        return contents
    }

    /// A copy is kept from time to time, and must not change with what is written to the table afterwards.
    @Test(arguments: 0..<6) func itIsADictionaryAndItsCopiesStayAsTheyAre(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var table = KeyTable()
        var model: [[UInt8]: StoredValue] = [:]
        var copies: [(table: KeyTable, model: [[UInt8]: StoredValue])] = []
        // It grows, shrinks to nothing, and grows again.
        for (steps, oneIn) in [(6_000, 5), (9_000, 1), (3_000, 4)] {
            for step in 0..<steps {
                let number = random.below(3_000)
                let key = Key(Self.key(number))
                if oneIn > 1 ? random.below(oneIn) > 0 : random.below(8) == 0 {
                    let existed = table.update(key, absent: Self.value(0)) { stored in
                        defer { stored = Self.value(step) }
                        return stored != Self.value(0)
                    }
                    #expect(existed == (model[key.bytes].map { $0 != Self.value(0) } ?? false))
                    model[key.bytes] = Self.value(step)
                } else {
                    #expect(table.remove(key) == model.removeValue(forKey: key.bytes))
                }
                #expect(table[key] == model[key.bytes] && table.count == model.count)
                if step % 1_500 == 0 { copies.append((table, model)) }
            }
            if oneIn == 1 {
                for number in 0..<3_000 {
                    #expect(table.remove(Key(Self.key(number))) == model.removeValue(forKey: Self.key(number)))
                }
                #expect(table.count == 0 && table.pages.count == 1 && table.pages[0].count == 1)
            }
        }
        for copy in copies + [(table, model)] { #expect(Self.contents(copy.table) == copy.model) }
    }

    /// Some leaves then hold more keys than have tags.
    @Test(arguments: [0, 60_000]) func manyKeysAreAllFound(expected: Int) {
        var table = KeyTable(expecting: expected)
        let count = 60_000
        table.fetch((0..<100).map { Key(Self.key($0)).hash })
        for number in 0..<count { table.update(Key(Self.key(number)), absent: Self.value(number)) { _ in } }
        table.fetch((0..<count).map { Key(Self.key($0)).hash })
        #expect(table.count == count)
        for number in 0..<count { #expect(table[Key(Self.key(number))] == Self.value(number)) }
        #expect(table[Key([1, 2, 3])] == nil)
        #expect(table.pages.contains { $0.contains { $0.entries.count > KeyTags.count } })
        for number in stride(from: 0, to: count, by: 2) {
            #expect(table.remove(Key(Self.key(number))) == Self.value(number))
        }
        for number in 0..<count {
            #expect(table[Key(Self.key(number))] == (number % 2 == 0 ? nil : Self.value(number)))
        }
    }

    @Test func whatIsWrittenInPlaceLeavesACopyAlone() {
        var stored = StoredValue(value: [1, 2, 3], created: Slot(1), modified: Slot(1))
        let copy = stored
        let other: [UInt8] = [4, 5, 6]
        stored.overwrite(other.span.bytes)
        #expect(copy.value == [1, 2, 3] && stored.value == [4, 5, 6])
        let none: [UInt8] = []
        stored.overwrite(none.span.bytes)
        #expect(stored.value.isEmpty)
        let two: [UInt8] = [9, 9]
        stored.overwrite(two.span.bytes)
        #expect(stored.value == [9, 9])
    }
}

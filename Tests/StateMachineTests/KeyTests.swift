import Testing

@testable import StateMachine

@Suite struct KeyTests {
    @Test func orderIsThatOfTheBytes() {
        var random = SeededGenerator(seed: 11)
        var keys = awkwardKeys
        for _ in 0..<400 {
            // Few different bytes and a shared beginning, so that differences come late, and at the end.
            let start = [UInt8](repeating: 0, count: random.below(20))
            keys.append(start + (0...random.below(12)).map { _ in [0, 1, 0x7F, 0x80, 0xFF][random.below(5)] })
        }
        for left in keys {
            for right in keys {
                #expect((Key(left) < Key(right)) == left.lexicographicallyPrecedes(right))
                #expect((Key(left) == Key(right)) == (left == right))
            }
        }
        #expect(Set(keys.map { Key($0) }).count == Set(keys).count)
    }
}

import Measuring
import Testing

@Suite struct RoundsTests {
    @Test func whoComesFirstChanges() {
        var order: [String] = []
        for round in 0..<2 {
            let measured = turnAbout(
                round,
                {
                    order.append("one")
                    return 1
                },
                {
                    order.append("other")
                    return 2
                })
            #expect(measured == (1, 2))
        }
        #expect(order == ["one", "other", "other", "one"])
    }

    @Test func medianIsInTheMiddle() {
        #expect([Double]().median == nil)
        #expect([3, 1, 9].median == 3)
        #expect([3, 1, 9, 4].median == 3.5)
    }
}

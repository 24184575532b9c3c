import Paxos
import Testing

@testable import Linearizability

@Suite struct StepSetTests {
    /// The same steps are the same set, whatever was inserted and removed on the way there.
    @Test(arguments: 0..<20 as Range<UInt64>) func equalSetsAreEqualHoweverTheyCameAbout(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var set = StepSet()
        var inserted: Set<Int> = []
        for _ in 0..<600 {
            let step = Int.random(in: 0..<300, using: &random)
            if inserted.insert(step).inserted {
                set.insert(step)
            } else if Int.random(in: 0..<3, using: &random) == 0 {
                inserted.remove(step)
                set.remove(step)
            }
            var direct = StepSet()
            for step in inserted.sorted() { direct.insert(step) }
            #expect(set == direct)
        }
        for step in inserted.shuffled(using: &random) { set.remove(step) }
        #expect(set == StepSet())
    }
}

// Inputs can be made again from their numbers, and what a decoder must not do is noticed.

import Fuzzing
import Paxos
import Testing

@Suite struct FuzzingTests {
    /// A byte that says how many follow, their sum, and they; one that trusts the count would ask for that much.
    private struct CountedTarget: FuzzTarget {
        let name = "counted"
        let largestAllocation = 256
        let mostAllocated = 512
        let corpus: [[UInt8]] = [[3, 6, 1, 2, 3], [0, 0], [1, 9, 9]]

        func reseal(_ bytes: inout [UInt8], using random: inout SplitMix64) {
            guard bytes.count >= 2 else { return }
            bytes[0] = UInt8(truncatingIfNeeded: bytes.count - 2)
            bytes[1] = bytes.dropFirst(2).reduce(0, &+)
        }

        func decode(_ bytes: [UInt8]) -> Bool {
            bytes.count >= 2 && Int(bytes[0]) == bytes.count - 2 && bytes.dropFirst(2).reduce(0, &+) == bytes[1]
        }
    }

    @Test func inputIsTheSameHoweverOftenItIsMade() {
        let target = CountedTarget()
        let (one, two, other) = (FuzzInputs(target, seed: 1), FuzzInputs(target, seed: 1), FuzzInputs(target, seed: 2))
        #expect((0..<500).allSatisfy { one[$0] == two[$0] })
        #expect((0..<500).contains { one[$0] != other[$0] })
        #expect(Set((0..<500).map { one[$0] }).count > 150)
    }

    @Test func damageGetsBehindTheChecksum() {
        let target = CountedTarget()
        let inputs = FuzzInputs(target, seed: 1)
        let decoded = (0..<1_000).map { inputs[$0] }.filter { target.decode($0) }
        #expect(decoded.count > 100 && decoded.count < 900)
        #expect(decoded.contains { !target.corpus.contains($0) })
    }

    @Test func aDecoderThatAllocatesTooMuchIsStopped() throws {
        let progress = try #require(FuzzProgress())
        var largest = 100
        let meter = FuzzWorker.Meter(reset: {}, largest: { largest }, total: { 0 })
        #expect(FuzzWorker(CountedTarget(), seed: 1, progress: progress, meter: meter).run(0..<10))
        largest = 257
        #expect(!FuzzWorker(CountedTarget(), seed: 1, progress: progress, meter: meter).run(10..<20))
        #expect(progress.fields.isTooLarge == 1 && progress.fields.index == 10)
    }

    @Test(.enabled(if: FuzzWorker.Meter.isCounting)) func allocationsAreCounted() {
        let meter = FuzzWorker.Meter.ofThread
        meter.reset()
        let pieces = (1...3).map { [UInt8](repeating: 1, count: $0 * 1_000) }
        let (largest, total) = (meter.largest(), meter.total())
        #expect(largest >= 3_000 && largest < 4_000 && total >= 6_000 && total < 8_000)
        #expect(pieces.count == 3)
    }
}

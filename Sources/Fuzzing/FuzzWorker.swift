// Decodes one input after the other, and notes how each went.

import CAllocations
import Glibc

package struct FuzzWorker {
    /// Counts allocations, where something does.
    package struct Meter {
        package var reset: () -> Void
        package var largest: () -> Int
        package var total: () -> Int

        /// Those of this thread.
        package static var ofThread: Meter {
            Meter(
                reset: { callocations_reset() }, largest: { Int(clamping: callocations_largest()) },
                total: { Int(clamping: callocations_total()) })
        }

        /// Whether this build counts any.
        package static var isCounting: Bool { callocations_counts() }

        package init(reset: @escaping () -> Void, largest: @escaping () -> Int, total: @escaping () -> Int) {
            self.reset = reset
            self.largest = largest
            self.total = total
        }
    }

    package let target: any FuzzTarget
    package let inputs: FuzzInputs
    package let progress: FuzzProgress
    package let meter: Meter?

    package init(_ target: any FuzzTarget, seed: UInt64, progress: FuzzProgress, meter: Meter? = nil) {
        self.target = target
        inputs = FuzzInputs(target, seed: seed)
        self.progress = progress
        self.meter = meter
    }

    /// - Returns: false when an input made the decoder allocate more than it may; `progress` says which.
    package func run(_ range: Range<Int>) -> Bool {
        var fields = progress.fields
        for index in range {
            progress.begin(index)
            let input = inputs[index]
            meter?.reset()
            let start = FuzzWorker.now()
            let isDecoded = target.decode(input)
            let took = FuzzWorker.now() - start
            let (largest, total) = (meter?.largest() ?? 0, meter?.total() ?? 0)
            fields.index = index
            fields.inputs += 1
            fields.decoded += isDecoded ? 1 : 0
            if took > fields.longestNanoseconds { (fields.longestNanoseconds, fields.longestIndex) = (took, index) }
            fields.largestAllocation = max(fields.largestAllocation, largest)
            fields.mostAllocated = max(fields.mostAllocated, total)
            if largest > target.largestAllocation || total > target.mostAllocated { fields.isTooLarge = 1 }
            progress.fields = fields
            if fields.isTooLarge != 0 { return false }
        }
        return true
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

// One value a slot, the last accepted, however the runs lay: held against a dictionary.

import Testing

@testable import Paxos

struct AcceptedRunsTests {
    private struct Model {
        var values: [UInt64: (ballot: Ballot, value: [UInt8])] = [:]

        mutating func insert(_ run: Run) {
            for (index, value) in run.values.enumerated() {
                values[run.firstSlot.rawValue + UInt64(index)] = (run.ballot, value)
            }
        }

        func matches(_ runs: some Sequence<Run>, in slots: some RangeExpression<UInt64>) -> Bool {
            var left = values.filter { slots.contains($0.key) }
            var last = Slot.zero
            for run in runs {
                guard run.firstSlot > last else { return false }
                last = run.lastSlot
                for (index, value) in run.values.enumerated() {
                    let held = left.removeValue(forKey: run.firstSlot.rawValue + UInt64(index))
                    guard let held, held.ballot == run.ballot, held.value == value else { return false }
                }
            }
            return left.isEmpty
        }
    }

    @Test(arguments: 0..<UInt64(40))
    func randomChangesMatchADictionary(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var runs = AcceptedRuns(checksum: testChecksum)
        var model = Model()
        for step in 0..<80 {
            if Int.random(in: 0..<6, using: &random) == 0 {
                let slot = UInt64.random(in: 0...40, using: &random)
                let removed = runs.removeAll(through: Slot(slot))
                #expect(model.matches(removed, in: ...slot))
                model.values = model.values.filter { $0.key > slot }
            } else {
                let first = UInt64.random(in: 1...40, using: &random)
                let count = Int.random(in: 1...8, using: &random)
                let texts = (0..<count).map { "\(step).\($0)" + String(repeating: "x", count: $0) }
                let new = run(ballot(UInt64.random(in: 1...3, using: &random), n0), from: first, texts)
                runs.insert(new)
                model.insert(new)
            }
            #expect(model.matches(runs.runs, in: 0...))
            #expect(runs.byteCount == model.values.values.reduce(0) { $0 + $1.value.count })
            #expect(runs.lastSlot?.rawValue == model.values.keys.max())
            #expect(runs.isEmpty == model.values.isEmpty)
            let slot = UInt64.random(in: 1...45, using: &random)
            #expect(model.matches(runs.from(Slot(slot)), in: slot...))
            let wanted = ballot(UInt64.random(in: 1...3, using: &random), n0)
            var end = slot
            while let held = model.values[end], held.ballot == wanted { end += 1 }
            #expect(runs.stretch(at: wanted, from: Slot(slot)).rawValue == end - 1)
        }
    }

    @Test func laterRunTakesThePlaceOfAnEarlierOne() {
        var runs = AcceptedRuns(checksum: testChecksum)
        runs.insert(run(ballot(1, n0), from: 1, "a", "b", "c", "d"))
        runs.insert(run(ballot(2, n1), from: 2, "x", "y"))
        #expect(runs.runs.map(\.texts) == [["a"], ["x", "y"], ["d"]])
        #expect(runs.runs.map(\.ballot) == [ballot(1, n0), ballot(2, n1), ballot(1, n0)])
    }

    @Test func stretchEndsAtAGapAndAtAnotherBallot() {
        var runs = AcceptedRuns(checksum: testChecksum)
        runs.insert(run(ballot(1, n0), from: 1, "a", "b"))
        runs.insert(run(ballot(1, n0), from: 3, "c"))
        runs.insert(run(ballot(2, n0), from: 4, "d"))
        runs.insert(run(ballot(1, n0), from: 6, "f"))
        #expect(runs.stretch(at: ballot(1, n0), from: .first) == Slot(3))
        #expect(runs.stretch(at: ballot(1, n0), from: Slot(4)) == Slot(3))
        #expect(runs.stretch(at: ballot(2, n0), from: Slot(4)) == Slot(4))
        #expect(runs.stretch(at: ballot(1, n0), from: Slot(5)) == Slot(4))
    }
}

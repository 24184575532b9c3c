import Paxos
import PaxosLog
import SystemPackage
import Testing

@testable import Replication

@Suite struct DamagedSegmentsTests {
    private func damage(_ segment: UInt64) -> Damage {
        Damage(
            kind: .corrupt, file: FilePath("/data/log").appending("\(SegmentName(firstSlot: Slot(segment)))"),
            offset: 0,
            slots: nil, reason: "a bit")
    }

    @Test func oneThatNobodyHasKeepsNoOtherWaiting() {
        var damaged = DamagedSegments()
        for slot in [30, 10, 20, 10] as [UInt64] { _ = damaged.note(damage(slot)) }
        var asked: [UInt64] = []
        for _ in 0..<4 { if let name = damaged.next() { asked.append(name.firstSlot.rawValue) } }
        #expect(asked == [10, 20, 30, 10])
        damaged.noteMended(SegmentName(firstSlot: Slot(20)))
        // 10 was asked for last.
        let next = damaged.next()
        #expect(next == SegmentName(firstSlot: Slot(30)))
        #expect(damaged.status.found == 3 && damaged.status.mended == 1 && damaged.status.unmended.count == 2)
        damaged.forget(before: Slot(31))
        #expect(damaged.isEmpty)
    }
}

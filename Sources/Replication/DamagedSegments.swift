// Segments of the chosen log that were found damaged while the node runs. Each is fetched whole from a peer and put in the
// damaged one's place, one after the other; until then nobody is served from it.

import Paxos
package import PaxosLog

struct DamagedSegments: Sendable {
    private(set) var damages: [SegmentName: Damage] = [:]
    private(set) var found = 0
    private(set) var mended = 0
    /// Which was fetched last.
    private var last: SegmentName?

    /// - Returns: whether it is the first that was found in its segment.
    mutating func note(_ damage: Damage) -> Bool {
        guard let name = damage.segment, damages[name] == nil else { return false }
        damages[name] = damage
        found += 1
        return true
    }

    var isEmpty: Bool { damages.isEmpty }

    /// What is to be fetched now: each in its turn, so that one which nobody has keeps no other waiting.
    mutating func next() -> SegmentName? {
        last = damages.keys.filter { name in last.map { name > $0 } ?? true }.min() ?? damages.keys.min()
        return last
    }

    mutating func noteMended(_ segment: SegmentName) {
        if forget(segment) { mended += 1 }
    }

    /// - Returns: whether it was known to be damaged.
    mutating func forget(_ segment: SegmentName) -> Bool { damages.removeValue(forKey: segment) != nil }

    /// What is no longer part of the log need not be whole.
    mutating func forget(before first: Slot) { damages = damages.filter { $0.key.firstSlot >= first } }

    var status: LogDamageStatus {
        LogDamageStatus(found: found, mended: mended, unmended: damages.sorted { $0.key < $1.key }.map(\.value))
    }
}

/// What was found damaged in the chosen log since the start, and what became of it.
package struct LogDamageStatus: Equatable, Sendable {
    /// Segments found damaged, and those of them that are whole again.
    package var found: Int
    package var mended: Int
    package var unmended: [Damage]
}

// How the segments of a log end: what is asked before the oldest of them are dropped.

package import Paxos

package struct SegmentEnd: Equatable, Sendable {
    package var slot: Slot
    /// When it ended, by the leaders' clocks: the highest time of the entries in its last block, in microseconds since
    /// 1970.
    package var time: UInt64

    package init(slot: Slot, time: UInt64) {
        self.slot = slot
        self.time = time
    }
}

extension ChosenLogReader {
    /// Of each segment that is ended, by slot, up to the first whose last block can't be read. One block of each is read.
    package func segmentEnds() throws(StorageError) -> [SegmentEnd] {
        let names = try segments()
        var ends: [SegmentEnd] = []
        for next in names.dropFirst() {
            let found: LogFinding?
            do {
                found = try read(blockHolding: next.firstSlot.previous)
            } catch {
                guard error.damage != nil else { throw error }
                break
            }
            guard case .block(let block)? = found, let raw = block.raw else { break }
            var time: UInt64 = 0
            do {
                try raw.forEachEntry { entry, _ in time = max(time, entry.time) }
            } catch {
                break
            }
            ends.append(SegmentEnd(slot: raw.lastSlot, time: time))
        }
        return ends
    }
}

// The values that an acceptor has accepted and does not know to be chosen, by slot. One value a slot: the last accepted.

package import DequeModule

package struct AcceptedRuns: Sendable {
    /// By slot, no two of them meeting.
    package private(set) var runs: Deque<Run> = []
    package private(set) var byteCount = 0
    private let checksum: RunChecksum

    package init(checksum: @escaping RunChecksum) {
        self.checksum = checksum
    }

    package var isEmpty: Bool { runs.isEmpty }
    package var lastSlot: Slot? { runs.last?.lastSlot }

    /// The bytes of the runs that begin below `slot`.
    package func byteCount(below slot: Slot) -> Int {
        runs.prefix { $0.firstSlot < slot }.reduce(0) { $0 + $1.body.count }
    }

    /// Puts `run` in the place of whatever stood in its slots.
    package mutating func insert(_ run: Run) {
        byteCount += run.body.count
        if let last = runs.last, last.lastSlot >= run.firstSlot {
            makeRoom(for: run)
        } else {
            runs.append(run)
        }
    }

    private mutating func makeRoom(for run: Run) {
        var kept: Deque<Run> = []
        for old in runs {
            guard old.slots.overlaps(run.slots) else {
                kept.append(old)
                continue
            }
            byteCount -= old.body.count
            if old.firstSlot < run.firstSlot,
                let head = old.part(in: old.firstSlot...run.firstSlot.previous, sealedBy: checksum)
            {
                kept.append(head)
                byteCount += head.body.count
            }
            if old.lastSlot > run.lastSlot,
                let tail = old.part(in: run.lastSlot.next...old.lastSlot, sealedBy: checksum)
            {
                kept.append(tail)
                byteCount += tail.body.count
            }
        }
        let place = kept.firstIndex { $0.firstSlot > run.firstSlot } ?? kept.endIndex
        kept.insert(run, at: place)
        runs = kept
    }

    /// Takes out everything at or below `slot`, by slot.
    package mutating func removeAll(through slot: Slot) -> [Run] {
        var removed: [Run] = []
        while let first = runs.first, first.firstSlot <= slot {
            runs.removeFirst()
            byteCount -= first.body.count
            if first.lastSlot <= slot {
                removed.append(first)
                continue
            }
            if let head = first.part(in: first.firstSlot...slot, sealedBy: checksum) { removed.append(head) }
            if let tail = first.part(in: slot.next...first.lastSlot, sealedBy: checksum) {
                runs.prepend(tail)
                byteCount += tail.body.count
            }
        }
        return removed
    }

    /// What was accepted at or above `slot`, by slot.
    package func from(_ slot: Slot) -> [Run] {
        runs.compactMap { run in
            run.lastSlot < slot ? nil : run.part(in: max(slot, run.firstSlot)...run.lastSlot, sealedBy: checksum)
        }
    }

    /// The last slot of the unbroken stretch that starts at `slot` and was all accepted at `ballot`; the slot before
    /// `slot` when there is none.
    package func stretch(at ballot: Ballot, from slot: Slot) -> Slot {
        var end = slot.previous
        for run in runs where run.lastSlot > end {
            guard run.firstSlot <= end.next, run.ballot == ballot else { break }
            end = run.lastSlot
        }
        return end
    }
}

// A log that grows is followed, each entry once and in order.

import ArgumentParser
import Paxos
import PaxosLog
import SystemPackage
import Testing

@testable import logtool

@Suite struct TailTests {
    let fixture = FolderFixture()
    let entries: [Entry]

    init() throws {
        entries = try FolderFixture.entries(120)
    }

    /// Puts the folder of a node that has come so far in the place of what was there.
    private func grow(to count: Int, accepted: Int = 0) throws {
        for name in ["log", "journal"] {
            let directory = FilePath("/logs/n0").appending(name)
            for file in try fixture.fileSystem.list(directory) {
                try fixture.fileSystem.remove(directory.appending(file))
            }
        }
        try fixture.write(0, Array(entries[..<count]), accepted: Array(entries[count..<(count + accepted)]))
    }

    private func poll(_ follower: inout LogFollower) throws -> [UInt64] {
        var slots: [UInt64] = []
        try follower.poll { event in
            if case .entry(let entry) = event { slots.append(entry.view.slot.rawValue) }
            return true
        }
        return slots
    }

    @Test func eachChosenEntryComesOnceAndInOrder() throws {
        try grow(to: 1)
        var follower = LogFollower(try fixture.log(0), from: .first)
        var slots: [UInt64] = []
        for count in [1, 2, 2, 17, 40, 41, 90, 120] {
            try grow(to: count)
            slots += try poll(&follower)
            #expect(slots.last == UInt64(count))
        }
        #expect(slots == Array(1...120))
        #expect(try fixture.log(0).reader.segments().count > 3, "ends of segments are passed")
    }

    @Test func acceptedComesWhenItIsChosen() throws {
        try grow(to: 10, accepted: 5)
        var follower = LogFollower(try fixture.log(0), from: Slot(8))
        #expect(try poll(&follower) == [8, 9, 10])
        try grow(to: 12, accepted: 3)
        #expect(try poll(&follower) == [11, 12])
    }

    @Test func beginningMayLieAhead() throws {
        try grow(to: 10)
        var follower = LogFollower(try fixture.log(0), from: Slot(15))
        #expect(try poll(&follower).isEmpty)
        try grow(to: 16)
        #expect(try poll(&follower) == [15, 16])
    }

    @Test func compactedSlotEndsIt() throws {
        try grow(to: 20)
        var follower = LogFollower(try fixture.log(0), from: .first)
        #expect(try poll(&follower).count == 20)
        try grow(to: 120)
        try fixture.archive(3, of: 0, in: "/archive")
        let failure = #expect(throws: Failure.self) { try poll(&follower) }
        let first = try #require(try fixture.log(0).reader.segments().first?.firstSlot)
        #expect(failure?.status == 2)
        #expect(failure?.message == "compacted past: slot 21 is gone: the log begins with slot \(first)")
        #expect(follower.next == Slot(21))
        var archived = LogFollower(try fixture.log(0, archive: "/archive"), from: Slot(21))
        #expect(try poll(&archived).count == 100)
    }

    @Test func compactionOfWhatWasPrintedIsNothing() throws {
        try grow(to: 120)
        var follower = LogFollower(try fixture.log(0), from: .first)
        #expect(try poll(&follower).count == 120)
        try fixture.archive(3, of: 0, in: "/archive")
        #expect(try poll(&follower).isEmpty)
    }

    @Test func damageIsToldOnceAndPassed() throws {
        try grow(to: 120)
        let block = try fixture.damage(blockHolding: 20, of: 0)
        var follower = LogFollower(try fixture.log(0), from: .first)
        var damage = 0
        var slots: [Slot] = []
        for _ in 0..<2 {
            try follower.poll { event in
                switch event {
                case .damage: damage += 1
                case .entry(let entry): slots.append(entry.view.slot)
                }
                return true
            }
        }
        #expect(damage == 1)
        #expect(slots == (1...120).map { Slot($0) }.filter { !block.slots.contains($0) })
    }

    @Test func readerMayStopInTheMiddle() throws {
        try grow(to: 30)
        var follower = LogFollower(try fixture.log(0), from: .first)
        var count = 0
        try follower.poll { _ in
            count += 1
            return count < 7
        }
        #expect(try poll(&follower) == Array(8...30))
    }
}

// What print leaves out, and the order in which it gives the rest.

import ArgumentParser
import Paxos
import PaxosLog
import StateMachine
import SystemPackage
import Testing

@testable import logtool

@Suite struct FilterTests {
    let fixture = FolderFixture()

    init() throws {
        let all = try FolderFixture.entries(60)
        try fixture.write(0, Array(all[..<55]), accepted: Array(all[55...]))
    }

    private func slots(_ filter: EntryFilter) throws -> [Int] {
        try fixture.lines(0, where: filter).compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
    }

    @Test func prefixTakesKeysThatBeginSo() throws {
        // Keys go round by the slot modulo five: `a b` is the second.
        let begun = try slots(EntryFilter(prefix: Array("a".utf8)))
        #expect(begun == (2...60).filter { $0 % 5 == 1 && $0 % 9 != 0 })
        #expect(try slots(EntryFilter(key: Array("a".utf8))) == [])
        #expect(try slots(EntryFilter(key: Array("a b".utf8))) == begun)
        #expect(try slots(EntryFilter(key: Array("k".utf8), prefix: Array("a".utf8))) == [])
        #expect(try slots(EntryFilter(prefix: [])) == slots(EntryFilter(kinds: [.command])))
    }

    @Test func kindsAreTaken() throws {
        #expect(try slots(EntryFilter(kinds: [.noOp])) == [9, 18, 27, 36, 45, 54])
        #expect(try slots(EntryFilter(kinds: [.noOp, .genesis])) == [1, 9, 18, 27, 36, 45, 54])
        #expect(try slots(EntryFilter(kinds: [.seal])) == [])
    }

    @Test func timeIsTheEntrysOwn() throws {
        let start: UInt64 = 1_700_000_000_000_000
        #expect(try slots(EntryFilter(since: start + 58)) == [58, 59, 60])
        #expect(try slots(EntryFilter(until: start + 3)) == [1, 2])
        #expect(try slots(EntryFilter(since: start + 20, until: start + 22)) == [20, 21])
    }

    @Test func conditionsNameTheirKeysToo() throws {
        let command = Command(
            conditions: [.keyIsAbsent(key: [1])], operations: [.set(key: [2], value: [3])])
        let entry = Entry(
            slot: .first, kind: .command, time: 1, session: FolderFixture.session(0), sequence: 1,
            payload: try command.encoded())
        var bytes: [UInt8] = []
        entry.encode(into: &bytes)
        let found = LogEntry(view: try EntryView(in: bytes.span.bytes, at: 0), state: .chosen, bytes: bytes)
        #expect(EntryFilter(key: [1]).takes(found))
        #expect(EntryFilter(key: [2]).takes(found))
        #expect(!EntryFilter(key: [3]).takes(found))
    }

    @Test(arguments: [1...60, 1...1, 2...17, 30...60, 56...60, 40...57, 60...60, 61...70])
    func backwardsIsForwardsTheOtherWayRound(slots: ClosedRange<Int>) throws {
        let range = Slot(UInt64(slots.lowerBound))...Slot(UInt64(slots.upperBound))
        let forwards = try fixture.lines(0, range)
        #expect(forwards.count == slots.clamped(to: 1...60).count - (slots.lowerBound > 60 ? 1 : 0))
        #expect(try fixture.lines(0, range, .backwards) == forwards.reversed())
    }

    @Test func damageIsToldInBothDirections() throws {
        _ = try fixture.damage(blockHolding: 20, of: 0)
        let forwards = try fixture.lines(0)
        #expect(forwards.contains { $0.hasPrefix("corrupt in ") })
        #expect(try fixture.lines(0, .first...SlotArgument.last, .backwards) == forwards.reversed())
        #expect(try fixture.lines(0, Slot(40)...Slot(50), .backwards).count == 11)
    }

    @Test func segmentFilesArePrintedByName() throws {
        let names = try fixture.log(0).reader.segments()
        let paths = names.map { "/logs/n0/log/\($0)" }
        func lines(_ paths: [String], _ direction: Direction) throws -> [String] {
            var lines: [String] = []
            try SegmentFiles(paths, fileSystem: fixture.fileSystem).read(.first...SlotArgument.last, direction) {
                lines.take($0)
            }
            return lines
        }
        let all = try fixture.lines(0)
        let (first, end) = (Int(names[1].firstSlot.rawValue), Int(names[2].firstSlot.rawValue))
        #expect(try lines([paths[1]], .forwards) == Array(all[(first - 1)..<(end - 1)]))
        #expect(try lines([paths[0], paths[1]], .forwards) == Array(all[..<(end - 1)]))
        #expect(try lines([paths[0], paths[1]], .backwards) == all[..<(end - 1)].reversed())
        for path in ["/logs/n0/log/\(SegmentName(firstSlot: Slot(99)))", "/logs/n0/identity.json"] {
            #expect {
                try SegmentFiles([path], fileSystem: fixture.fileSystem)
            } throws: {
                ($0 as? Failure)?.status == 66
            }
        }
    }

    @Test func progressCountsTheSegmentsOfTheSlots() throws {
        let log = try fixture.log(0)
        let names = try log.reader.segments()
        let sizes = try names.map { try log.reader.size(of: $0) }
        #expect(try log.storedBytes() == sizes.reduce(0, +))
        #expect(try log.storedBytes(of: names[1].firstSlot...names[1].firstSlot) == sizes[1])
        #expect(try log.storedBytes(of: names[1].firstSlot.previous...names[1].firstSlot) == sizes[0] + sizes[1])
    }

    @Test(arguments: [
        ["x", "--since", "1795575600"], ["x", "--until", "soon"], ["x", "--kind", "set"], ["x", "--prefix", "a b"],
        ["x", "--since", "2026-11-25", "--until", "2026-11-24"], ["x", "y"],
        ["00000000000000000001.segment", "paxos_logs"],
    ])
    func senselessFiltersAreRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try Print.parse(arguments) }
    }

    @Test func severalKindsAndFilesAreTaken() throws {
        let print = try Print.parse([
            "00000000000000000001.segment", "n0/log/00000000000000000051.segment", "--kind", "noop", "--kind", "seal",
            "--since", "2026-11-25", "--reverse",
        ])
        #expect(print.kind.map(\.kind) == [.noOp, .seal])
        #expect(print.sources.count == 2)
    }
}

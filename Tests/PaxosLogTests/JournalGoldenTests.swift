// A journal as it was written once, byte for byte. It is never made anew: a change of the format adds another.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

@Suite struct JournalGoldenTests {
    static let folder = FilePath(#filePath).removingLastComponent().appending("Fixtures/journal-v1")
    static let fileBytes = 5 * JournalFormat.sectorSize
    static let identity = JournalIdentity(
        node: NodeID(2),
        journal: UniqueID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210))
    static let learner = Ballot(round: 7, node: NodeID(3), incarnation: Incarnation(2))

    /// The records, by append.
    static let script: [[JournalRecord]] = [
        [.promise(ballot(1)), .accepted(run(1...2, at: ballot(1)))],
        [.chosenThrough(Slot(2), ballot: ballot(1)), .promise(learner)],
        [.chosen(run(3...3, at: .none, "learned")), .accepted(run(4...5, at: learner, "later"))],
    ]

    static func write(to fileSystem: MemoryFileSystem) throws {
        let journal = try Journal.open(
            fileSystem, directory: "/journal", identity: identity, fileBytes: fileBytes, seed: 42, logThrough: .zero
        ).journal
        for records in script {
            try journal.append([records])
            try journal.markDurable()
        }
    }

    func fixture() throws -> MemoryFileSystem {
        let machine = PosixFileSystem()
        let fileSystem = MemoryFileSystem()
        for name in try machine.list(JournalGoldenTests.folder) {
            let file = try machine.open(JournalGoldenTests.folder.appending(name), for: .read)
            fileSystem.install(try file.read(at: 0, count: Int(file.size())), at: FilePath("/journal/\(name)"))
        }
        return fileSystem
    }

    @Test func theWriterStillWritesTheseBytes() throws {
        let written = MemoryFileSystem()
        try JournalGoldenTests.write(to: written)
        let golden = try fixture()
        let names = try golden.list("/journal")
        #expect(names.count == 3)
        #expect(try written.list("/journal") == names)
        for name in names {
            let path = FilePath("/journal/\(name)")
            #expect(written.contents(of: path) == golden.contents(of: path), "\(name)")
        }
    }

    @Test func theReaderStillReadsTheseRecords() throws {
        let reader = try JournalReader(
            try fixture(), "/journal", identity: JournalGoldenTests.identity, logThrough: .zero)
        var records: [JournalRecord] = []
        var lines: [String] = []
        while true {
            let finding = try reader.next()
            if finding == .end { break }
            switch finding {
            case .record(let record, let place):
                records.append(record)
                lines.append("\(place.sequence) \(place.offset) record, promised \(place.promised)")
            case .mark(let place): lines.append("\(place.sequence) \(place.offset) mark")
            case .continued(let place): lines.append("\(place.sequence) \(place.offset) continued")
            case .inheritance(let inheritance, let place):
                lines.append(
                    "\(place.sequence) \(place.offset) inheritance, promised \(place.promised), chosen through "
                        + "\(inheritance.chosenThrough) at \(inheritance.chosenThroughBallot), highest slot "
                        + "\(inheritance.highestSlot)")
            case .corrupt, .tornTail, .lostValues, .damagedPadding, .end:
                Issue.record("\(finding)")
            }
        }
        #expect(records == JournalGoldenTests.script.flatMap { $0 })
        #expect(
            lines == [
                "1 4096 inheritance, promised none, chosen through 0 at none, highest slot 0",
                "1 8192 record, promised 1.n1.1",
                "1 8288 record, promised 1.n1.1",
                "1 12288 mark",
                "1 16384 continued",
                "2 4096 inheritance, promised 1.n1.1, chosen through 0 at none, highest slot 2",
                "2 4208 record, promised 1.n1.1",
                "2 4304 record, promised 7.n3.2",
                "2 8192 mark",
                "2 12288 record, promised 7.n3.2",
                "2 12400 record, promised 7.n3.2",
                "2 16384 continued",
                "3 4096 inheritance, promised 7.n3.2, chosen through 2 at 1.n1.1, highest slot 5",
            ])
    }

    @Test func itIsRecovered() throws {
        let recovery = try Journal.open(
            try fixture(), directory: "/journal", identity: JournalGoldenTests.identity,
            fileBytes: JournalGoldenTests.fileBytes, seed: 1, logThrough: .zero
        ).recovery
        #expect(recovery.promised == JournalGoldenTests.learner)
        #expect(recovery.chosen == [run(1...2, at: ballot(1)), run(3...3, at: .none, "learned")])
        #expect(recovery.accepted == [run(4...5, at: JournalGoldenTests.learner, "later")])
    }
}

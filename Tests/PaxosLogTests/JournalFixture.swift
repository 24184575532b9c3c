// A journal on a disk in memory, and the words to damage it with.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

func ballot(_ round: UInt64, _ node: UInt16 = 1) -> Ballot {
    Ballot(round: round, node: NodeID(node), incarnation: .first)
}

/// A run whose value at slot s is `text` and s.
func run(_ slots: ClosedRange<UInt64>, at ballot: Ballot, _ text: String = "v") -> Run {
    run(slots.lowerBound, at: ballot, values: slots.map { [UInt8]("\(text)\($0)".utf8) })
}

func run(_ firstSlot: UInt64, at ballot: Ballot, values: [[UInt8]]) -> Run {
    var body: [UInt8] = []
    for value in values {
        body.appendLittleEndian(UInt32(value.count))
        body.append(contentsOf: value)
    }
    return Run(ballot: ballot, firstSlot: Slot(firstSlot), count: values.count, body: body, sealedBy: Run.xxh3)
}

extension Run {
    /// Its values by slot.
    var values: [Slot: [UInt8]] {
        var values: [Slot: [UInt8]] = [:]
        for index in 0..<count {
            let slot = firstSlot + index
            values[slot] = Array(body[byteRange(of: slot...slot)].dropFirst(4))
        }
        return values
    }
}

final class JournalFixture {
    static let directory: FilePath = "/n1/journal"
    static let identity = JournalIdentity(node: NodeID(1), journal: UniqueID(high: 0x1111, low: 0x2222))

    var fileSystem = MemoryFileSystem()
    let fileBytes: Int
    private var starts: UInt64 = 0

    init(fileBytes: Int = 64 << 10) {
        self.fileBytes = fileBytes
    }

    func open(
        logThrough: UInt64 = 0, as identity: JournalIdentity = JournalFixture.identity, mends: Bool = false
    ) throws(StorageError) -> (journal: Journal, recovery: JournalRecovery) {
        starts += 1
        return try Journal.open(
            fileSystem, directory: JournalFixture.directory, identity: identity, fileBytes: fileBytes, seed: starts,
            logThrough: Slot(logThrough), mends: mends)
    }

    func recovered(logThrough: UInt64 = 0, mends: Bool = false) throws(StorageError) -> JournalRecovery {
        try open(logThrough: logThrough, mends: mends).recovery
    }

    func path(_ sequence: UInt64) -> FilePath { JournalFolder.file(JournalFixture.directory, sequence) }

    func names() throws -> [String] { try fileSystem.list(JournalFixture.directory) }

    /// All findings but the end.
    func findings(logThrough: UInt64? = nil) throws -> [JournalFinding] {
        let reader = try JournalReader(
            fileSystem, JournalFixture.directory, identity: JournalFixture.identity,
            logThrough: logThrough.map { Slot($0) })
        var findings: [JournalFinding] = []
        while true {
            let finding = try reader.next()
            if finding == .end { return findings }
            findings.append(finding)
        }
    }

    func records() throws -> [JournalRecord] {
        try findings().compactMap { finding in
            if case .record(let record, _) = finding { record } else { nil }
        }
    }

    func damages() throws -> [Damage] {
        try findings().compactMap { finding in
            switch finding {
            case .corrupt(let damage), .tornTail(let damage), .damagedPadding(let damage),
                .lostValues(_, _, let damage):
                damage
            default: nil
            }
        }
    }

    /// Where the records of a file stand.
    func offsets(of sequence: UInt64) throws -> [Int] {
        let reader = try JournalFileReader(fileSystem, path(sequence))
        var offsets: [Int] = []
        while true {
            switch try reader.next() {
            case .record(_, let place), .mark(let place), .continued(let place), .inheritance(_, let place):
                offsets.append(Int(place.offset))
            case .end, .corrupt, .tornTail, .lostValues, .damagedPadding:
                return offsets
            }
        }
    }

    /// Opens the journal, and demands that it be refused as corrupt and left as it was.
    func expectCorrupt(
        logThrough: UInt64 = 0, mends: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Damage? {
        let before = try names()
        let operations = fileSystem.operations
        do {
            _ = try open(logThrough: logThrough, mends: mends)
            Issue.record("the journal was opened", sourceLocation: sourceLocation)
        } catch .corrupt(let damage) {
            #expect(try names() == before, sourceLocation: sourceLocation)
            #expect(fileSystem.operations == operations, "something was written", sourceLocation: sourceLocation)
            return damage
        } catch {
            Issue.record("it was refused as \(error)", sourceLocation: sourceLocation)
        }
        return nil
    }
}

// The journal's files: the header alone, and a whole file read as a journal. Checksums of headers, records and runs are
// put right again where the corpus has them.

import Fuzzing
import Paxos
import PaxosLog
import SystemPackage

struct JournalFileHeaderTarget: FuzzTarget {
    let name = "journal-header"
    let largestAllocation = 2 * Mutator.longest
    let mostAllocated = 2 * Mutator.longest

    var corpus: [[UInt8]] {
        let identity = JournalIdentity(node: NodeID(1), journal: UniqueID(high: 1, low: 2))
        return [
            JournalFileHeader(identity: identity, sequence: 1, salt: 77, capacity: 4 * 4096).encoded(),
            JournalFileHeader(identity: identity, sequence: 900, salt: 78, capacity: 1 << 25).encoded(),
        ]
    }

    func reseal(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        RecordTarget.sealFileHeader(&bytes)
    }

    func decode(_ bytes: [UInt8]) -> Bool {
        guard let header = try? JournalFileHeader(decoding: bytes, file: Samples.path) else { return false }
        require(header.encoded() == bytes, "a header has one encoding")
        return true
    }
}

struct RecordTarget: FuzzTarget {
    let name = "record"
    /// A file of the corpus, spliced, and the reader's window.
    let largestAllocation = 4 * Mutator.longest
    let mostAllocated = 64 * Mutator.longest

    private static let directory = FilePath("/n1/journal")
    private static let identity = JournalIdentity(node: NodeID(1), journal: UniqueID(high: 1, low: 2))
    private static let fileName = "0000000001.journal"
    private static let sample = makeSample()

    var corpus: [[UInt8]] { [RecordTarget.sample.bytes] }

    func reseal(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        RecordTarget.sealFileHeader(&bytes)
        guard bytes.count >= JournalFormat.sectorSize else { return }
        let salt = bytes.field(32, 8)
        for offset in RecordTarget.sample.records where offset + JournalFormat.recordHeaderSize <= bytes.count {
            RecordTarget.sealRecord(&bytes, at: offset, salt: salt)
        }
    }

    func decode(_ bytes: [UInt8]) -> Bool {
        let fileSystem = MemoryFileSystem()
        fileSystem.install(bytes, at: RecordTarget.directory.appending(RecordTarget.fileName))
        var isWhole = true
        do {
            let reader = try JournalReader(fileSystem, RecordTarget.directory, identity: nil, logThrough: nil)
            var findings = 0
            reading: while true {
                switch try reader.next() {
                case .end: break reading
                case .corrupt, .tornTail, .lostValues, .damagedPadding: isWhole = false
                case .record(.accepted(let run), _), .record(.chosen(let run), _):
                    require(run.byteRange(of: run.slots) == 0..<run.body.count, "a run's values fill it")
                default: break
                }
                findings += 1
                require(findings <= bytes.count + 1, "each finding takes a byte at least")
            }
        } catch {
            return false
        }
        // What a node does with it when it starts: it reads all of it into memory, or refuses it.
        _ = try? Journal.open(
            fileSystem, directory: RecordTarget.directory, identity: RecordTarget.identity,
            fileBytes: JournalFormat.smallestFile, seed: 1, logThrough: .zero)
        return isWhole
    }

    static func sealFileHeader(_ bytes: inout [UInt8]) {
        guard bytes.count >= 72 else { return }
        bytes.setField(64, 8, bytes.hash(0..<64, seed: 0))
    }

    private static func sealRecord(_ bytes: inout [UInt8], at offset: Int, salt: UInt64) {
        let payload = offset + JournalFormat.recordHeaderSize
        let length = min(Int(bytes.field(offset + 12, 4)), bytes.count - payload)
        switch bytes[offset + 8] {
        case 2, 3:
            let ballot = Ballot(
                round: bytes.field(offset + 56, 8), node: NodeID(UInt16(bytes.field(offset + 64, 2))),
                incarnation: Incarnation(UInt32(bytes.field(offset + 68, 4))))
            let checksum = Run.xxh3(
                ballot, Slot(bytes.field(offset + 72, 8)), Int(bytes.field(offset + 80, 4)),
                Array(bytes[payload..<(payload + length)]))
            bytes.setField(offset + 88, 8, checksum)
        case 6: bytes.setField(offset + 88, 8, bytes.hash(payload..<(payload + length), seed: salt))
        default: break
        }
        bytes.setField(offset, 8, bytes.hash((offset + 8)..<payload, seed: salt))
    }

    /// A journal's first file with a record of each kind, and where they stand.
    private static func makeSample() -> (bytes: [UInt8], records: [Int]) {
        let fileSystem = MemoryFileSystem()
        let ballot = Ballot(round: 3, node: NodeID(1), incarnation: .first)
        func run(_ slot: UInt64, at ballot: Ballot) -> Run {
            let entries = (0..<3).map { Samples.set(Slot(slot) + $0, value: [1, 2, 3]) }
            return Run(
                ballot: ballot, firstSlot: Slot(slot), count: 3, body: Samples.body(entries), sealedBy: Run.xxh3)
        }
        do {
            let (journal, _) = try Journal.open(
                fileSystem, directory: directory, identity: identity, fileBytes: 2 * JournalFormat.smallestFile,
                seed: 1, logThrough: .zero)
            try journal.append([[.promise(ballot), .accepted(run(1, at: ballot)), .accepted(run(4, at: ballot))]])
            try journal.append([[.chosen(run(7, at: .none)), .chosenThrough(Slot(9), ballot: ballot)]])
            let path = directory.appending(fileName)
            var records: [Int] = []
            let reader = try JournalFileReader(fileSystem, path)
            while true {
                switch try reader.next() {
                case .record(_, let place), .mark(let place), .continued(let place), .inheritance(_, let place):
                    records.append(Int(place.offset))
                case .end, .corrupt, .tornTail, .lostValues, .damagedPadding:
                    guard let bytes = fileSystem.contents(of: path) else {
                        fatalError("the journal has its first file")
                    }
                    return (bytes, records)
                }
            }
        } catch {
            fatalError("a file system in memory does not fail: \(error)")
        }
    }
}

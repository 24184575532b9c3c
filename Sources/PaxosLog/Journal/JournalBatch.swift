// One batch as it goes to the disk: records one behind the other in one buffer that is used again for the next. It
// writes nothing, and hashes no payload: a run brings its checksum with it.

import Paxos

struct JournalBatch: ~Copyable {
    private var storage = RawStorage()
    private var file: JournalFileHeader
    /// Where the batch will stand, on a sector's boundary; also its durable mark, as all before it is synced by then.
    private(set) var start: Int
    /// Where the records of the batch before it end.
    private var previousEnd: Int

    init(in file: JournalFileHeader, behind previousEnd: Int) {
        self.file = file
        self.previousEnd = previousEnd
        start = JournalFormat.sectorEnd(previousEnd)
    }

    var isEmpty: Bool { storage.count == 0 }
    /// Where its records end, until it is finished.
    var end: Int { start + storage.count }

    /// Begins the next batch, in the same buffer.
    mutating func begin(in file: JournalFileHeader, behind previousEnd: Int) {
        self.file = file
        self.previousEnd = previousEnd
        start = JournalFormat.sectorEnd(previousEnd)
        storage.resizeUninitialized(to: 0)
    }

    /// - Parameter promised: the highest ballot promised, this record included.
    mutating func append(_ record: JournalRecord, promised: Ballot) {
        switch record {
        case .promise(let ballot):
            append(header(.promise, promised, ballot: ballot))
        case .accepted(let run):
            append(run, as: .accepted, promised: promised)
        case .chosen(let run):
            precondition(run.ballot == .none, "a value that was learned carries no ballot")
            append(run, as: .chosen, promised: promised)
        case .chosenThrough(let slot, let ballot):
            append(header(.chosenThrough, promised, ballot: ballot, firstSlot: slot))
        }
    }

    mutating func append(_ inheritance: JournalInheritance, promised: Ballot) {
        let payload = (inheritance.logThrough.rawValue.littleEndian, inheritance.highestSlot.rawValue.littleEndian)
        withUnsafeBytes(of: payload) { payload in
            var header = header(
                .inheritance, promised, ballot: inheritance.chosenThroughBallot, firstSlot: inheritance.chosenThrough)
            header.payloadLength = payload.count
            header.payloadChecksum = JournalFormat.checksum(RawSpan(_unsafeBytes: payload), seed: file.salt)
            append(header, payload)
        }
    }

    mutating func appendMark(promised: Ballot) {
        append(header(.mark, promised))
    }

    mutating func appendContinued(promised: Ballot) {
        append(header(.continued, promised))
    }

    /// The batch with zeros up to the sector's end.
    mutating func finish() -> UnsafeRawBufferPointer {
        storage.resize(to: JournalFormat.sectorEnd(storage.count))
        return storage.bytes
    }

    private func header(
        _ kind: JournalRecordHeader.Kind, _ promised: Ballot, ballot: Ballot = .none, firstSlot: Slot = .zero
    ) -> JournalRecordHeader {
        JournalRecordHeader(
            kind: kind, offset: end, sequence: file.sequence, durableMark: start, previousEnd: previousEnd,
            promised: promised, ballot: ballot, firstSlot: firstSlot)
    }

    private mutating func append(_ run: Run, as kind: JournalRecordHeader.Kind, promised: Ballot) {
        var header = header(kind, promised, ballot: run.ballot, firstSlot: run.firstSlot)
        header.count = run.count
        header.payloadLength = run.body.count
        header.payloadChecksum = run.checksum
        run.body.withUnsafeBytes { append(header, $0) }
    }

    private mutating func append(
        _ header: JournalRecordHeader, _ payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        let start = storage.count
        storage.resizeUninitialized(to: start + JournalFormat.recordHeaderSize)
        header.encode(to: storage.base + start, salt: file.salt)
        storage.replace(at: storage.count, with: payload)
        storage.resize(to: start + JournalFormat.recordSize(payload: payload.count))
    }
}

// Reads one journal file from its first record to its end, and tells a torn tail from corruption by the durable marks.
// It never writes, and holds one window of the file and one record at a time.

import Paxos
package import SystemPackage

package final class JournalFileReader {
    package let path: FilePath
    package let header: JournalFileHeader
    /// Where the next record is looked for.
    package private(set) var offset = JournalFormat.sectorSize
    /// Whether the file was taken for a later part of the journal while it was read. What it held is in the log.
    package private(set) var wasRecycled = false
    /// Whether the last record read says that the next file goes on.
    package private(set) var isContinued = false

    private let file: any File
    private let size: Int
    /// The durable mark of the batch being read: its start.
    private var batchStart = JournalFormat.sectorSize
    /// Where the records read so far end; nil when damage hides it.
    private var recordsEnd: Int? = JournalFormat.sectorSize
    private var isFinished = false
    /// Where damage or the end was suspected last. It counts only when the place, read again, still shows it.
    private var suspected: Int?
    private var reportsSize: Bool
    private var window: [UInt8]
    private var windowStart = 0
    private var windowCount = 0

    /// - Throws: also when the header is damaged, or of a version that is not known.
    package init(_ fileSystem: any FileSystem, _ path: FilePath) throws(StorageError) {
        self.path = path
        file = try fileSystem.open(path, for: .read)
        header = try JournalFileReader.readHeader(file)
        let actualSize = Int(try file.size())
        size = min(actualSize, header.capacity)
        reportsSize = actualSize != header.capacity
        window = [UInt8](repeating: 0, count: min(header.capacity, 256 << 10))
    }

    /// Where the records end, and a next batch follows on them, in a file that is fit to be written on.
    var writableEnd: Int {
        guard let recordsEnd else { preconditionFailure("a file whose records end nobody knows where is refused") }
        return recordsEnd
    }

    static func readHeader(_ file: any File) throws(StorageError) -> JournalFileHeader {
        var sector = [UInt8](repeating: 0, count: JournalFormat.sectorSize)
        let count = try file.read(at: 0, into: &sector)
        if count < sector.count { sector.removeLast(sector.count - count) }
        return try JournalFileHeader(decoding: sector, file: file.path)
    }

    package func next() throws(StorageError) -> JournalFinding {
        if isFinished { return .end }
        if reportsSize {
            reportsSize = false
            let reason = "the file is not as long as its header says, which is \(header.capacity) bytes"
            return .corrupt(damage(.corrupt, UInt64(size), nil, reason))
        }
        while offset + JournalFormat.recordHeaderSize <= size {
            if let finding = try step() { return finding }
        }
        isFinished = true
        return .end
    }

    /// Reads what stands at `offset`; nil when the same must be asked again, there or behind a batch's padding.
    private func step() throws(StorageError) -> JournalFinding? {
        switch try header(at: offset) {
        case .header(let record)
        where record.durableMark == offset && record.previousEnd != recordsEnd ?? record.previousEnd:
            return judgeBatchBefore(record)
        case .header(let record) where record.durableMark == offset || record.durableMark == batchStart:
            return try read(record)
        case .unknown(_, let reason):
            return try judge(reason, resumeAt: nil, slots: nil, wasWrittenSo: true)
        case .header:
            // Left by a batch that was cut: it stands behind a later one as if it went on with it.
            return try judge("a record belongs to no batch", resumeAt: nil, slots: nil, wasWrittenSo: false)
        case .nothing:
            if JournalFormat.isSectorBoundary(offset) { return try judgeEnd() }
            let end = JournalFormat.sectorEnd(offset)
            let index = try fill(offset, end - offset)
            guard JournalFormat.isZero(window.span.bytes.extracting(index..<(index + end - offset))) else {
                if try batchBegins(at: end, behind: offset) { return passPadding(to: end) }
                return try judge("no record stands here", resumeAt: nil, slots: nil, wasWrittenSo: false)
            }
            offset = end
            return nil
        }
    }

    // MARK: One record

    private func read(_ record: JournalRecordHeader) throws(StorageError) -> JournalFinding? {
        let payload = try payload(of: record)
        guard payload.count == record.payloadLength else {
            return try judge("a record ends behind the file", resumeAt: nil, slots: record.slots, wasWrittenSo: false)
        }
        let place = JournalPlace(
            file: path, sequence: header.sequence, offset: UInt64(record.offset), promised: record.promised)
        func advance() {
            offset = record.end
            recordsEnd = offset
            batchStart = record.durableMark
        }
        switch record.kind {
        case .promise:
            advance()
            return .record(.promise(record.ballot), place)
        case .chosenThrough:
            advance()
            return .record(.chosenThrough(record.firstSlot, ballot: record.ballot), place)
        case .mark:
            advance()
            return .mark(place)
        case .continued:
            advance()
            isFinished = true
            isContinued = true
            return .continued(place)
        case .inheritance:
            guard JournalFormat.checksum(payload.span.bytes, seed: header.salt) == record.payloadChecksum else {
                return try judgePayload(of: record, place)
            }
            let inheritance = JournalInheritance(record, payload: payload)
            guard max(inheritance.logThrough, inheritance.highestSlot) <= JournalFormat.highestSlot else {
                return try judge(
                    "a slot is beyond all that there can be", resumeAt: record.end, slots: nil, wasWrittenSo: true)
            }
            advance()
            return .inheritance(inheritance, place)
        case .accepted, .chosen:
            let run = Run(
                ballot: record.ballot, firstSlot: record.firstSlot, count: record.count, body: payload,
                checksum: record.payloadChecksum)
            guard run.isIntact else { return try judgePayload(of: record, place) }
            guard Run.isWellFormed(run.body, count: run.count) else {
                return try judge(
                    "a run does not hold the values that it says", resumeAt: record.end, slots: run.slots,
                    wasWrittenSo: true)
            }
            advance()
            return .record(record.kind == .accepted ? .accepted(run) : .chosen(run), place)
        }
    }

    private func payload(of record: JournalRecordHeader) throws(StorageError) -> [UInt8] {
        let start = record.offset + JournalFormat.recordHeaderSize
        let length = record.payloadLength
        guard length > 0 else { return [] }
        guard start + length <= size else { return [] }
        if length > window.count {
            var bytes = [UInt8](repeating: 0, count: length)
            let count = try file.read(at: UInt64(start), into: &bytes)
            return count == length ? bytes : []
        }
        let index = try fill(start, length)
        return window.withUnsafeBytes { window in
            [UInt8](unsafeUninitializedCapacity: length) { target, count in
                if let start = target.baseAddress, let source = window.baseAddress {
                    UnsafeMutableRawPointer(start).copyMemory(from: source + index, byteCount: length)
                }
                count = length
            }
        }
    }

    // MARK: Damage

    /// What was lost of a record whose header is whole is known, but for the values themselves.
    private func judgePayload(
        of record: JournalRecordHeader, _ place: JournalPlace
    ) throws(StorageError) -> JournalFinding? {
        let finding = try judge(
            "the checksum of a record's payload is not that of the payload", resumeAt: record.end,
            slots: record.slots, wasWrittenSo: false)
        guard case .corrupt(let damage)? = finding, let slots = record.slots else { return finding }
        return .lostValues(UnknownRun(ballot: record.ballot, slots: slots), place, damage)
    }

    /// Whether a batch stands at `offset`, and says that the one before it ends at `end`.
    private func batchBegins(at offset: Int, behind end: Int) throws(StorageError) -> Bool {
        guard offset + JournalFormat.recordHeaderSize <= size, case .header(let first) = try header(at: offset) else {
            return false
        }
        return first.durableMark == offset && first.previousEnd == end
    }

    /// No record stood at `offset`, so that nothing is lost by what the padding has become.
    private func passPadding(to end: Int) -> JournalFinding? {
        guard isConfirmed() else { return nil }
        defer { offset = end }
        return .damagedPadding(damage(.corrupt, UInt64(offset), nil, "the padding behind a batch is not zero"))
    }

    /// A batch says that the one before it ends elsewhere: records are gone from there, as if they had been padding.
    private func judgeBatchBefore(_ record: JournalRecordHeader) -> JournalFinding? {
        guard let end = recordsEnd else { preconditionFailure("what is not known contradicts nothing") }
        let batch = offset
        offset = end
        guard isConfirmed() else { return nil }
        offset = batch
        recordsEnd = nil
        let reason = "the next batch says that this one ends at \(record.previousEnd)"
        return .corrupt(damage(.corrupt, UInt64(end), nil, reason))
    }

    /// Nothing stands at a sector's boundary: the end, unless something stands behind it.
    private func judgeEnd() throws(StorageError) -> JournalFinding? {
        let behind = try searchBehind(offset)
        if behind.firstRecord != nil {
            return try judge("no record stands here", resumeAt: nil, slots: nil, wasWrittenSo: false)
        }
        guard isConfirmed() else { return nil }
        wasRecycled = try !holdsThisFile()
        isFinished = true
        return .end
    }

    /// Tells what the damage at `offset` is. What a later record's durable mark covers was durable; so was what has a
    /// valid checksum over fields that make no sense. All else was never acknowledged. A process that writes meanwhile
    /// may have written here and then there, so a place that looks damaged is read again before it is called so.
    private func judge(
        _ reason: String, resumeAt: Int?, slots: ClosedRange<Slot>?, wasWrittenSo: Bool
    ) throws(StorageError) -> JournalFinding? {
        if try !holdsThisFile() {
            wasRecycled = true
            isFinished = true
            return .end
        }
        let place = UInt64(offset)
        let behind = try searchBehind(offset)
        guard wasWrittenSo || behind.wasDurable else {
            isFinished = true
            return .tornTail(damage(.tornTail, place, slots, reason))
        }
        guard isConfirmed() else { return nil }
        if let resume = resumeAt ?? behind.firstRecord {
            // What stands there may begin a batch or go on with one whose start is lost.
            offset = resume
            recordsEnd = resumeAt
            batchStart = try mark(at: resume) ?? batchStart
        } else {
            isFinished = true
        }
        return .corrupt(damage(.corrupt, place, slots, reason))
    }

    /// Whether what is made out of `offset` was read from the file twice; if not, it is to be read again.
    private func isConfirmed() -> Bool {
        if suspected == offset { return true }
        suspected = offset
        windowCount = 0
        return false
    }

    /// Tries each sector boundary behind `damage` to the file's end.
    private func searchBehind(_ damage: Int) throws(StorageError) -> (firstRecord: Int?, wasDurable: Bool) {
        var firstRecord: Int?
        var boundary = JournalFormat.sectorEnd(damage + 1)
        while boundary + JournalFormat.recordHeaderSize <= size {
            if let mark = try mark(at: boundary) {
                firstRecord = firstRecord ?? boundary
                if mark > damage { return (firstRecord, true) }
            }
            boundary += JournalFormat.sectorSize
        }
        return (firstRecord, false)
    }

    /// The durable mark of the record that stands at `offset`, if one does.
    private func mark(at offset: Int) throws(StorageError) -> Int? {
        guard offset + JournalFormat.recordHeaderSize <= size else { return nil }
        switch try header(at: offset) {
        case .nothing: return nil
        case .header(let record): return record.durableMark
        case .unknown(let durableMark, _): return durableMark
        }
    }

    /// A file that is used again gets its new header before anything else.
    private func holdsThisFile() throws(StorageError) -> Bool {
        do {
            return try JournalFileReader.readHeader(file) == header
        } catch .io(let error, let operation, let path) {
            throw .io(error, operation: operation, path: path)
        } catch {
            return false
        }
    }

    private func damage(_ kind: Damage.Kind, _ offset: UInt64, _ slots: ClosedRange<Slot>?, _ reason: String) -> Damage
    {
        Damage(kind: kind, file: path, offset: offset, slots: slots, reason: reason)
    }

    // MARK: The window

    private func header(at offset: Int) throws(StorageError) -> JournalRecordHeader.Reading {
        let index = try fill(offset, JournalFormat.recordHeaderSize)
        let window = window
        return JournalRecordHeader.read(window.span.bytes, at: index, offset: offset, of: header)
    }

    /// Makes `count` bytes from `offset` on be in the window, and says where. They lie within the file, and fit.
    private func fill(_ offset: Int, _ count: Int) throws(StorageError) -> Int {
        if offset < windowStart || offset + count > windowStart + windowCount {
            windowStart = offset
            windowCount = 0
            windowCount = try file.read(at: UInt64(offset), into: &window)
        }
        return offset - windowStart
    }
}

extension JournalInheritance {
    init(_ record: JournalRecordHeader, payload: [UInt8]) {
        let bytes = payload.span.bytes
        func load(_ at: Int) -> Slot {
            Slot(UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)))
        }
        self.init(
            chosenThrough: record.firstSlot, chosenThroughBallot: record.ballot, logThrough: load(0),
            highestSlot: load(8))
    }
}

extension File {
    /// Fills `bytes` from `offset` on, as far as the file goes, and says how many.
    func read(at offset: UInt64, into bytes: inout [UInt8]) throws(StorageError) -> Int {
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        return try raw.withUnsafeMutableBytes { buffer throws(StorageError) in
            try read(at: offset, into: buffer)
        }
    }
}

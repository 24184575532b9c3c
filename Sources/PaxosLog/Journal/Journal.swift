// The acceptor's memory on disk: appends batches of records, each with one write and one sync. What it has returned from
// is durable. It never writes again once the disk has failed it.

package import Paxos
import SystemPackage

/// Owned by one thread, which may hand it to another. How it is opened, and how files change, is in `Journal+Files`.
package final class Journal {
    let fileSystem: any FileSystem
    let directory: FilePath
    let identity: JournalIdentity
    /// The length of files to come.
    let fileBytes: Int
    var salts: SplitMix64

    /// By sequence; the last is the one that is written to.
    var files: [JournalLiveFile]
    var spares: [FilePath]
    var file: any File
    var header: JournalFileHeader
    /// Where the records end, all of them durable. The next batch goes to the sector boundary behind.
    var recordsEnd: Int
    /// Whether the file still lacks its first record.
    var lacksInheritance: Bool
    /// Whether something durable is not yet covered by a mark.
    var needsMark: Bool
    var inheritance: JournalInheritance
    package internal(set) var promised: Ballot
    /// Why nothing more is written; set by the first error of a write or sync. Nil while room for a new file is all that
    /// has ever been wanting.
    package internal(set) var failure: StorageError?
    var batch: JournalBatch

    init(
        _ fileSystem: any FileSystem, _ directory: FilePath, identity: JournalIdentity, fileBytes: Int,
        salts: SplitMix64, files: [JournalLiveFile], spares: [FilePath], file: any File, header: JournalFileHeader,
        recordsEnd: Int
    ) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.identity = identity
        self.fileBytes = fileBytes
        self.salts = salts
        self.files = files
        self.spares = spares
        self.file = file
        self.header = header
        self.recordsEnd = recordsEnd
        lacksInheritance = true
        needsMark = true
        inheritance = .none
        promised = .none
        batch = JournalBatch(in: header, behind: recordsEnd)
    }

    /// Makes all records durable, in order: one write and one sync, unless they do not fit into one file.
    ///
    /// - Throws: `.io(.noSpace, …)`, before anything is written, when a new file is needed and the disk is full; unless
    ///   the records need several files, of which some may have been written by then. The journal stays usable, and what
    ///   fits into the file in use can still be appended. Any other error is final.
    package func append(_ batches: [[JournalRecord]]) throws(StorageError) {
        try checkUsable()
        var needed = 0
        for records in batches {
            for record in records { needed += Journal.size(of: record) }
        }
        guard needed > 0 else { return }
        if needed > room, needed <= Journal.room(fileBytes: fileBytes) { try changeFile() }
        beginBatch()
        for records in batches {
            for record in records {
                if Journal.size(of: record) > batchLimit - batch.end {
                    if !batch.isEmpty { try flush() }
                    try changeFile()
                    beginBatch()
                    precondition(
                        Journal.size(of: record) <= batchLimit - batch.end,
                        "a journal file holds at least the longest run")
                }
                add(record)
            }
        }
        try flush()
    }

    /// Makes known on disk that all that was appended is durable, so that damage to it is told from a torn tail. Does
    /// nothing when it is known already.
    ///
    /// - Throws: as `append`.
    package func markDurable() throws(StorageError) {
        try checkUsable()
        guard needsMark else { return }
        if room < JournalFormat.recordHeaderSize {
            // Handing over marks all of the file. The next one must not stay empty, or the older could not go.
            try changeFile()
            beginBatch()
        } else {
            beginBatch()
            batch.appendMark(promised: promised)
        }
        try flush()
        needsMark = false
    }

    // MARK: Batches

    /// The most bytes that the records of one append may take (`recordSize`) to be written at once.
    package static func room(fileBytes: Int) -> Int {
        fileBytes - 2 * JournalFormat.sectorSize
            - JournalFormat.recordSize(payload: JournalFormat.inheritancePayloadSize)
    }

    /// How long a new journal's file must be for runs with bodies so long to be appended to it at once.
    package static func fileBytes(holding bodies: [Int]) -> Int {
        let records = bodies.reduce(JournalFormat.recordSize(payload: JournalFormat.inheritancePayloadSize)) {
            $0 + JournalFormat.recordSize(payload: $1)
        }
        // The header, the batch that the file begins with, the mark, and what is kept for handing over.
        return JournalFormat.sectorEnd(records) + 4 * JournalFormat.sectorSize
    }

    private static func size(of record: JournalRecord) -> Int {
        switch record {
        case .promise, .chosenThrough: JournalFormat.recordHeaderSize
        case .accepted(let run), .chosen(let run): JournalFormat.recordSize(payload: run.body.count)
        }
    }

    /// Batches end before the last sector, which is kept for handing over to the next file.
    private var batchLimit: Int { header.capacity - JournalFormat.sectorSize }

    private var room: Int {
        let taken = lacksInheritance ? JournalFormat.recordSize(payload: JournalFormat.inheritancePayloadSize) : 0
        return batchLimit - JournalFormat.sectorEnd(recordsEnd) - taken
    }

    func beginBatch() {
        batch.begin(in: header, behind: recordsEnd)
        if lacksInheritance { batch.append(inheritance, promised: promised) }
    }

    private func add(_ record: JournalRecord) {
        switch record {
        case .promise(let ballot):
            promised = max(promised, ballot)
        case .accepted(let run):
            promised = max(promised, run.ballot)
            note(run)
        case .chosen(let run):
            note(run)
        case .chosenThrough(let slot, let ballot):
            if slot >= inheritance.chosenThrough {
                inheritance.chosenThrough = slot
                inheritance.chosenThroughBallot = ballot
            }
        }
        batch.append(record, promised: promised)
    }

    private func note(_ run: Run) {
        inheritance.highestSlot = max(inheritance.highestSlot, run.lastSlot)
        files[files.count - 1].highestSlot = max(files[files.count - 1].highestSlot, run.lastSlot)
    }

    func flush() throws(StorageError) {
        let end = batch.end
        let bytes = batch.finish()
        try finally { () throws(StorageError) in
            try file.write(at: UInt64(batch.start), bytes)
            try file.sync()
        }
        recordsEnd = end
        lacksInheritance = false
        needsMark = true
    }

    // MARK: Failure

    func checkUsable() throws(StorageError) {
        if let failure { throw failure }
    }

    /// An error in `body` is the last that this journal meets.
    func finally<Result>(_ body: () throws(StorageError) -> Result) throws(StorageError) -> Result {
        do {
            return try body()
        } catch {
            failure = error
            throw error
        }
    }
}

/// A file of the journal, as much as releasing it needs to know.
struct JournalLiveFile {
    var sequence: UInt64
    var path: FilePath
    var capacity: Int
    /// The highest slot whose value it holds.
    var highestSlot: Slot
}

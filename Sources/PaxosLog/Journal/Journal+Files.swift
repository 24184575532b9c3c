// How a journal is opened, and how its files come and go. A file gets its name when its header is durable, and what it
// takes over with its first batch; it goes when the chosen log holds its slots.

package import Paxos
package import SystemPackage

extension Journal {
    /// More released files than this are removed, not kept.
    private static let mostSpares = 2

    /// Whether there is a journal in the folder. An identity that names a journal which is not there must not be used
    /// with a new one.
    package static func exists(_ fileSystem: any FileSystem, _ directory: FilePath) throws(StorageError) -> Bool {
        try !JournalFolder(fileSystem, directory).files.isEmpty
    }

    /// Takes all of a journal away that the identity does not name any more: another one is then made in its place.
    /// - Returns: where its files are kept.
    package static func setAside(
        _ fileSystem: any FileSystem, _ directory: FilePath, in quarantine: Quarantine
    ) throws(StorageError) -> [FilePath] {
        var kept: [FilePath] = []
        for item in try JournalFolder(fileSystem, directory).files {
            kept.append(try quarantine.take(item.path, from: directory))
        }
        return kept
    }

    /// Opens the journal in a folder, or makes one. A torn tail is cut. For any other damage it throws before it has
    /// written anything, but for damage that is known to have taken nothing but values, where the others make it good.
    ///
    /// - Parameters:
    ///   - fileBytes: the length of new files, a multiple of the sector size.
    ///   - seed: random, other at each start.
    ///   - logThrough: how far the chosen log goes.
    ///   - mends: whether values may be missing that the other nodes hold, or may settle not to have been chosen.
    ///   - vouching: whether the chosen log was cut at damage. What it held once is then known to be chosen, and missing.
    /// - Throws: `.corrupt`, `.foreign` or `.unsupportedVersion` for a journal that cannot be recovered without loss.
    package static func open(
        _ fileSystem: any FileSystem, directory: FilePath, identity: JournalIdentity, fileBytes: Int, seed: UInt64,
        logThrough: Slot, mends: Bool = false, vouching: Bool = false
    ) throws(StorageError) -> (journal: Journal, recovery: JournalRecovery) {
        precondition(
            fileBytes >= JournalFormat.smallestFile && fileBytes <= JournalFormat.largestFile
                && JournalFormat.isSectorBoundary(fileBytes), "a journal file is a whole number of sectors")
        try fileSystem.createDirectory(directory)
        let folder = try JournalFolder(fileSystem, directory)
        var live: [JournalLiveFile] = []
        for item in folder.files {
            let file = try JournalFileReader(fileSystem, item.path)
            try file.header.check(belongsTo: identity, file: item.path)
            live.append(
                JournalLiveFile(
                    sequence: item.sequence, path: item.path, capacity: file.header.capacity, highestSlot: .zero))
        }
        let reader = JournalReader(
            fileSystem, directory, folder, identity: identity, logThrough: vouching ? nil : logThrough)
        var replay = JournalReplay(files: live, logThrough: logThrough)
        try replay.read(reader, mends: mends)
        let recovery = try replay.recovery(directory, vouching: vouching)

        // All is found to be well; from here on there may be writing.
        for item in folder.unfinished { try fileSystem.remove(item.path) }
        var spares: [FilePath] = []
        for item in folder.spares {
            if try fileSystem.open(item.path, for: .read).size() == UInt64(fileBytes) {
                spares.append(item.path)
            } else {
                try fileSystem.remove(item.path)
            }
        }
        try fileSystem.syncDirectory(directory)
        var salts = SplitMix64(seed: seed)
        let journal: Journal
        if let last = reader.lastFile {
            let file = try mend(last, before: reader.fileBeforeLast, hasRecords: reader.hasRecords, replay, fileSystem)
            journal = Journal(
                fileSystem, directory, identity: identity, fileBytes: fileBytes, salts: salts, files: replay.files,
                spares: spares, file: file, header: last.header, recordsEnd: last.writableEnd)
        } else {
            if spares.isEmpty { spares.append(try makeSpare(fileSystem, directory, sequence: 1, fileBytes)) }
            let spare = spares.removeLast()
            let header = JournalFileHeader(identity: identity, sequence: 1, salt: salts.next(), capacity: fileBytes)
            let file = try begin(spare, as: header, fileSystem, directory)
            let first = JournalLiveFile(sequence: 1, path: file.path, capacity: fileBytes, highestSlot: .zero)
            journal = Journal(
                fileSystem, directory, identity: identity, fileBytes: fileBytes, salts: salts, files: [first],
                spares: spares, file: file, header: header, recordsEnd: JournalFormat.sectorSize)
        }
        journal.promised = replay.promised
        journal.inheritance = JournalInheritance(
            chosenThrough: replay.chosenThrough, chosenThroughBallot: replay.chosenThroughBallot,
            logThrough: max(replay.logThrough, logThrough), highestSlot: replay.highestSlot)
        journal.lacksInheritance = !reader.hasRecords
        journal.needsMark = !replay.endsWithMark
        if journal.lacksInheritance {
            journal.beginBatch()
            try journal.flush()
        }
        return (journal, recovery)
    }

    /// Makes the end of the journal fit to be written on.
    private static func mend(
        _ last: JournalFileReader, before: JournalFileReader?, hasRecords: Bool, _ replay: JournalReplay,
        _ fileSystem: any FileSystem
    ) throws(StorageError) -> any File {
        if let before, !hasRecords {
            // A crash at the change of files. What stands in the file before may be in the system's memory alone.
            let file = try fileSystem.open(before.path, for: .readWrite)
            if !before.isContinued {
                var batch = JournalBatch(in: before.header, behind: before.writableEnd)
                batch.appendContinued(promised: replay.promised)
                try file.write(at: UInt64(batch.start), batch.finish())
            }
            try file.sync()
        }
        let file = try fileSystem.open(last.path, for: .readWrite)
        if replay.tornTail != nil {
            // Whole records of the torn batch may stand behind the cut, and a shorter batch may come to end right
            // before them. A crash in here leaves a torn tail again, at the same place.
            try zero(file, from: last.offset, to: last.header.capacity)
        }
        // What was read may have been written by a process that ended before its sync. It counts from now on.
        try file.sync()
        return file
    }

    // MARK: Changing files

    /// Leaves the file in use for the next one.
    ///
    /// - Throws: `.io(.noSpace, …)` when there is no spare and no room for one; then nothing has changed.
    func changeFile() throws(StorageError) {
        try prepareSpare()
        let spare = spares.removeLast()
        let next = JournalFileHeader(
            identity: identity, sequence: header.sequence + 1, salt: salts.next(), capacity: fileBytes)
        let nextFile = try finally { () throws(StorageError) in
            let nextFile = try Journal.begin(spare, as: next, fileSystem, directory)
            // Only now, so that a file that has handed over shows that the next one is not merely lost.
            batch.begin(in: header, behind: recordsEnd)
            batch.appendContinued(promised: promised)
            try file.write(at: UInt64(batch.start), batch.finish())
            try file.sync()
            return nextFile
        }
        file = nextFile
        header = next
        recordsEnd = JournalFormat.sectorSize
        lacksInheritance = true
        files.append(
            JournalLiveFile(sequence: next.sequence, path: file.path, capacity: next.capacity, highestSlot: .zero))
    }

    /// Makes a file ready to be the next one, if there is none: written with zeros and synced, so that a batch later
    /// costs no change of the file's metadata. Takes as long as writing a file does.
    ///
    /// - Throws: `.io(.noSpace, …)` when the disk is full; the journal stays usable. Any other error is final.
    package func prepareSpare() throws(StorageError) {
        try checkUsable()
        guard spares.isEmpty else { return }
        do {
            spares.append(
                try Journal.makeSpare(fileSystem, directory, sequence: header.sequence + 1, fileBytes))
        } catch .io(.noSpace, let operation, let path) {
            throw .io(.noSpace, operation: operation, path: path)
        } catch {
            failure = error
            throw error
        }
    }

    /// The chosen log holds every slot up to `slot`, durably: files that hold no other may be used again.
    package func release(through slot: Slot) throws(StorageError) {
        try checkUsable()
        inheritance.logThrough = max(inheritance.logThrough, slot)
        precondition(!lacksInheritance, "a file has taken over the state of those before it when they go")
        try finally { () throws(StorageError) in
            // The oldest first, each for itself, so that no crash leaves a gap.
            while files.count > 1, files[0].highestSlot <= slot {
                let oldest = files.removeFirst()
                if spares.count < Journal.mostSpares, oldest.capacity == fileBytes {
                    let spare = JournalFolder.spare(directory, oldest.sequence)
                    try fileSystem.rename(oldest.path, to: spare)
                    spares.append(spare)
                } else {
                    try fileSystem.remove(oldest.path)
                }
                try fileSystem.syncDirectory(directory)
            }
        }
    }

    // MARK: Files

    /// Makes a spare the file that `header` says. It has the file's name only when the header is durable, so that a
    /// damaged header is never a torn one.
    private static func begin(
        _ spare: FilePath, as header: JournalFileHeader, _ fileSystem: any FileSystem, _ directory: FilePath
    ) throws(StorageError) -> any File {
        let file = try fileSystem.open(spare, for: .readWrite)
        try header.encoded().span.bytes.withUnsafeBytes { bytes throws(StorageError) in
            try file.write(at: 0, bytes)
        }
        try file.sync()
        let path = JournalFolder.file(directory, header.sequence)
        try fileSystem.rename(spare, to: path)
        try fileSystem.syncDirectory(directory)
        return try fileSystem.open(path, for: .readWrite)
    }

    private static func makeSpare(
        _ fileSystem: any FileSystem, _ directory: FilePath, sequence: UInt64, _ fileBytes: Int
    ) throws(StorageError) -> FilePath {
        let unfinished = JournalFolder.unfinished(directory, sequence)
        if try fileSystem.exists(unfinished) { try fileSystem.remove(unfinished) }
        do {
            let file = try fileSystem.create(unfinished)
            try zero(file, from: 0, to: fileBytes)
            try file.sync()
        } catch .io(.noSpace, let operation, let path) {
            // Gives the space back. If even that fails, the next attempt or the next start does.
            try? fileSystem.remove(unfinished)
            throw .io(.noSpace, operation: operation, path: path)
        }
        let spare = JournalFolder.spare(directory, sequence)
        try fileSystem.rename(unfinished, to: spare)
        try fileSystem.syncDirectory(directory)
        return spare
    }

    private static func zero(_ file: any File, from start: Int, to end: Int) throws(StorageError) {
        var zeros = RawStorage()
        zeros.resize(to: min(end - start, 1 << 20))
        var offset = start
        while offset < end {
            let count = min(zeros.count, end - offset)
            try file.write(at: UInt64(offset), UnsafeRawBufferPointer(rebasing: zeros.bytes[..<count]))
            offset += count
        }
    }
}

// Reads all files of a journal in order, and finds what is missing between them. It never writes, and may be used on the
// folder of a node that runs.

package import Paxos
package import SystemPackage

package final class JournalReader {
    /// The file that holds the journal's end, once `next` has returned `end`; nil when there is none to read.
    package private(set) var lastFile: JournalFileReader?
    /// The file before it, if there is one.
    package private(set) var fileBeforeLast: JournalFileReader?
    /// Whether the last file holds anything but its header.
    package private(set) var hasRecords = false

    private let fileSystem: any FileSystem
    private let directory: FilePath
    private let identity: JournalIdentity?
    private let logThrough: Slot?

    private var waiting: [JournalFolder.Item]
    private var reader: JournalFileReader?
    /// Findings to be returned before anything more is read, oldest first.
    private var pending: [JournalFinding] = []
    private var previousSequence: UInt64?
    private var isFirst = true
    private var hasInheritance = false
    private var hasDamage = false
    /// A file that ends without handing over, as a crash at the change of files leaves it. It is no damage as long as
    /// the next one is the last, and empty.
    private var unfinished: Damage?

    /// - Parameters:
    ///   - identity: whose journal it must be; nil takes any.
    ///   - logThrough: how far the chosen log goes, to tell whether files that are gone are missed; nil asks nothing.
    package convenience init(
        _ fileSystem: any FileSystem, _ directory: FilePath, identity: JournalIdentity?, logThrough: Slot?
    ) throws(StorageError) {
        self.init(
            fileSystem, directory, try JournalFolder(fileSystem, directory), identity: identity, logThrough: logThrough)
    }

    init(
        _ fileSystem: any FileSystem, _ directory: FilePath, _ folder: JournalFolder, identity: JournalIdentity?,
        logThrough: Slot?
    ) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.identity = identity
        self.logThrough = logThrough
        waiting = folder.files.reversed()
    }

    package func next() throws(StorageError) -> JournalFinding {
        while true {
            if !pending.isEmpty { return pending.removeFirst() }
            if let reader {
                try take(try reader.next(), from: reader)
            } else if let item = waiting.popLast() {
                try open(item)
            } else {
                return .end
            }
        }
    }

    private func take(_ finding: JournalFinding, from reader: JournalFileReader) throws(StorageError) {
        switch finding {
        case .end:
            try close(reader)
        case .inheritance(let inheritance, let place):
            noteRecord()
            if hasInheritance {
                report(.corrupt, place.file, place.offset, "the file takes over the state of those before it twice")
            }
            hasInheritance = true
            if isFirst, let logThrough, inheritance.highestSlot > logThrough {
                reportMissing(before: place.sequence, slots: logThrough.next...inheritance.highestSlot)
            }
            pending.append(finding)
        case .record(_, let place), .lostValues(_, let place, _), .mark(let place), .continued(let place):
            noteRecord()
            if !hasInheritance && !hasDamage {
                let reason = "the file does not begin with the state that it takes over"
                report(.corrupt, place.file, place.offset, reason)
                hasDamage = true
            }
            pending.append(finding)
        case .tornTail(var damage):
            guard !waiting.isEmpty else {
                pending.append(finding)
                return
            }
            damage.kind = .corrupt
            damage.reason += ", and the next file was begun only when all of this one was durable"
            hasDamage = true
            pending.append(.corrupt(damage))
        case .damagedPadding:
            pending.append(finding)
        case .corrupt:
            noteRecord()
            hasDamage = true
            pending.append(finding)
        }
    }

    // MARK: From file to file

    private func open(_ item: JournalFolder.Item) throws(StorageError) {
        if let previousSequence, item.sequence != previousSequence + 1 {
            let missing = JournalFolder.file(directory, previousSequence + 1)
            report(.gap, missing, 0, "the file is missing between two others of the journal")
        }
        fileBeforeLast = lastFile
        lastFile = nil
        hasRecords = false
        hasInheritance = false
        hasDamage = false
        do {
            let opened = try JournalFileReader(fileSystem, item.path)
            if let identity { try opened.header.check(belongsTo: identity, file: item.path) }
            if opened.header.sequence != item.sequence {
                let reason = "the file is number \(opened.header.sequence) of its journal, and bears another's name"
                report(.foreign, item.path, 0, reason)
            }
            reader = opened
            lastFile = opened
        } catch .io(.noSuchFileOrDirectory, _, _) {
            // The node that runs here has released it since the folder was listed.
            return
        } catch .corrupt(let damage) {
            pending.append(.corrupt(damage))
        } catch .foreign(let file, let reason) {
            report(.foreign, file, 0, reason)
        } catch .unsupportedVersion(let file, let found, let supported) {
            report(.unknownVersion, file, 0, "the file is of version \(found), and \(supported) is known here")
        } catch {
            throw error
        }
        previousSequence = item.sequence
        if reader == nil {
            noteRecord()
            isFirst = false
        }
    }

    private func close(_ reader: JournalFileReader) throws(StorageError) {
        let sequence = reader.header.sequence
        if waiting.isEmpty, reader.isContinued {
            // The node that runs here may have begun it since the folder was listed.
            waiting = try JournalFolder(fileSystem, directory).files.filter { $0.sequence > sequence }.reversed()
            if waiting.isEmpty {
                let missing = JournalFolder.file(directory, sequence + 1)
                report(.gap, missing, 0, "the file is missing, which the one before it handed over to")
            }
        }
        if !waiting.isEmpty, !reader.isContinued, !reader.wasRecycled, !hasDamage {
            noteRecord()
            let reason = "the file ends without handing over to the next one, which was begun"
            unfinished = Damage(
                kind: .corrupt, file: reader.path, offset: UInt64(reader.offset), slots: nil, reason: reason)
        }
        if waiting.isEmpty, isFirst, !hasRecords, sequence > 1, !reader.wasRecycled {
            reportMissing(before: sequence, slots: nil)
        }
        isFirst = false
        self.reader = nil
    }

    /// Something was written to the file being read, so the one before it had handed over.
    private func noteRecord() {
        hasRecords = true
        if let damage = unfinished { pending.append(.corrupt(damage)) }
        unfinished = nil
    }

    private func reportMissing(before sequence: UInt64, slots: ClosedRange<Slot>?) {
        let missing = JournalFolder.file(directory, sequence - 1)
        let reason = "the file is missing, and not all slots of the files before this one are in the chosen log"
        report(.gap, missing, 0, reason, slots: slots)
    }

    private func report(
        _ kind: Damage.Kind, _ file: FilePath, _ offset: UInt64, _ reason: String, slots: ClosedRange<Slot>? = nil
    ) {
        pending.append(.corrupt(Damage(kind: kind, file: file, offset: offset, slots: slots, reason: reason)))
    }
}

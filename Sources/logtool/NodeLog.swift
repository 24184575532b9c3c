// A node's folder as one log: what its snapshots say of the part that was dropped, the blocks of the chosen log, and
// behind them what only the journal holds. It reads from
// slot to slot, holds one block at a time, and never writes.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage

struct NodeLog {
    let directory: FilePath
    let name: String
    let reader: ChosenLogReader
    let journalDirectory: FilePath
    let snapshots: SnapshotFolder
    /// What the newest snapshot says of the log; nil where there is none that can be read.
    let base: LogBase?
    let identity: Identity?
    /// Why there is no identity, where it can't be read.
    let identityDamage: Damage?
    private let fileSystem: any FileSystem

    /// - Parameter archive: a folder with segments that were put aside.
    /// - Throws: `Failure` when there is no such folder, or it is no node's.
    init(_ path: String, archive: String? = nil, fileSystem: any FileSystem = PosixFileSystem()) throws {
        directory = FilePath(path)
        self.fileSystem = fileSystem
        name = directory.lastComponent?.string ?? path
        let logDirectory = directory.appending("log")
        journalDirectory = directory.appending("journal")
        guard try fileSystem.exists(directory) else { throw Failure.noInput("\(path): there is no such folder") }
        guard try fileSystem.exists(logDirectory) || fileSystem.exists(journalDirectory) else {
            throw Failure.noInput("\(path): it is no node's folder: there is neither log/ nor journal/ in it")
        }
        (identity, identityDamage) = try NodeLog.identity(directory, fileSystem)
        if let archive, try !fileSystem.exists(FilePath(archive)) {
            throw Failure.noInput("\(archive): there is no such folder")
        }
        let segments = archive.map {
            SegmentOverlay(fileSystem, directory: logDirectory, elsewhere: .init(directory: FilePath($0)))
        }
        snapshots = SnapshotFolder(fileSystem, directory: directory.appending("snapshots"))
        base = try NodeLog.headers(of: snapshots).first?.base
        reader = ChosenLogReader(
            segments ?? fileSystem, directory: logDirectory, cluster: identity?.cluster, base: base)
    }

    /// Of those snapshots that can be read so far, the newest first.
    static func headers(of folder: SnapshotFolder) throws -> [SnapshotHeader] {
        var headers: [SnapshotHeader] = []
        for name in try folder.names() {
            do throws(StorageError) {
                headers.append(try folder.reader(name).header)
            } catch {
                if case .io = error { throw error }
            }
        }
        return headers
    }

    /// The first slot that the log holds, or would.
    func firstSlot() throws -> Slot { try reader.segments().first?.firstSlot ?? base?.through.next ?? .first }

    /// The last slot that the log holds, or a snapshot stands for.
    /// - Parameter block: the last block of the log.
    func through(_ block: LogBlock?) -> Slot { max(block?.slots.upperBound ?? .zero, base?.through ?? .zero) }

    private static func identity(
        _ directory: FilePath, _ fileSystem: any FileSystem
    ) throws -> (Identity?, Damage?) {
        let file = directory.appending(Identity.fileName)
        do {
            if let identity = try Identity.read(fileSystem, directory) { return (identity, nil) }
            let reason = "there is no identity, so that nothing says whose folder it is"
            return (nil, Damage(kind: .gap, file: file, offset: 0, slots: nil, reason: reason))
        } catch StorageError.corrupt(let damage) {
            return (nil, damage)
        } catch StorageError.unsupportedVersion(_, let found, _) {
            let reason = "it is of version \(found)"
            return (nil, Damage(kind: .unknownVersion, file: file, offset: 0, slots: nil, reason: reason))
        }
    }

    /// How many bytes those segments have on disk that may hold some of the slots.
    func storedBytes(of slots: ClosedRange<Slot> = .first...SlotArgument.last) throws -> UInt64 {
        let names = try reader.segments()
        return try names.indices.reduce(0) { bytes, index in
            let isBefore = index + 1 < names.count && names[index + 1].firstSlot <= slots.lowerBound
            let isBehind = names[index].firstSlot > slots.upperBound
            return isBefore || isBehind ? bytes : try bytes + reader.size(of: names[index])
        }
    }

    /// How many files lie ready to become the journal's next.
    func spareFiles() throws -> Int { try JournalFolder(fileSystem, journalDirectory).spares.count }

    func journal(above slot: Slot) throws -> JournalView {
        let journal = identity.map { JournalIdentity(node: $0.node, journal: $0.journal) }
        return try JournalView.read(fileSystem, journalDirectory, identity: journal, above: slot)
    }
}

// A node's log, out of its folder or as the running node shows it: what its snapshots say of the part that was dropped, the blocks of the chosen log, and
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
    /// The one that the log must belong to, as the identity says it, or the receipt of a backup.
    let cluster: UniqueID?
    /// Why there is no identity, where it can't be read; or that a backup, which has none, did not come to its end.
    var identityDamage: Damage?
    /// Where all of it is read.
    let fileSystem: any FileSystem
    /// The running node that shows it; nil for a folder.
    let live: LiveNode?

    /// - Parameter archive: a folder with segments that were put aside.
    /// - Throws: `Failure` when there is no such folder, or it is no node's.
    init(_ path: String, archive: String? = nil, fileSystem: any FileSystem = PosixFileSystem()) throws {
        let directory = FilePath(path)
        guard try fileSystem.exists(directory) else { throw Failure.noInput("\(path): there is no such folder") }
        guard try fileSystem.exists(directory.appending("log")) || fileSystem.exists(directory.appending("journal"))
        else { throw Failure.noInput("\(path): it is no node's folder: there is neither log/ nor journal/ in it") }
        try self.init(directory, archive: archive, fileSystem, live: nil)
    }

    /// The log of a running node, as it is now.
    init(
        _ node: LiveNode, archive: String? = nil, fileSystem: any FileSystem = PosixFileSystem()
    ) throws {
        try self.init(node.directory, archive: archive, LiveFileSystem(node, base: fileSystem), live: node)
    }

    private init(_ directory: FilePath, archive: String?, _ fileSystem: any FileSystem, live: LiveNode?) throws {
        self.directory = directory
        self.fileSystem = fileSystem
        self.live = live
        name = directory.lastComponent?.string ?? directory.string
        let logDirectory = directory.appending("log")
        journalDirectory = directory.appending("journal")
        let backup = try live == nil ? BackupReceipt.read(fileSystem, directory) : nil
        (identity, identityDamage) = try NodeLog.identity(directory, backup, fileSystem)
        cluster = identity?.cluster ?? backup.flatMap { UniqueID($0.cluster) }
        if let archive, try !fileSystem.exists(FilePath(archive)) {
            throw Failure.noInput("\(archive): there is no such folder")
        }
        let segments = archive.map {
            SegmentOverlay(fileSystem, directory: logDirectory, elsewhere: .init(directory: FilePath($0)))
        }
        snapshots = SnapshotFolder(fileSystem, directory: directory.appending("snapshots"))
        // A running node's log goes as far as its snapshots: only one that lacks its beginning needs them to be read.
        let isWhole = live?.listing.segments.first?.name.firstSlot == .first
        base = isWhole ? nil : try NodeLog.headers(of: snapshots, most: 1).first?.base
        reader = ChosenLogReader(
            segments ?? fileSystem, directory: logDirectory, cluster: cluster, base: base)
    }

    /// Of those snapshots that can be read so far, the newest first.
    static func headers(of folder: SnapshotFolder, most: Int = .max) throws -> [SnapshotHeader] {
        var headers: [SnapshotHeader] = []
        for name in try folder.names() where headers.count < most {
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
    /// - Parameter slot: the last of the log's last block.
    func through(_ slot: Slot?) -> Slot { max(slot ?? .zero, base?.through ?? .zero) }

    /// The last slot that the log holds now, or a snapshot stands for.
    func logThrough() throws -> Slot {
        try live?.listing.logThrough ?? through(reader.lastBlock()?.slots.upperBound)
    }

    private static func identity(
        _ directory: FilePath, _ backup: BackupReceipt?, _ fileSystem: any FileSystem
    ) throws -> (Identity?, Damage?) {
        let file = directory.appending(Identity.fileName)
        do {
            if let identity = try Identity.read(fileSystem, directory) { return (identity, nil) }
            if let backup { return (nil, backup.isWhole ? nil : BackupReceipt.unfinished(in: directory)) }
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
        if let live { return try live.tail(above: slot) }
        let journal = identity.map { JournalIdentity(node: $0.node, journal: $0.journal) }
        return try JournalView.read(fileSystem, journalDirectory, identity: journal, above: slot)
    }
}

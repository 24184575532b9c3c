// Copies what a running node shows of its log into a folder, durably, so that it can be begun again where it stopped. The
// folder is a node's but for its identity: no node starts on it.

import Paxos
import PaxosLog
import SystemPackage

struct NodeBackup {
    private let directory: FilePath
    private let fileSystem: any FileSystem

    /// How often it is begun anew, because the node dropped what was to be copied.
    private static let trials = 5

    init(to directory: FilePath, _ fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    private var log: FilePath { directory.appending("log") }
    private var snapshots: FilePath { directory.appending("snapshots") }
    private var journal: FilePath { directory.appending("journal") }

    /// Copies everything. It is no whole backup before `finish`.
    /// - Throws: `Failure` when there is something else in the folder.
    func write(from connection: any NodeConnection) throws -> BackupReceipt {
        for trial in 1... {
            let node = try LiveNode(connection)
            do {
                return try write(from: node)
            } catch StorageError.missing(let file, let reason) {
                guard trial < NodeBackup.trials else { throw StorageError.missing(file: file, reason: reason) }
            }
        }
        preconditionFailure("the last trial ends it")
    }

    private func write(from node: LiveNode) throws -> BackupReceipt {
        let source = LiveFileSystem(node)
        guard let cluster = try Identity.read(source, node.directory)?.cluster else {
            throw Failure(status: 2, message: "\(node.connection.url.text): the node belongs to no cluster yet")
        }
        let listing = node.listing
        var receipt = BackupReceipt(
            node: listing.node, cluster: "\(cluster)", from: node.connection.url.text, time: Timestamp.now.microseconds,
            isWhole: false, firstSlot: listing.segments.first?.name.firstSlot.rawValue, through: 0,
            segments: listing.segments.count, snapshots: listing.snapshots.count, bytes: listing.bytes)
        try claim(receipt)
        let progress = ProgressLine("backup \(node.connection.url.host)", bytes: listing.bytes)
        // Snapshots first: the node drops those last that stand for the beginning of its log.
        try copy(
            listing.snapshots.map { ("\($0.name)", $0.bytes) }, from: node.directory.appending("snapshots"), source,
            to: snapshots, progress)
        try copy(
            listing.segments.map { ("\($0.name)", $0.bytes) }, from: node.directory.appending("log"), source, to: log,
            progress)
        receipt.through = try writeTail(of: node).rawValue
        return receipt
    }

    /// Says that the backup is whole.
    func finish(_ receipt: BackupReceipt) throws {
        var receipt = receipt
        receipt.isWhole = true
        try receipt.write(fileSystem, directory)
    }

    private func claim(_ receipt: BackupReceipt) throws {
        let names = try fileSystem.list(directory)
        // What a crash left of the first thing that is written.
        let unfinished = BackupReceipt.fileName + ".new"
        let own = [BackupReceipt.fileName, unfinished, "log", "snapshots", "journal"]
        let old = try BackupReceipt.read(fileSystem, directory)
        guard
            old.map({ !$0.isWhole && $0.node == receipt.node && $0.cluster == receipt.cluster })
                ?? names.allSatisfy({ $0 == unfinished }), names.allSatisfy(own.contains)
        else { throw Failure(status: 64, message: "\(directory) is not empty: name a new folder") }
        try fileSystem.createDirectory(directory)
        try receipt.write(fileSystem, directory)
    }

    /// Makes a folder hold these files of the node's and no others.
    private func copy(
        _ files: [(name: String, bytes: UInt64)], from place: FilePath, _ source: LiveFileSystem, to target: FilePath,
        _ progress: ProgressLine
    ) throws {
        try fileSystem.createDirectory(target)
        let names = Set(files.map(\.name))
        for name in try fileSystem.list(target) where !names.contains(name) {
            try fileSystem.remove(target.appending(name))
        }
        for (name, bytes) in files {
            let path = target.appending(name)
            if try fileSystem.exists(path), try fileSystem.open(path, for: .read).size() == bytes {
                progress.add(Int(bytes))
                continue
            }
            let unfinished = target.appending(name + ".partial")
            try fileSystem.copy(source.open(place.appending(name), for: .read), to: unfinished) { progress.add($0) }
            try fileSystem.rename(unfinished, to: path)
        }
        try fileSystem.syncDirectory(target)
    }

    /// Writes the entries that make no whole block yet, as a journal has them.
    /// - Returns: the last slot of all.
    private func writeTail(of node: LiveNode) throws -> Slot {
        for name in try fileSystem.list(journal) { try fileSystem.remove(journal.appending(name)) }
        let tail = try node.tail(above: .zero)
        let records = tail.chosen.map { run in
            JournalRecord.chosen(
                Run(
                    ballot: .none, firstSlot: run.firstSlot, count: run.count, body: run.body, sealedBy: Run.xxh3))
        }
        guard let last = tail.chosen.last else { return node.listing.logThrough }
        guard let name = NodeID(node.listing.node) else {
            throw NodeFailure.garbled("the node's name").asFailure(node.connection.url)
        }
        var random = SystemRandomNumberGenerator()
        let journal = try Journal.open(
            fileSystem, directory: journal,
            identity: JournalIdentity(node: name, journal: .random(using: &random)),
            fileBytes: Journal.fileBytes(holding: tail.chosen.map(\.body.count)), seed: .random(in: .min ... .max),
            logThrough: node.listing.logThrough
        ).journal
        try journal.append([records])
        try journal.markDurable()
        return last.lastSlot
    }
}

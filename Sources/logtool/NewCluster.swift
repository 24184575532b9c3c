// A cluster that begins with a given state: a data folder for each member, with a log whose first entry is a genesis of
// its own and whose others set every key, the same for all; an empty journal; and an identity. The identities come last,
// when all else has been read back: a folder without one is started by no node.

import Console
import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage

struct NewCluster {
    struct Summary: Encodable {
        var cluster: String
        var members: [String]
        var keys: Int
        /// The last slot.
        var slots: UInt64
        var chainDigest: String
        var stateDigest: String
        /// In microseconds since 1970: when the folders were written, which all entries say too.
        var time: UInt64
    }

    let genesis: Genesis
    private let now: UInt64
    private let directory: FilePath
    private let fileSystem: any FileSystem
    private let journalFileBytes: Int

    /// - Parameters:
    ///   - directory: where the folders go, each under its member's name.
    ///   - now: the wall clock in microseconds since 1970.
    /// - Throws: `Failure` when there is something in `directory`.
    init(
        _ cluster: UniqueID, members: [NodeID], in directory: FilePath, now: UInt64, _ fileSystem: any FileSystem,
        journalFileBytes: Int = NodeFolder.journalFileBytes
    ) throws {
        guard try fileSystem.list(directory).isEmpty else {
            throw Failure(status: 64, message: "\(directory) is not empty: name a new folder")
        }
        var random = SystemRandomNumberGenerator()
        genesis = Genesis(
            cluster: cluster,
            members: members.map { .init(node: $0, incarnation: .first, journal: .random(using: &random)) },
            limits: .standard)
        self.now = now
        self.directory = directory
        self.fileSystem = fileSystem
        self.journalFileBytes = journalFileBytes
    }

    private var places: [(member: Genesis.Member, folder: NodeFolder.Places)] {
        genesis.members.map { ($0, NodeFolder.Places(directory.appending("\($0.node)"))) }
    }

    /// Writes the folders, durably, and reads them back.
    func write(_ store: KeyValueStore) throws -> Summary {
        var end: (through: Slot, digest: ChainDigest) = (.zero, .start)
        for (member, folder) in places {
            end = try writeLog(store, in: folder.log)
            _ = try Journal.open(
                fileSystem, directory: folder.journal,
                identity: JournalIdentity(node: member.node, journal: member.journal), fileBytes: journalFileBytes,
                seed: .random(in: .min ... .max), logThrough: end.through)
        }
        var written = StateDigest()
        for (_, folder) in places { written = try verify(folder.directory, holds: store) }
        for (member, folder) in places {
            try Identity(
                node: member.node, cluster: genesis.cluster, incarnation: member.incarnation, boot: now / 1_000,
                journal: member.journal
            ).write(fileSystem, folder.directory)
        }
        return Summary(
            cluster: "\(genesis.cluster)", members: genesis.members.map { "\($0.node)" }, keys: store.count,
            slots: end.through.rawValue, chainDigest: "\(end.digest)", stateDigest: "\(written)", time: now)
    }

    private func writeLog(_ store: KeyValueStore, in directory: FilePath) throws -> (Slot, ChainDigest) {
        // Nobody asked for these entries: they belong to no session.
        let session = SessionID(node: genesis.members[0].node, incarnation: .first, boot: now / 1_000)
        var log = FoundingLog(
            try ChosenLog.open(fileSystem, directory: directory), limits: genesis.limits, session: session, time: now)
        try log.append(.genesis, genesis.encoded())
        for (key, stored) in store.sortedKeys() {
            try log.append(.command, Command.set(key: key, value: stored.value).encoded())
        }
        // The seal ends the block, so that nothing is left over for the journal.
        try log.append(.seal, [])
        return try log.end()
    }

    /// - Returns: the digest of the state that a node comes to from this folder.
    private func verify(_ folder: FilePath, holds store: KeyValueStore) throws -> StateDigest {
        let replay = try Replay(NodeLog(folder.string, fileSystem: fileSystem), through: .end)
        if let failure = replay.shortfall(of: .end) { throw failure }
        var isEqual = replay.store.count == store.count
        for (key, stored) in store.sortedKeys() {
            isEqual = isEqual && replay.store.value(for: key)?.value == stored.value
        }
        guard isEqual else {
            throw Failure(status: 1, message: "\(folder) does not read back as what was written to it")
        }
        return replay.store.digest
    }
}

/// The entries of a log that nobody else writes, cut as every node would.
private struct FoundingLog: ~Copyable {
    private var log: ChosenLog
    private var cutter: BlockCutter
    private let session: SessionID
    private let time: UInt64
    /// Whole blocks that are not written yet.
    private var blocks: [RawBlock] = []

    /// How many blocks are written and synced at once.
    private static let mostBlocks = 64

    init(_ log: consuming ChosenLog, limits: LogLimits, session: SessionID, time: UInt64) {
        self.log = log
        cutter = BlockCutter(limits: limits, next: .first, segmentBytes: 0)
        self.session = session
        self.time = time
    }

    mutating func append(_ kind: Entry.Kind, _ payload: [UInt8]) throws {
        let entry = Entry(
            slot: cutter.next, kind: kind, time: time, session: session, sequence: 0, payload: payload)
        var bytes: [UInt8] = []
        entry.encode(into: &bytes)
        if let block = bytes.withUnsafeBytes({ cutter.append($0, slot: entry.slot, kind: kind) }) {
            blocks.append(block)
        }
        if blocks.count == FoundingLog.mostBlocks { try flush() }
    }

    /// Writes what is left; gives the last slot and the chain digest behind it.
    mutating func end() throws -> (Slot, ChainDigest) {
        try flush()
        precondition(cutter.open.count == 0, "the last entry is a seal")
        return (log.through, log.chainDigest)
    }

    private mutating func flush() throws {
        try log.append(blocks)
        blocks = []
    }
}

extension NewCluster.Summary {
    /// - Parameter rows: what else there is to say, by name.
    func lines(_ directory: String, _ rows: [(String, String)]) -> [String] {
        var table = Table(words: nil)
        let own = [
            ("cluster", cluster), ("members", members.joined(separator: ", ")), ("keys", "\(keys)"),
            ("slots", "1 to \(slots)"), ("chain digest", chainDigest), ("state digest", stateDigest),
        ]
        for (name, text) in own + rows { table.add(["\(name)", "\(text)"]) }
        return ["\(directory):"] + table.lines
    }
}

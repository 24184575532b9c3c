// A node's data folder, opened: identity, journal and chosen log, and the state that they give together. Damage is an
// error, before anything is written, or is set aside (`FolderRepair`); it is never passed over.

package import Paxos
package import PaxosLog
import StateMachine
package import SystemPackage

package struct NodeFolder: ~Copyable {
    package let journal: Journal
    package var log: ChosenLog
    package let recovered: RecoveredNode

    /// How large a journal file is made.
    package static let journalFileBytes = 32 << 20

    /// Opens the folder, or makes it. The caller holds its lock.
    ///
    /// - Parameters:
    ///   - now: the wall clock in microseconds since 1970.
    ///   - seed: random, another at each start.
    ///   - mends: whether what is damaged is put into quarantine, for the other nodes to make good; else it is an error.
    ///   - restartsStrictly: whether the folder may be an older image of what it was.
    ///   - checkpointSlots: how many slots lie between two states whose digests are compared with the others'.
    ///   - progress: told the slot through which the log has been replayed, and through which it is to be, from time
    ///     to time.
    /// - Throws: `StorageError`; nothing but the identity's boot counter and the quarantine has been written then, and
    ///   snapshots that were not finished are gone.
    package static func open(
        _ fileSystem: any FileSystem, directory: FilePath, node: NodeID, now: UInt64, seed: UInt64,
        journalFileBytes: Int = NodeFolder.journalFileBytes, mends: Bool = false, restartsStrictly: Bool = false,
        checkpointSlots: UInt64 = StateAudit.standardInterval, progress: (Slot, Slot) -> Void = { _, _ in }
    ) throws(StorageError) -> NodeFolder {
        let places = Places(directory)
        try fileSystem.createDirectory(directory)
        var random = SplitMix64(seed: seed)
        var repair = FolderRepair(fileSystem, places, isAllowed: mends)
        var identity = try repair.identity(node: node, now: now, journal: .random(using: &random))
        let divergence = try DivergenceReport.read(fileSystem, directory)
        let snapshot = try repair.snapshot()
        func readLog() throws(StorageError) -> LoggedState {
            try LoggedState.read(fileSystem, places, snapshot, StateAudit(interval: checkpointSlots), progress)
        }
        var logged = try repair.log(behind: snapshot?.base, tornTailIsDamage: false, readLog)
        func openJournal(
            _ id: UniqueID, behind through: Slot, vouching: Bool
        ) throws(StorageError) -> (Journal, JournalRecovery) {
            try Journal.open(
                fileSystem, directory: places.journal, identity: JournalIdentity(node: node, journal: id),
                fileBytes: journalFileBytes, seed: seed, logThrough: through, mends: mends, vouching: vouching)
        }
        var (journal, journaled) = try repair.journal(
            &identity, behind: logged.log.through, .random(using: &random), openJournal)
        do {
            try logged.cutTornTail(journaled)
        } catch .corrupt where mends {
            logged = try repair.log(behind: snapshot?.base, tornTailIsDamage: true, readLog)
            (journal, journaled) = try openJournal(identity.journal, behind: logged.log.through, vouching: true)
        }
        let genesis = if let found = logged.genesis { found } else { try founding(in: journaled.chosen) }
        if let genesis {
            // A journal without a log is the newer: its genesis came when that of an earlier journal was lost.
            if logged.genesis == nil, mends, identity.cluster != genesis.value.cluster { identity.cluster = nil }
            try identity.join(genesis.value, fileSystem, places)
        } else if identity.cluster != nil || !journaled.damage.isEmpty {
            // Whatever was lost, now or at an earlier start: what the journal holds can't be told to be a vote.
            guard mends else {
                throw .missing(
                    file: places.log,
                    reason: "the node belongs to a cluster, and neither log nor journal holds its genesis")
            }
            if identity.incarnation != .learner || !journaled.isEmpty {
                try repair.forgetVotes(&identity, .random(using: &random))
                (journal, journaled) = try openJournal(identity.journal, behind: logged.log.through, vouching: false)
            }
        }
        if genesis == nil, restartsStrictly {
            try identity.renew(.random(using: &random), now: now, fileSystem, places)
        }
        // Nothing of it was synced: what is left may look whole, and is verified all the same.
        try IncomingFolder(fileSystem, in: directory).clear(goingOnWith: logged.log.nextSegment)
        let recovered = RecoveredNode(
            identity: identity, genesis: genesis, membership: logged.membership, store: logged.store,
            snapshot: snapshot?.base.through,
            log: logged.log.extent, logBlocks: logged.log.recovery.blocks,
            segmentBytes: logged.log.recovery.segmentBytes, promised: journaled.promised, chosen: journaled.chosen,
            vouchedThrough: journaled.vouchedThrough, accepted: journaled.accepted,
            unknown: journaled.unknown, now: now, setAside: repair.done, lostBlocks: repair.lostBlocks,
            audit: logged.audit, divergence: divergence, bytesSinceSeal: logged.bytesSinceSeal,
            snapshotBytes: snapshot?.bytes ?? 0)
        return NodeFolder(journal: journal, log: logged.takeLog(), recovered: recovered)
    }

    /// Hands journal and log, each to its thread, and what they gave.
    package consuming func unpack<Result>(
        _ body: (Journal, consuming ChosenLog, RecoveredNode) throws -> Result
    ) rethrows -> Result {
        try body(journal, log, recovered)
    }
}

extension NodeFolder {
    /// Where things stand in a data folder.
    package struct Places: Sendable {
        package let directory: FilePath
        package let journal: FilePath
        package let log: FilePath
        package let snapshots: FilePath

        package init(_ directory: FilePath) {
            self.directory = directory
            journal = directory.appending("journal")
            log = directory.appending("log")
            snapshots = directory.appending("snapshots")
        }
    }

    /// Genesis, if chosen values from the journal begin with it.
    static func founding(in chosen: [Run]) throws(StorageError) -> RecoveredNode.Founding? {
        guard let first = chosen.first, first.firstSlot == .first else { return nil }
        return try founding(in: first.body, file: "journal")
    }

    /// Genesis, which is the first entry of `bytes`.
    static func founding(
        in bytes: [UInt8], file: FilePath
    ) throws(StorageError) -> RecoveredNode.Founding {
        do {
            let view = try EntryView(in: bytes.span.bytes, at: 0)
            return RecoveredNode.Founding(
                value: try Genesis(decoding: Array(bytes[view.payload])), entry: Array(bytes[..<view.end]))
        } catch {
            throw .corrupt(
                Damage(
                    kind: .corrupt, file: file, offset: 0, slots: Slot.first...Slot.first,
                    reason: "genesis can't be read: \(error)"))
        }
    }
}

extension Identity {
    /// Takes on the cluster of `genesis`.
    fileprivate mutating func join(
        _ genesis: Genesis, _ fileSystem: any FileSystem, _ places: NodeFolder.Places
    ) throws(StorageError) {
        guard cluster == nil || cluster == genesis.cluster else {
            throw .foreign(
                file: places.log, reason: "the log belongs to cluster \(genesis.cluster), and the node to \(cluster!)")
        }
        try adopt(genesis, fileSystem, places.directory)
    }

    /// Writes down which cluster the node belongs to, and as what. Does nothing when it belongs to it already.
    package mutating func adopt(
        _ genesis: Genesis, _ fileSystem: any FileSystem, _ directory: FilePath
    ) throws(StorageError) {
        guard cluster != genesis.cluster else { return }
        cluster = genesis.cluster
        incarnation = genesis.membership.incarnation(of: node, journal: vote)
        try write(fileSystem, directory)
    }

    /// A disk that knows of no cluster, and may be an image of one that had not joined yet, begins anew.
    fileprivate mutating func renew(
        _ vote: UniqueID, now: UInt64, _ fileSystem: any FileSystem, _ places: NodeFolder.Places
    ) throws(StorageError) {
        self.vote = vote
        boot = max(boot, now / 1_000)
        incarnation = .learner
        try write(fileSystem, places.directory)
    }

    /// Takes up another journal, which no configuration names.
    mutating func begin(_ journal: UniqueID) {
        self.journal = journal
        vote = journal
        incarnation = .learner
    }

    /// Writes down that this disk votes as `incarnation`, by this name, having promised what it must. A start that does not
    /// find it so asks the others again.
    package mutating func admit(
        _ incarnation: Incarnation, as vote: UniqueID, _ fileSystem: any FileSystem, _ directory: FilePath
    ) throws(StorageError) {
        self.incarnation = incarnation
        self.vote = vote
        try write(fileSystem, directory)
    }
}

// What is done about damage in a data folder before the node starts. The damaged part goes to quarantine, and the node
// goes on with less: without the end of its log, which it learns again from the others and vouches for meanwhile, or
// without its vote, which the others give back. A journal that has lost nothing but values stays as it is.
// docs/decisions/0010-mending.md and 0012-unknown-slots.md say why that is safe.

import Paxos
import PaxosLog
import SystemPackage

struct FolderRepair {
    private let fileSystem: any FileSystem
    private let places: NodeFolder.Places
    private let isAllowed: Bool
    private let quarantine: Quarantine
    /// What was set aside, in order.
    private(set) var done: [SetAside] = []
    /// Intact blocks behind the damage of the log.
    private(set) var lostBlocks: [BlockDigest] = []

    init(_ fileSystem: any FileSystem, _ places: NodeFolder.Places, isAllowed: Bool) {
        self.fileSystem = fileSystem
        self.places = places
        self.isAllowed = isAllowed
        quarantine = Quarantine(fileSystem, in: places.directory)
    }

    // MARK: Identity

    /// Who this folder says the node is; a new identity for an empty one. A journal that is gone, or an identity that is
    /// damaged, makes the node a learner, since a new journal has a name that no configuration knows.
    mutating func identity(node: NodeID, now: UInt64, journal: UniqueID) throws(StorageError) -> Identity {
        var fresh = Identity(node: node, cluster: nil, incarnation: .learner, boot: now / 1_000, journal: journal)
        let read: Identity?
        do {
            read = try readAgain { () throws(StorageError) in try Identity.read(fileSystem, places.directory) }
        } catch {
            guard isAllowed, let damage = error.damage else { throw error }
            fresh.cluster = try clusterOfJournal()
            let kept = try quarantine.keep(damage.file)
            try fresh.write(fileSystem, places.directory)
            note(damage, [kept] + (try Journal.setAside(fileSystem, places.journal, in: quarantine)))
            return fresh
        }
        let hasJournal = try Journal.exists(fileSystem, places.journal)
        guard var identity = read else {
            let hasLog = try !ChosenLogReader(fileSystem, directory: places.log).segments().isEmpty
            let hasSnapshot = try !SnapshotFolder(fileSystem, directory: places.snapshots).names().isEmpty
            guard !hasJournal, !hasLog, !hasSnapshot else {
                throw .missing(
                    file: places.directory.appending(Identity.fileName),
                    reason: "there are a journal, a log or snapshots in the folder, but nothing says whose")
            }
            try fresh.write(fileSystem, places.directory)
            return fresh
        }
        guard identity.node == node else {
            throw .foreign(
                file: places.directory.appending(Identity.fileName),
                reason: "the folder belongs to \(identity.node), not to \(node)")
        }
        identity.boot += 1
        if !hasJournal { identity.begin(journal) }
        try identity.write(fileSystem, places.directory)
        return identity
    }

    /// A node that belonged to a cluster is never taken for one with an empty folder, which may found another.
    private func clusterOfJournal() throws(StorageError) -> UniqueID? {
        let journal = try JournalView.read(fileSystem, places.journal, identity: nil, above: .zero)
        return (try? NodeFolder.founding(in: journal.chosen))?.value.cluster
    }

    /// Neither log nor journal holds genesis any more.
    mutating func forgetVotes(_ identity: inout Identity, _ journal: UniqueID) throws(StorageError) {
        try beginJournalAnew(&identity, journal, "\(places.log): the first block is lost")
    }

    // MARK: Snapshots

    /// The newest snapshot that is good. A bad one is set aside in any case: the one before it, and the log behind that,
    /// give the same state.
    mutating func snapshot() throws(StorageError) -> RestoredSnapshot? {
        let folder = SnapshotFolder(fileSystem, directory: places.snapshots)
        try folder.removeUnfinished()
        return try folder.newestGood { reader throws(StorageError) in
            try RestoredSnapshot(reader)
        } bad: { damage throws(StorageError) in
            note(damage, [try quarantine.take(damage.file, from: folder.directory)])
        }
    }

    // MARK: Log

    /// Opens the log, without what is damaged if need be. One that ends before the snapshot begins anew behind it.
    mutating func log(
        behind base: LogBase?, tornTailIsDamage: Bool, _ open: () throws(StorageError) -> LoggedState
    ) throws(StorageError) -> LoggedState {
        var logged = try mendedLog(base, tornTailIsDamage: tornTailIsDamage, open)
        if let base, logged.log.recovery.isBehindBase {
            let end = logged.log.through
            let kept = try ChosenLogMending.setAsideHistory(
                fileSystem, directory: places.log, quarantine: quarantine)
            done.append(
                SetAside(
                    reason: "\(places.log): it ends with slot \(end), before the snapshot of slot \(base.through)",
                    kept: kept))
            logged = try open()
        }
        for damage in logged.log.recovery.history { note(damage, []) }
        return logged
    }

    private mutating func mendedLog(
        _ base: LogBase?, tornTailIsDamage: Bool, _ open: () throws(StorageError) -> LoggedState
    ) throws(StorageError) -> LoggedState {
        if !tornTailIsDamage {
            do {
                return try open()
            } catch {
                guard isAllowed, error.damage != nil else { throw error }
            }
        }
        let mending = try ChosenLogMending.setAsideDamage(
            fileSystem, directory: places.log, base: base, tornTailIsDamage: tornTailIsDamage,
            quarantine: quarantine)
        if let mending {
            note(mending.damage, mending.kept)
            lostBlocks = mending.lost
        }
        return try open()
    }

    // MARK: Journal

    /// Opens the journal, without values that damage has taken, or a new one in the place of one that must not be trusted;
    /// the node has no vote then. It vouches for what the log held once if that was cut, now or before.
    mutating func journal(
        _ identity: inout Identity, behind through: Slot, _ other: UniqueID,
        _ open: (UniqueID, _ through: Slot, _ vouching: Bool) throws(StorageError) -> (Journal, JournalRecovery)
    ) throws(StorageError) -> (Journal, JournalRecovery) {
        let isVouching = isAllowed ? try quarantine.holdsSegments() : false
        let reason: String
        do {
            let opened = try readAgain { () throws(StorageError) in
                try open(identity.journal, through, isVouching)
            }
            for damage in opened.1.damage { note(damage, []) }
            return opened
        } catch .foreign(let file, let why) where isAllowed {
            reason = "\(file): \(why)"
        } catch {
            guard isAllowed, let damage = error.damage, damage.kind != .unknownVersion else { throw error }
            reason = FolderRepair.text(damage)
        }
        try beginJournalAnew(&identity, other, reason)
        return try open(identity.journal, through, isVouching)
    }

    /// The identity comes first: what a crash leaves of the old journal is then another's, and no part of it is ever taken
    /// for the whole.
    private mutating func beginJournalAnew(
        _ identity: inout Identity, _ journal: UniqueID, _ reason: String
    ) throws(StorageError) {
        identity.begin(journal)
        try identity.write(fileSystem, places.directory)
        let kept = try Journal.setAside(fileSystem, places.journal, in: quarantine)
        done.append(SetAside(reason: reason, kept: kept))
    }

    /// What the system could not read it is asked for once more, because it costs the vote.
    private func readAgain<Result>(
        _ read: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        do {
            return try read()
        } catch .io(.ioError, operation: "read", _) {
            return try read()
        }
    }

    private mutating func note(_ damage: Damage, _ kept: [FilePath]) {
        done.append(SetAside(reason: FolderRepair.text(damage), kept: kept))
    }

    private static func text(_ damage: Damage) -> String {
        let slots = damage.slots.map { ", slots \($0.lowerBound) to \($0.upperBound)" } ?? ""
        return "\(damage.file) at \(damage.offset)\(slots): \(damage.reason)"
    }
}

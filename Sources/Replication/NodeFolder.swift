// A node's data folder, opened: identity, journal and chosen log, and the state that they give together. Damage that
// could cost an acknowledged write stops it before anything is written.

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
    ///   - progress: told the slot through which the log has been replayed, from time to time.
    /// - Throws: `StorageError`; nothing but the identity's boot counter has been written then.
    package static func open(
        _ fileSystem: any FileSystem, directory: FilePath, node: NodeID, now: UInt64, seed: UInt64,
        journalFileBytes: Int = NodeFolder.journalFileBytes, progress: (Slot) -> Void = { _ in }
    ) throws(StorageError) -> NodeFolder {
        let places = Places(directory)
        try fileSystem.createDirectory(directory)
        var identity = try identify(fileSystem, places, node: node, now: now, seed: seed)
        var log = try ChosenLog.open(fileSystem, directory: places.log)
        let state = try replay(fileSystem, places, through: log.through, progress)
        let (journal, journaled) = try Journal.open(
            fileSystem, directory: places.journal,
            identity: JournalIdentity(node: node, journal: identity.journal), fileBytes: journalFileBytes,
            seed: seed, logThrough: log.through)
        try cutTornTail(of: &log, journaled)
        let genesis = if let logged = state.genesis { logged } else { try founding(in: journaled) }
        if let genesis {
            try identity.join(genesis.value, fileSystem, places)
        } else if identity.cluster != nil {
            throw .missing(
                file: places.log, reason: "the node belongs to a cluster, and neither log nor journal holds its genesis"
            )
        }
        return NodeFolder(
            journal: journal, log: log,
            recovered: RecoveredNode(
                identity: identity, genesis: genesis, membership: state.membership, store: state.store, log: log.extent,
                logBlocks: log.recovery.blocks, segmentBytes: log.recovery.segmentBytes,
                promised: journaled.promised, chosen: journaled.chosen, accepted: journaled.accepted, now: now))
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

        package init(_ directory: FilePath) {
            self.directory = directory
            journal = directory.appending("journal")
            log = directory.appending("log")
        }
    }

    /// Who this folder says the node is; a new identity for an empty one. A journal that is gone makes the node a learner,
    /// since a new journal has a name that genesis does not know.
    private static func identify(
        _ fileSystem: any FileSystem, _ places: Places, node: NodeID, now: UInt64, seed: UInt64
    ) throws(StorageError) -> Identity {
        var random = SplitMix64(seed: seed)
        let hasJournal = try Journal.exists(fileSystem, places.journal)
        guard var identity = try Identity.read(fileSystem, places.directory) else {
            let hasLog = try !ChosenLogReader(fileSystem, directory: places.log).segments().isEmpty
            guard !hasJournal, !hasLog else {
                throw .missing(
                    file: places.directory.appending(Identity.fileName),
                    reason: "there are a journal or a log in the folder, but nothing says whose")
            }
            let identity = Identity(
                node: node, cluster: nil, incarnation: .learner, boot: now / 1_000, journal: .random(using: &random))
            try identity.write(fileSystem, places.directory)
            return identity
        }
        guard identity.node == node else {
            throw .foreign(
                file: places.directory.appending(Identity.fileName),
                reason: "the folder belongs to \(identity.node), not to \(node)")
        }
        identity.boot += 1
        if !hasJournal {
            identity.journal = .random(using: &random)
            identity.incarnation = .learner
        }
        try identity.write(fileSystem, places.directory)
        return identity
    }

    /// Applies everything that the log holds.
    private static func replay(
        _ fileSystem: any FileSystem, _ places: Places, through: Slot, _ progress: (Slot) -> Void
    ) throws(StorageError) -> (store: KeyValueStore, genesis: RecoveredNode.Founding?, membership: Membership?) {
        var store = KeyValueStore()
        var genesis: RecoveredNode.Founding?
        var membership: Membership?
        guard through > .zero else { return (store, genesis, membership) }
        var cursor = try ChosenLogReader(fileSystem, directory: places.log).cursor(depth: .payloads)
        while store.appliedThrough < through {
            switch try cursor.next() {
            case .damage(let damage): throw .corrupt(damage)
            case nil:
                throw .missing(file: places.log, reason: "it ends at slot \(store.appliedThrough), before \(through)")
            case .block(let block):
                guard let raw = block.raw else { preconditionFailure("a reading of payloads gives payloads") }
                if raw.firstSlot == .first { genesis = try founding(in: raw.bytes, file: block.file) }
                do {
                    membership = try store.apply(entriesOf: raw.bytes) ?? membership
                } catch {
                    throw .corrupt(
                        Damage(
                            kind: .corrupt, file: block.file, offset: block.offset, slots: block.slots,
                            reason: "it can't be applied: \(error)"))
                }
                progress(store.appliedThrough)
            }
        }
        return (store, genesis, membership)
    }

    /// A block that a crash tore may go when the journal still holds all its entries: then it was never durable in the
    /// log.
    private static func cutTornTail(
        of log: inout ChosenLog, _ journaled: JournalRecovery
    ) throws(StorageError) {
        guard let torn = log.recovery.tornTail else { return }
        let held = journaled.chosen + journaled.accepted
        let slots = torn.slots.map { $0.lowerBound.rawValue...$0.upperBound.rawValue }
        let lost = slots?.first { slot in !held.contains { $0.slots.contains(Slot(slot)) } }
        if let lost {
            throw .corrupt(
                Damage(
                    kind: .corrupt, file: torn.file, offset: torn.offset, slots: torn.slots,
                    reason: "\(torn.reason); and the journal no longer holds slot \(lost)"))
        }
        try log.cutTornTail()
    }

    private static func founding(in journaled: JournalRecovery) throws(StorageError) -> RecoveredNode.Founding? {
        guard let first = journaled.chosen.first, first.firstSlot == .first else { return nil }
        return try founding(in: first.body, file: "journal")
    }

    /// Genesis, which is the first entry of `bytes`.
    private static func founding(
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
        incarnation = genesis.membership.incarnation(of: node, journal: journal)
        try write(fileSystem, directory)
    }

    /// Writes down that this disk votes as `incarnation`, having promised what it must. A start that does not find it so
    /// asks the others again.
    package mutating func admit(
        _ incarnation: Incarnation, _ fileSystem: any FileSystem, _ directory: FilePath
    ) throws(StorageError) {
        self.incarnation = incarnation
        try write(fileSystem, directory)
    }
}

// The state of a folder: its newest good snapshot, if it has one, and the chosen log behind that, replayed.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage

struct LoggedState: ~Copyable {
    private(set) var log: ChosenLog
    let store: KeyValueStore
    let genesis: RecoveredNode.Founding?
    /// The last configuration; nil when there was none but genesis.
    let membership: Membership?
    let audit: StateAudit
    /// The raw bytes of the log behind its last seal; a snapshot is one of a seal.
    let bytesSinceSeal: Int

    /// - Parameter progress: told the slot through which the log has been replayed, and through which it is to be.
    static func read(
        _ fileSystem: any FileSystem, _ places: NodeFolder.Places, _ snapshot: RestoredSnapshot?,
        _ audit: StateAudit, _ progress: (Slot, Slot) -> Void
    ) throws(StorageError) -> LoggedState {
        let log = try ChosenLog.open(fileSystem, directory: places.log, base: snapshot?.base)
        let through = log.through
        var store = snapshot?.store ?? KeyValueStore()
        var audit = audit
        if snapshot != nil { audit.note(StateNote(slot: store.appliedThrough, digest: store.digest)) }
        var genesis = snapshot?.founding
        var membership = snapshot?.membership
        var bytesSinceSeal = 0
        var cursor = try ChosenLogReader(fileSystem, directory: places.log, base: snapshot?.base)
            .replay(from: store.appliedThrough.next)
        while store.appliedThrough < through {
            switch try cursor.next() {
            case .damage(let damage): throw .corrupt(damage)
            case nil:
                throw .missing(file: places.log, reason: "it ends at slot \(store.appliedThrough), before \(through)")
            case .block(let block):
                guard let raw = block.raw else { preconditionFailure("a reading of payloads gives payloads") }
                if raw.firstSlot == .first { genesis = try NodeFolder.founding(in: raw.bytes, file: block.file) }
                do {
                    membership =
                        try store.apply(entriesOf: raw.bytes, &audit, bytesSinceSeal: &bytesSinceSeal) ?? membership
                } catch {
                    throw .corrupt(
                        Damage(
                            kind: .corrupt, file: block.file, offset: block.offset, slots: block.slots,
                            reason: "it can't be applied: \(error)"))
                }
                progress(store.appliedThrough, through)
            }
        }
        return LoggedState(
            log: log, store: store, genesis: genesis, membership: membership, audit: audit,
            bytesSinceSeal: bytesSinceSeal)
    }

    /// A block that a crash tore may go when the journal still holds all its entries: then it was never durable in the
    /// log.
    mutating func cutTornTail(_ journaled: JournalRecovery) throws(StorageError) {
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

    consuming func takeLog() -> ChosenLog { log }
}

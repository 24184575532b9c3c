// What a journal holds behind the chosen log, for those who only look: damage is listed, not refused. It never writes,
// and may be used on the folder of a node that runs.

package import Paxos
package import SystemPackage

package struct JournalView: Sendable {
    package var promised: Ballot
    /// How far the journal knew the chosen log to be durable.
    package var logThrough: Slot
    /// Values known to be chosen above the slot asked for, by slot; there may be gaps.
    package var chosen: [Run]
    /// What was accepted there and is not known to be chosen, by slot.
    package var accepted: [Run]
    package var files: Int
    package var damage: [Damage]

    package init(
        promised: Ballot, logThrough: Slot, chosen: [Run], accepted: [Run], files: Int, damage: [Damage]
    ) {
        self.promised = promised
        self.logThrough = logThrough
        self.chosen = chosen
        self.accepted = accepted
        self.files = files
        self.damage = damage
    }

    /// - Parameters:
    ///   - identity: whose journal it must be; nil takes any.
    ///   - above: slots up to this one are not looked at.
    /// - Throws: `.io` alone; whatever the files hold is told as damage.
    package static func read(
        _ fileSystem: any FileSystem, _ directory: FilePath, identity: JournalIdentity?, above: Slot
    ) throws(StorageError) -> JournalView {
        let reader = try JournalReader(fileSystem, directory, identity: identity, logThrough: nil)
        return try JournalReplay(files: [], logThrough: above)
            .view(of: reader, files: JournalFolder(fileSystem, directory).files.count)
    }

    /// Every slot through this one is chosen, and the chosen log, which goes through `slot`, or the journal holds it.
    package func chosenThrough(behind slot: Slot) -> Slot {
        chosen.reduce(slot) { $1.firstSlot == $0.next ? $1.lastSlot : $0 }
    }
}

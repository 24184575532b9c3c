// Makes a damaged log one that can be opened: it ends before the damage, and what stood from there on is in quarantine.
// Its slots are to be learned from the other nodes again. It is done only while no node writes the log.

package import Paxos
package import SystemPackage

package struct ChosenLogMending: Sendable {
    /// The first damage.
    package var damage: Damage
    /// The last slot that is left in the log.
    package var through: Slot
    /// The intact blocks that stood behind the damage: what is learned again must show the same digests.
    package var lost: [BlockDigest]
    package var kept: [FilePath]
}

extension ChosenLogMending {
    /// Looks through all of the log, and sets aside what stands at and behind the first damage.
    ///
    /// - Parameters:
    ///   - base: what a snapshot says of the log; damage up to its slot costs nothing, and stays where it is.
    ///   - tornTailIsDamage: whether a torn end is damage, because the journal does not hold what it held.
    /// - Returns: nil when nothing is damaged.
    /// - Throws: `.corrupt` for what is no damage, but foreign or of a version that is not known.
    package static func setAsideDamage(
        _ fileSystem: any FileSystem, directory: FilePath, base: LogBase?, tornTailIsDamage: Bool,
        quarantine: Quarantine
    ) throws(StorageError) -> ChosenLogMending? {
        let reader = ChosenLogReader(fileSystem, directory: directory, base: base)
        guard var mending = try find(reader, behind: base?.through ?? .zero, tornTailIsDamage) else { return nil }
        // From the last to the first, so that a crash leaves a log with the same first damage.
        for name in try reader.segments().reversed() where name.firstSlot > mending.through.slot {
            mending.found.kept.append(try quarantine.take(reader.path(of: name), from: directory))
        }
        if let cut = mending.cut {
            mending.found.kept.append(try quarantine.keep(cut.file))
            let file = try fileSystem.open(cut.file, for: .readWrite)
            try file.truncate(to: cut.size)
            try file.sync()
        }
        return mending.found
    }

    /// Sets aside all segments of a log that ends before its base.
    package static func setAsideHistory(
        _ fileSystem: any FileSystem, directory: FilePath, quarantine: Quarantine
    ) throws(StorageError) -> [FilePath] {
        let reader = ChosenLogReader(fileSystem, directory: directory)
        var kept: [FilePath] = []
        for name in try reader.segments().reversed() {
            kept.append(try quarantine.take(reader.path(of: name), from: directory))
        }
        return kept
    }

    private struct Finding {
        var found: ChosenLogMending
        /// The last intact block.
        var through: (slot: Slot, file: FilePath?, end: UInt64)

        /// The segment that is damaged behind intact blocks, and where those end.
        var cut: (file: FilePath, size: UInt64)? {
            guard let file = through.file, file == found.damage.file else { return nil }
            return (file, through.end)
        }
    }

    private static func find(
        _ reader: ChosenLogReader, behind slot: Slot, _ tornTailIsDamage: Bool
    ) throws(StorageError) -> Finding? {
        var cursor = try reader.cursor(from: slot.next, depth: .payloads)
        var through: (slot: Slot, file: FilePath?, end: UInt64) = (slot, nil, 0)
        var finding: Finding?
        func found(_ damage: Damage) -> Finding {
            Finding(
                found: ChosenLogMending(damage: damage, through: through.slot, lost: [], kept: []), through: through)
        }
        do throws(StorageError) {
            while let next = try cursor.next() {
                switch next {
                case .block(let block) where finding == nil:
                    let end = block.offset + UInt64(BlockHeader.length + block.header.storedLength)
                    through = (block.header.lastSlot, block.file, end)
                case .block(let block):
                    finding?.found.lost.append(
                        BlockDigest(slots: block.slots, chainDigest: block.header.chainDigest))
                case .damage(let damage) where damage.kind == .tornTail && !tornTailIsDamage: continue
                case .damage(let damage):
                    guard damage.kind != .foreign, damage.kind != .unknownVersion else { throw .corrupt(damage) }
                    finding = finding ?? found(damage)
                }
            }
        } catch .io(.ioError, operation: "read", let file) {
            // What stands behind the place is not looked at any more.
            finding = finding ?? found(.unreadable(file))
        }
        return finding
    }
}

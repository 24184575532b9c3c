// What peers are given of the log: verified blocks for one that catches up, and files as they stand.

package import Paxos
import SystemPackage

extension ChosenLogReader {
    /// Whole blocks from the one that holds `slot` on, until they are `bytes` long together, or to the first damage behind;
    /// at least one. Empty when the log does not hold the slot.
    /// - Throws: `.corrupt` when the block that holds the slot is damaged, `.io`.
    package func blocks(from slot: Slot, bytes: Int) throws(StorageError) -> [RawBlock] {
        do {
            return try readBlocks(from: slot, bytes: bytes)
        } catch .io(.ioError, operation: "read", let file) {
            throw .corrupt(.unreadable(file))
        }
    }

    private func readBlocks(from slot: Slot, bytes: Int) throws(StorageError) -> [RawBlock] {
        let names = try segments()
        guard let first = names.first, first.firstSlot <= slot else { return [] }
        // How the log is cut is not asked: the values alone are wanted, not where segments end.
        var cursor = ChosenLogCursor(
            fileSystem, directory: directory, names: names, from: slot, depth: .payloads,
            position: LogPosition(next: slot, digest: nil, cluster: nil, limits: nil))
        var blocks: [RawBlock] = []
        var length = 0
        while length < bytes, let finding = try cursor.next() {
            switch finding {
            case .damage(let damage):
                if damage.kind == .tornTail || !blocks.isEmpty { return blocks }
                throw .corrupt(damage)
            case .block(let block):
                guard let raw = block.raw, raw.lastSlot >= slot else { continue }
                guard raw.firstSlot <= slot || !blocks.isEmpty else { return [] }
                blocks.append(raw)
                length += raw.bytes.count
            }
        }
        return blocks
    }

    /// The segment that holds `slot`, if it is ended.
    package func endedSegment(holding slot: Slot) throws(StorageError) -> EndedSegment? {
        guard let name = try segments().last(where: { $0.firstSlot <= slot }) else { return nil }
        let file = try SegmentFile(fileSystem, directory: directory, name: name)
        guard let trailer = file.trailer, trailer.firstSlot == name.firstSlot, trailer.lastSlot >= slot else {
            return nil
        }
        return EndedSegment(name: name, lastSlot: trailer.lastSlot, fileSize: file.size)
    }

    /// Bytes of a segment's file from `offset` on, as they stand there and unverified, and how long the file is; nil when
    /// there is no such file.
    package func piece(
        of name: SegmentName, at offset: UInt64, length: Int
    ) throws(StorageError) -> (bytes: [UInt8], fileSize: UInt64)? {
        guard try fileSystem.exists(path(of: name)) else { return nil }
        return try fileSystem.open(path(of: name), for: .read).piece(at: offset, length: length)
    }

    /// Verifies a segment of a log that may be written meanwhile.
    /// - Parameter durable: a slot through which all of the log was on disk before: a torn end below it is damage too.
    /// - Returns: the first damage; nil when the segment is whole.
    package func damage(in name: SegmentName, durableThrough durable: Slot) throws(StorageError) -> Damage? {
        do {
            return try firstDamage(in: name, durableThrough: durable)
        } catch .io(.ioError, operation: "read", let file) {
            return .unreadable(file)
        }
    }

    private func firstDamage(in name: SegmentName, durableThrough durable: Slot) throws(StorageError) -> Damage? {
        let names = try segments()
        guard let place = names.firstIndex(of: name) else { return nil }
        let last = place + 1 < names.count ? names[place + 1].firstSlot.previous : durable
        var cursor = try cursor(from: name.firstSlot, depth: .checks, through: name)
        var tear: Damage?
        while let finding = try cursor.next() {
            guard case .damage(let damage) = finding else { continue }
            guard damage.kind == .tornTail else { return damage }
            tear = damage
        }
        guard cursor.nextSlot <= last else { return nil }
        return Damage(
            kind: .corrupt, file: path(of: name), offset: tear?.offset ?? 0, slots: cursor.nextSlot...last,
            reason: tear?.reason ?? "the segment ends before slot \(last)")
    }
}

extension File {
    /// Bytes from `offset` on, `length` at the most, and how long the file is.
    func piece(at offset: UInt64, length: Int) throws(StorageError) -> (bytes: [UInt8], fileSize: UInt64) {
        let size = try size()
        guard offset < size else { return ([], size) }
        return (try bytes(at: offset, count: min(length, Int(clamping: size - offset))), size)
    }
}

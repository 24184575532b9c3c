// What stands on disk when the chosen log is opened: which blocks are whole, and where a crash tore the end. Reading
// only; damage that no crash explains is an error.

package import Paxos
import SystemPackage

/// How far the log goes, and what was torn behind it.
package struct ChosenLogRecovery: Equatable, Sendable {
    /// `Slot.zero` for an empty log.
    package var through: Slot
    package var chainDigest: ChainDigest
    /// Nil for an empty log.
    package var genesis: Genesis?
    /// Raw bytes in the segment that the next block goes to: where a BlockCutter takes up.
    package var segmentBytes: Int
    /// The whole blocks of the last segment.
    package var blocks: [BlockDigest]
    /// What `ChosenLog.cutTornTail` will cut. Its slots, where it names any, must be in the journal as chosen: they were
    /// never durable here, so that the journal has not let go of them. If it has, this is no torn tail but damage.
    package var tornTail: Damage?
}

/// How a torn tail is cut.
enum LogTear: Sendable {
    /// The whole file, which holds no block.
    case file(FilePath)
    /// What stands behind the whole blocks of the open segment.
    case end(UInt64)
}

struct RecoveredLog: ~Copyable {
    private(set) var recovery: ChosenLogRecovery
    private(set) var cluster: UniqueID?
    private(set) var segment: OpenSegment?
    /// The segments before it, or all where none is open.
    private(set) var sealed = LogExtent.empty
    private(set) var tear: LogTear?

    init(_ fileSystem: any FileSystem, directory: FilePath) throws(StorageError) {
        recovery = ChosenLogRecovery(
            through: .zero, chainDigest: .start, genesis: nil, segmentBytes: 0, blocks: [], tornTail: nil)
        let reader = ChosenLogReader(fileSystem, directory: directory)
        let names = try reader.segments()
        guard let last = names.last else { return }
        var position = try RecoveredLog.verifySealed(
            names.dropLast(), before: last, fileSystem, directory: directory)
        if names.count > 1 {
            recovery.genesis = try reader.genesis()
            guard let genesis = recovery.genesis else {
                throw .corrupt(
                    Damage(
                        kind: .corrupt, file: directory.appending(names[0].description),
                        offset: UInt64(SegmentHeader.length), slots: Slot.first...Slot.first,
                        reason: "genesis cannot be read"))
            }
            position.limits = genesis.limits
            for name in names.dropLast() { sealed.add(segmentOf: try reader.size(of: name)) }
        }
        try readLast(last, position, fileSystem, directory: directory)
    }

    /// Follows the headers and trailers of all segments before the last.
    private static func verifySealed(
        _ names: ArraySlice<SegmentName>, before last: SegmentName, _ fileSystem: any FileSystem, directory: FilePath
    ) throws(StorageError) -> LogPosition {
        var position = LogPosition.start
        for name in names {
            let segment = try SegmentFile(fileSystem, directory: directory, name: name)
            func corrupt(_ reason: String, slots: ClosedRange<Slot>? = nil) -> StorageError {
                .corrupt(Damage(kind: .corrupt, file: segment.path, offset: 0, slots: slots, reason: reason))
            }
            let header: SegmentHeader
            switch segment.header {
            case .success(let found): header = found
            case .failure(let fault): throw corrupt("the segment's header: \(fault)")
            }
            guard header.firstSlot == position.next, name.firstSlot == position.next else {
                throw corrupt("it does not begin with slot \(position.next)")
            }
            guard header.cluster == position.cluster ?? header.cluster else {
                throw corrupt("it belongs to cluster \(header.cluster)")
            }
            guard header.previousDigest == position.digest else {
                throw corrupt("it does not follow the segment before it: the chain digests differ")
            }
            guard let trailer = segment.trailer, trailer.firstSlot == name.firstSlot else {
                throw corrupt("its trailer is damaged or missing")
            }
            position.cluster = header.cluster
            position.next = trailer.lastSlot.next
            position.digest = trailer.chainDigest
        }
        guard last.firstSlot == position.next else {
            let file = directory.appending(last.description)
            let isGap = last.firstSlot > position.next
            throw .corrupt(
                Damage(
                    kind: isGap ? .gap : .foreign, file: file, offset: 0,
                    slots: isGap ? position.next...last.firstSlot.previous : nil,
                    reason: "the segment before it ends with slot \(position.next.rawValue - 1)"))
        }
        return position
    }

    /// Reads the last segment block by block. A damage that is no torn tail is thrown.
    private mutating func readLast(
        _ name: SegmentName, _ position: LogPosition, _ fileSystem: any FileSystem, directory: FilePath
    ) throws(StorageError) {
        var cursor = ChosenLogCursor(
            fileSystem, directory: directory, names: [name], from: name.firstSlot, depth: .payloads,
            position: position)
        recovery.through = name.firstSlot.previous
        recovery.chainDigest = position.digest ?? .start
        cluster = position.cluster
        while let finding = try cursor.next() {
            switch finding {
            case .block(let block):
                recovery.through = block.header.lastSlot
                recovery.chainDigest = block.header.chainDigest
                recovery.blocks.append(
                    BlockDigest(slots: block.header.slots, chainDigest: block.header.chainDigest))
                if block.header.firstSlot == .first { recovery.genesis = block.raw?.genesis }
            case .damage(let damage):
                guard damage.kind == .tornTail else { throw .corrupt(damage) }
                recovery.tornTail = damage
            }
        }
        guard let walk = cursor.walk else { return }
        cluster = walk.position.cluster
        let path = directory.appending(name.description)
        if walk.blocks.isEmpty && !walk.isSealed || recovery.through < name.firstSlot {
            tear = .file(path)
        } else if recovery.tornTail != nil || !walk.isSealed {
            let file = try fileSystem.open(path, for: .readWrite)
            segment = OpenSegment(found: walk, file: file)
            recovery.segmentBytes = walk.isFull ? 0 : Int(walk.rawBytes)
            if recovery.tornTail != nil { tear = .end(walk.blocksEnd) }
        } else {
            sealed.add(segmentOf: walk.segment.size)
        }
    }
}

// Takes in a segment that another node has ended, as a file: it comes behind the last segment, or in the place of the open
// one, whose end it goes on from. The chain digest at which the log stands here proves that. Until it is proven, and
// durable, nothing changes.

import Paxos
package import SystemPackage

/// What came of taking a segment in.
package enum SegmentIntake: Equatable, Sendable {
    /// The log ends with it now, durably. These are the blocks that it got. An open segment whose bytes are not those that
    /// the copy begins with is kept in quarantine.
    case takenIn(LogExtent, [BlockDigest], kept: FilePath?)
    /// The log here does not end where the segment begins, nor within it.
    case stale
    /// It is not whole, or does not go on from the log here.
    case unproven(String)
}

extension ChosenLog {
    /// - Parameters:
    ///   - incoming: where the copy lies, under the same name.
    ///   - own: the cluster that this node belongs to, which an empty log does not tell.
    /// - Throws: `.io`; the log is in doubt then. A crash at any step leaves the log as it was or with the whole segment.
    package mutating func takeIn(
        _ name: SegmentName, from incoming: IncomingFolder, cluster own: UniqueID?, quarantine: Quarantine
    ) throws(StorageError) -> SegmentIntake {
        precondition(tear == nil, "a torn tail is cut before anything is taken in")
        precondition(!recovery.isBehindBase, "a log that ends before its base is set aside, and begun anew")
        try writing { (log) throws(StorageError) in try log.sealFull() }
        guard name == nextSegment else { return .stale }
        let intake: ProvenIntake
        do {
            switch try prove(name, in: incoming.directory, own) {
            case .success(let proven): intake = proven
            case .failure(let doubt): return .unproven(doubt.reason)
            }
        } catch .io(.ioError, operation: "read", let file) {
            return .unproven("\(file) can't be read")
        }
        var kept: FilePath?
        try writing { (log) throws(StorageError) in kept = try log.put(intake.copy, incoming, quarantine) }
        return .takenIn(extent, intake.blocks, kept: kept)
    }

    /// The segment that the next block goes to.
    package var nextSegment: SegmentName {
        guard let segment, !segment.isFull else { return SegmentName(firstSlot: through.next) }
        return segment.name
    }

    private func prove(
        _ name: SegmentName, in directory: FilePath, _ own: UniqueID?
    ) throws(StorageError) -> Result<ProvenIntake, Doubt> {
        guard try fileSystem.exists(directory.appending(name.description)) else {
            return .failure(Doubt(reason: "nothing of it is kept"))
        }
        let isNew = through < name.firstSlot
        var cursor = ChosenLogCursor(
            fileSystem, directory: directory, names: [name], from: name.firstSlot, depth: .checks,
            position: LogPosition(
                next: name.firstSlot, digest: isNew ? chainDigest : nil, cluster: cluster ?? own, limits: limits))
        var isJoined = isNew
        var blocks: [BlockDigest] = []
        while let finding = try cursor.next() {
            switch finding {
            case .damage(let damage): return .failure(Doubt(reason: damage.reason))
            case .block(let block) where block.header.lastSlot <= through:
                guard block.header.lastSlot == through else { continue }
                guard block.header.chainDigest == chainDigest else {
                    return .failure(Doubt(reason: "its chain digest at slot \(through) is another"))
                }
                isJoined = true
            case .block(let block):
                blocks.append(BlockDigest(slots: block.header.slots, chainDigest: block.header.chainDigest))
            }
        }
        guard let walk = cursor.walk, walk.isSealed, walk.isFull, !blocks.isEmpty else {
            return .failure(Doubt(reason: "it is not ended"))
        }
        guard isJoined else { return .failure(Doubt(reason: "no block of it ends with slot \(through)")) }
        return .success(ProvenIntake(copy: SegmentCopy(walk, size: walk.segment.size), blocks: blocks))
    }

    private mutating func put(
        _ copy: SegmentCopy, _ incoming: IncomingFolder, _ quarantine: Quarantine
    ) throws(StorageError) -> FilePath? {
        let path = directory.appending(copy.name.description)
        let source = incoming.path(of: .segment(copy.name))
        try fileSystem.open(source, for: .readWrite).sync()
        try fileSystem.createDirectory(directory)
        var kept: FilePath?
        if segment != nil, try !fileSystem.file(source, beginsWith: path) { kept = try quarantine.keepReplaced(path) }
        try fileSystem.rename(source, to: path)
        try fileSystem.syncDirectory(directory)
        goOn(behind: copy)
        return kept
    }
}

private struct ProvenIntake {
    var copy: SegmentCopy
    /// Those that the log here does not hold yet.
    var blocks: [BlockDigest]
}

private struct Doubt: Error {
    var reason: String
}

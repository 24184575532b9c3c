// Puts a copy of a segment, which came from another node, in the place of the one that is damaged here. The copy must
// show the chain digest that the log goes on from: that proves every byte of every entry before it.

import Paxos
package import SystemPackage

/// What came of putting a copy in a segment's place.
package enum SegmentReplacement: Equatable, Sendable {
    /// What stood there before is kept in quarantine; nil when there was no file.
    case replaced(kept: FilePath?)
    /// The copy is sound as far as it goes, and does not hold all that the log holds of the segment.
    case short
    /// The copy is not what was here, or can't be told to be.
    case unproven(String)
}

extension ChosenLog {
    /// - Parameters:
    ///   - name: the segment.
    ///   - incoming: where the copy lies, under the same name.
    /// - Throws: `.io`; the log is in doubt then.
    package mutating func replaceSegment(
        _ name: SegmentName, from incoming: IncomingFolder, quarantine: Quarantine
    ) throws(StorageError) -> SegmentReplacement {
        guard let expected = try end(of: name) else {
            return .unproven("nothing here says which chain digest the segment ends with")
        }
        let copy: SegmentCopy
        switch try SegmentCopy.verified(
            of: name, in: incoming.directory, upTo: expected, fileSystem, cluster: cluster, limits: limits)
        {
        case .success(let found): copy = found
        case .failure(let fault): return fault.replacement
        }
        var kept: FilePath?
        try writing { (log) throws(StorageError) in kept = try log.exchange(copy, incoming, quarantine) }
        return .replaced(kept: kept)
    }

    /// Where the log goes on behind a segment, by what stands outside of it, else by its own trailer.
    private func end(of name: SegmentName) throws(StorageError) -> ExpectedEnd? {
        if let segment, segment.name == name {
            return ExpectedEnd(slot: through, digest: chainDigest, isSealed: false)
        }
        let names = try ChosenLogReader(fileSystem, directory: directory).segments()
        guard let first = names.first, name >= first else { return nil }
        guard let following = names.first(where: { $0 > name }) else {
            return name.firstSlot <= through ? ExpectedEnd(slot: through, digest: chainDigest, isSealed: true) : nil
        }
        do {
            let next = try SegmentFile(fileSystem, directory: directory, name: following)
            if case .success(let header) = next.header {
                return ExpectedEnd(slot: following.firstSlot.previous, digest: header.previousDigest, isSealed: true)
            }
            guard names.contains(name),
                let trailer = try SegmentFile(fileSystem, directory: directory, name: name).trailer
            else { return nil }
            return ExpectedEnd(slot: trailer.lastSlot, digest: trailer.chainDigest, isSealed: true)
        } catch .io(.ioError, operation: "read", _) {
            return nil
        }
    }

    private mutating func exchange(
        _ copy: SegmentCopy, _ incoming: IncomingFolder, _ quarantine: Quarantine
    ) throws(StorageError) -> FilePath? {
        let path = directory.appending(copy.name.description)
        let (oldSize, kept): (UInt64, FilePath?) =
            if try fileSystem.exists(path) {
                (try fileSystem.open(path, for: .read).size(), try quarantine.keepReplaced(path))
            } else {
                (0, nil)
            }
        let source = incoming.path(of: .segment(copy.name))
        let file = try fileSystem.open(source, for: .readWrite)
        if try file.size() > copy.size { try file.truncate(to: copy.size) }
        try file.sync()
        try fileSystem.rename(source, to: path)
        try fileSystem.syncDirectory(directory)
        if segment?.name == copy.name {
            segment = OpenSegment(copy, file: try fileSystem.open(path, for: .readWrite))
        } else {
            sealed.bytes = sealed.bytes - oldSize + copy.size
        }
        return kept
    }
}

/// Where a log goes on behind a segment, or behind what it holds of one.
private struct ExpectedEnd {
    var slot: Slot
    var digest: ChainDigest
    var isSealed: Bool
}

/// A copy of a segment that was read and proven.
struct SegmentCopy: Sendable {
    let name: SegmentName
    /// The length of what is proven; nothing behind it is wanted.
    let size: UInt64
    let blocks: [BlockPosition]
    let rawBytes: UInt64
    let isFull: Bool
    /// Behind the last block of the file.
    let position: LogPosition

    enum Fault: Error {
        case short
        case unproven(String)

        var replacement: SegmentReplacement {
            switch self {
            case .short: .short
            case .unproven(let reason): .unproven(reason)
            }
        }
    }

    fileprivate static func verified(
        of name: SegmentName, in directory: FilePath, upTo end: ExpectedEnd, _ fileSystem: any FileSystem,
        cluster: UniqueID?, limits: LogLimits?
    ) throws(StorageError) -> Result<SegmentCopy, Fault> {
        var cursor = ChosenLogCursor(
            fileSystem, directory: directory, names: [name], from: name.firstSlot, depth: .checks,
            position: LogPosition(next: name.firstSlot, digest: nil, cluster: cluster, limits: limits))
        var isReached = false
        while !isReached || end.isSealed, let finding = try cursor.next() {
            switch finding {
            case .damage(let damage) where damage.kind == .tornTail: return .failure(.short)
            case .damage(let damage): return .failure(.unproven(damage.reason))
            case .block(let block) where block.header.lastSlot == end.slot:
                guard block.header.chainDigest == end.digest else {
                    return .failure(.unproven("its chain digest at slot \(end.slot) is another"))
                }
                isReached = true
            case .block: continue
            }
        }
        guard isReached, let walk = cursor.walk, walk.isSealed || !end.isSealed else { return .failure(.short) }
        guard end.isSealed else { return .success(SegmentCopy(walk, size: walk.blocksEnd)) }
        guard walk.segment.trailer?.lastSlot == end.slot else {
            return .failure(.unproven("it goes on behind slot \(end.slot), with which the one here ends"))
        }
        return .success(SegmentCopy(walk, size: walk.segment.size))
    }

    init(_ walk: borrowing SegmentWalk, size: UInt64) {
        name = walk.segment.name
        self.size = size
        blocks = walk.blocks
        rawBytes = walk.rawBytes
        isFull = walk.isFull
        position = walk.position
    }
}

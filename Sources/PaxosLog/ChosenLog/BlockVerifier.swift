// Reads the stored bytes of one block after the other and verifies them: checksum, frame, chain digest, entries. It keeps
// its buffers from block to block, so that none is allocated for each. It decides nothing about what it finds.

import Paxos

/// A block that is to be verified, as its header gives it.
struct ChainedBlock: Equatable, Sendable {
    let offset: UInt64
    let header: BlockHeader
    /// The chain digest of the block before; nil where it is not known, and nothing is compared.
    let previousDigest: ChainDigest?
}

/// What a block's stored bytes turn out to be.
enum BlockVerdict {
    case whole(WholeBlock)
    case wrongChecksum
    /// The bytes are those that were written, and are not what the header says of them.
    case wrongContent(Damage.Kind, String)
}

struct WholeBlock: Sendable {
    var lastKind: Entry.Kind
    /// How the log is cut, where the block holds genesis.
    var limits: LogLimits?
}

final class BlockVerifier: @unchecked Sendable {
    // Sendable, because the memory has one owner, which no two threads use at a time.
    private var decompressor = BlockDecompressor()
    private var stored = RawStorage()
    private var raw = RawStorage()
    /// Of the second block of a pair.
    private var secondRaw = RawStorage()
    /// The blocks that one thread of several found whole, by index: each has a verifier of its own.
    var found: [(Int, WholeBlock)] = []

    /// The raw bytes of the block that was verified last, if it was whole; of a pair, those of the first.
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: raw.count) { target, count in
            UnsafeMutableRawBufferPointer(target).copyMemory(from: raw.bytes)
            count = raw.count
        }
    }

    func verify(_ block: ChainedBlock, of file: any File) throws(StorageError) -> BlockVerdict {
        if let fault = try load(block, of: file, into: &raw) { return fault }
        if let digest = block.previousDigest, digest.followed(by: raw.bytes) != block.header.chainDigest {
            return .wrongContent(.corrupt, "the chain digest is not that of the entries")
        }
        return verifyEntries(raw.bytes, block.header)
    }

    /// Verifies two blocks at once; nil when not both are whole, or can be read.
    func verifyPair(_ one: ChainedBlock, _ other: ChainedBlock, of file: any File) -> (WholeBlock, WholeBlock)? {
        guard let previous = one.previousDigest, let otherPrevious = other.previousDigest,
            min(one.header.rawLength, other.header.rawLength) >= ChainDigest.shortestInPair,
            loads(one, of: file, into: &raw), loads(other, of: file, into: &secondRaw)
        else { return nil }
        let digests = ChainDigest.pair((previous, raw.bytes), (otherPrevious, secondRaw.bytes))
        guard digests == (one.header.chainDigest, other.header.chainDigest),
            case .whole(let first) = verifyEntries(raw.bytes, one.header),
            case .whole(let second) = verifyEntries(secondRaw.bytes, other.header)
        else { return nil }
        return (first, second)
    }

    /// Makes `bytes` those of the second block of the last pair.
    func takeSecond() { swap(&raw, &secondRaw) }

    /// Fills `raw` with what the block holds; returns what is wrong with its stored bytes.
    private func load(
        _ block: ChainedBlock, of file: any File, into raw: inout RawStorage
    ) throws(StorageError) -> BlockVerdict? {
        let header = block.header
        stored.resizeUninitialized(to: header.storedLength)
        let count = try file.read(at: block.offset + UInt64(BlockHeader.length), into: stored.mutableBytes)
        guard count == header.storedLength, SegmentChecksum.storedBytes(stored.bytes) == header.storedChecksum else {
            return .wrongChecksum
        }
        raw.resizeUninitialized(to: header.rawLength)
        guard decompressor.decompress(stored.bytes, into: raw.mutableBytes) else {
            return .wrongContent(.corrupt, "the block is not one zstd frame of the length that its header says")
        }
        return nil
    }

    private func loads(_ block: ChainedBlock, of file: any File, into raw: inout RawStorage) -> Bool {
        do {
            return try load(block, of: file, into: &raw) == nil
        } catch {
            return false
        }
    }

    private func verifyEntries(_ bytes: UnsafeRawBufferPointer, _ header: BlockHeader) -> BlockVerdict {
        let entries = RawSpan(_unsafeBytes: bytes)
        do {
            let lastKind = try RawBlock.verifyEntries(entries, from: header.firstSlot, count: header.count)
            let genesis = header.firstSlot == .first ? Genesis(leading: entries) : nil
            return .whole(WholeBlock(lastKind: lastKind, limits: genesis?.limits))
        } catch {
            switch error {
            case .malformed(let reason): return .wrongContent(.corrupt, reason)
            case .unknown(let reason): return .wrongContent(.unknownVersion, reason)
            }
        }
    }
}

extension Genesis {
    /// The genesis in the first of the log's entries; nil when that is none.
    package init?(leading entries: borrowing RawSpan) {
        guard let entry = try? EntryView(in: entries, at: 0), entry.kind == .genesis else { return nil }
        let payload = entries.extracting(entry.payload).withUnsafeBytes { [UInt8]($0) }
        guard let genesis = try? Genesis(decoding: payload) else { return nil }
        self = genesis
    }
}

// The first sector of a journal file: whose it is, which file of the journal, and the salt that binds its records to it.
// It is written once, and durable before the file has its name.

package import Paxos
package import SystemPackage

/// Whose journal it is. The identifier is drawn anew when the journal is made, so an emptied disk is not taken for the
/// acceptor that it was.
package struct JournalIdentity: Equatable, Sendable {
    package var node: NodeID
    package var journal: UniqueID

    package init(node: NodeID, journal: UniqueID) {
        self.node = node
        self.journal = journal
    }
}

package struct JournalFileHeader: Equatable, Sendable {
    package var identity: JournalIdentity
    /// Counts the journal's files from 1.
    package var sequence: UInt64
    /// Random; seeds the checksum of each record, so that what an earlier use of the file left passes for none.
    package var salt: UInt64
    /// The file's length in bytes, which is allocated before it is used and never changes.
    package var capacity: Int

    package init(identity: JournalIdentity, sequence: UInt64, salt: UInt64, capacity: Int) {
        self.identity = identity
        self.sequence = sequence
        self.salt = salt
        self.capacity = capacity
    }
}

extension JournalFileHeader {
    private static let magic = [UInt8]("PAXOSJNL".utf8)
    private static let checksumOffset = 64
    private static let size = 72

    /// The whole sector.
    package func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: JournalFormat.sectorSize)
        bytes.withUnsafeMutableBytes { sector in
            func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, _ at: Int) {
                sector.storeBytes(of: value.littleEndian, toByteOffset: at, as: T.self)
            }
            sector.copyBytes(from: JournalFileHeader.magic)
            store(JournalFormat.currentVersion, 8)
            store(UInt32(JournalFormat.sectorSize), 12)
            store(UInt64(capacity), 16)
            store(sequence, 24)
            store(salt, 32)
            store(identity.journal.high, 40)
            store(identity.journal.low, 48)
            store(identity.node.rawValue, 56)
            let covered = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(sector))
                .extracting(0..<JournalFileHeader.checksumOffset)
            store(JournalFormat.checksum(covered, seed: 0), JournalFileHeader.checksumOffset)
        }
        return bytes
    }

    /// - Throws: `.unsupportedVersion`, or `.corrupt`: a header is never torn.
    package init(decoding bytes: [UInt8], file: FilePath) throws(StorageError) {
        func corrupt(_ offset: Int, _ reason: String) -> StorageError {
            .corrupt(Damage(kind: .corrupt, file: file, offset: UInt64(offset), slots: nil, reason: reason))
        }
        guard bytes.count == JournalFormat.sectorSize else {
            throw corrupt(bytes.count, "the file ends inside its header")
        }
        let span = bytes.span.bytes
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ at: Int) -> T {
            T(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: at, as: type))
        }
        guard bytes.starts(with: JournalFileHeader.magic) else { throw corrupt(0, "this is no journal file") }
        let checksum = JournalFormat.checksum(span.extracting(0..<JournalFileHeader.checksumOffset), seed: 0)
        guard load(UInt64.self, JournalFileHeader.checksumOffset) == checksum else {
            throw corrupt(0, "the header's checksum is not that of the header")
        }
        let version = load(UInt32.self, 8)
        guard version == JournalFormat.currentVersion else {
            throw .unsupportedVersion(file: file, found: version, supported: JournalFormat.currentVersion)
        }
        let capacity = load(UInt64.self, 16)
        guard load(UInt32.self, 12) == JournalFormat.sectorSize,
            capacity >= JournalFormat.smallestFile, capacity <= JournalFormat.largestFile,
            JournalFormat.isSectorBoundary(Int(capacity))
        else { throw corrupt(12, "the header gives impossible measures") }
        guard load(UInt16.self, 58) == 0, load(UInt32.self, 60) == 0,
            JournalFormat.isZero(span.extracting(JournalFileHeader.size..<JournalFormat.sectorSize))
        else { throw corrupt(58, "reserved bytes of the header are in use") }
        self.init(
            identity: JournalIdentity(
                node: NodeID(load(UInt16.self, 56)),
                journal: UniqueID(high: load(UInt64.self, 40), low: load(UInt64.self, 48))),
            sequence: load(UInt64.self, 24), salt: load(UInt64.self, 32), capacity: Int(capacity))
    }

    /// - Throws: `.foreign` when the file belongs to another node or journal.
    package func check(belongsTo expected: JournalIdentity, file: FilePath) throws(StorageError) {
        if identity.node != expected.node {
            throw .foreign(file: file, reason: "it belongs to node \(identity.node), and this is \(expected.node)")
        }
        if identity.journal != expected.journal {
            throw .foreign(
                file: file,
                reason: "it belongs to journal \(identity.journal), and this node's is \(expected.journal)")
        }
    }
}

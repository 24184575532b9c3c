// What a majority of the nodes has found the same: the digest of the state behind a slot, or the SHA-256 of the snapshot
// that was taken of it. The payload of a checkpoint entry; docs/log-format.md draws the layout.

package import Paxos

package struct Checkpoint: Equatable, Sendable {
    package enum Subject: Equatable, Sendable {
        /// A state's digest: 16 bytes, as a snapshot's header has it.
        case state([UInt8])
        case snapshot(FileDigest)
    }

    /// The last slot whose effect is in the state; it comes before the entry's own.
    package var slot: Slot
    package var subject: Subject

    package init(slot: Slot, subject: Subject) {
        self.slot = slot
        self.subject = subject
    }
}

package enum CheckpointError: Error, Equatable {
    case malformed
    case unsupportedVersion(UInt16)
    case unknownSubject(UInt16)
}

extension Checkpoint {
    package static let currentVersion: UInt16 = 1
    package static let stateDigestLength = 16
    private static let headerLength = 16

    /// Which digest stands in a payload; never zero.
    private enum Kind: UInt16 {
        case state = 1
        case snapshot = 2

        var digestLength: Int { self == .state ? stateDigestLength : FileDigest.length }
    }

    package func encoded() -> [UInt8] {
        let (kind, digest): (Kind, [UInt8]) =
            switch subject {
            case .state(let digest): (.state, digest)
            case .snapshot(let digest): (.snapshot, digest.bytes)
            }
        precondition(digest.count == kind.digestLength, "a state's digest has 16 bytes")
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(Checkpoint.currentVersion)
        bytes.appendLittleEndian(kind.rawValue)
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(slot.rawValue)
        return bytes + digest
    }

    /// - Parameter entry: the slot of the entry whose payload the bytes are.
    /// - Throws: `CheckpointError` when the bytes are not a checkpoint that this version writes.
    package init(decoding bytes: borrowing RawSpan, in entry: Slot) throws(CheckpointError) {
        guard bytes.byteCount >= Checkpoint.headerLength else { throw .malformed }
        let version = bytes.field(UInt16.self, at: 0)
        guard version == Checkpoint.currentVersion else { throw .unsupportedVersion(version) }
        let rawKind = bytes.field(UInt16.self, at: 2)
        guard let kind = Kind(rawValue: rawKind) else { throw .unknownSubject(rawKind) }
        let slot = Slot(bytes.field(UInt64.self, at: 8))
        guard bytes.field(UInt32.self, at: 4) == 0, slot > .zero, slot < entry,
            bytes.byteCount == Checkpoint.headerLength + kind.digestLength
        else { throw .malformed }
        let digest = bytes.extracting(Checkpoint.headerLength..<bytes.byteCount).withUnsafeBytes { [UInt8]($0) }
        self.init(slot: slot, subject: kind == .state ? .state(digest) : .snapshot(FileDigest(digest)))
    }

    /// - Returns: nil when the entry is no checkpoint, or one that can't be read, which stops whoever applies it.
    /// - Parameter bytes: what `entry` points into.
    package init?(of entry: EntryView, in bytes: borrowing RawSpan) {
        guard entry.kind == .checkpoint,
            let checkpoint = try? Checkpoint(decoding: bytes.extracting(entry.payload), in: entry.slot)
        else { return nil }
        self = checkpoint
    }
}

// In hexadecimal digits, for people and programs: nil where the checkpoint is of the other kind.
extension Checkpoint {
    package var stateDigest: String? { if case .state(let digest) = subject { digest.hexadecimal } else { nil } }
    package var snapshotSHA256: String? { if case .snapshot(let digest) = subject { digest.description } else { nil } }
}

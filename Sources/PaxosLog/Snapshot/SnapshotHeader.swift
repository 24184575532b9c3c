// How a snapshot begins: which state of which log it is, and what the log it stands for says of the cluster, so that a
// node whose log no longer begins with slot 1 still knows. docs/log-format.md draws the layout.

package import Paxos

package struct SnapshotHeader: Equatable, Sendable {
    /// The last slot whose effect is in the state: the end of a segment.
    package var slot: Slot
    /// The chain digest of the log through that slot.
    package var chainDigest: ChainDigest
    /// The state machine's own digest: 16 bytes.
    package var stateDigest: [UInt8]
    /// The highest time of the entries through that slot, in microseconds since 1970.
    package var effectiveTime: UInt64
    package var keys: UInt64
    /// How long the sessions are that the state machine encoded.
    package var sessionBytes: UInt64
    package let genesis: Genesis
    /// The entry of slot 1, as it was chosen.
    package let genesisEntry: [UInt8]
    /// The last configuration; nil when there was none but genesis.
    package var membership: Membership?

    package init(
        slot: Slot, chainDigest: ChainDigest, stateDigest: [UInt8], effectiveTime: UInt64, keys: UInt64,
        sessionBytes: UInt64, genesis: Genesis, genesisEntry: [UInt8], membership: Membership?
    ) {
        precondition(slot > .zero && stateDigest.count == SnapshotHeader.stateDigestLength, "a snapshot is of a state")
        self.slot = slot
        self.chainDigest = chainDigest
        self.stateDigest = stateDigest
        self.effectiveTime = effectiveTime
        self.keys = keys
        self.sessionBytes = sessionBytes
        self.genesis = genesis
        self.genesisEntry = genesisEntry
        self.membership = membership
    }
}

extension SnapshotHeader {
    /// What goes before the founding, which is the genesis entry and the configuration's payload.
    static let fixedLength = 144
    package static let version: UInt32 = 1
    private static let magic: UInt64 = 0x0A61_6E53_7861_509C
    private static let stateDigestLength = 16
    private static let checksumOffset = 136
    /// No founding is longer: what a reader may have to allocate.
    private static let longestFounding = 2 * Entry.longest

    /// The header and the founding, where the first block follows.
    func encoded() -> [UInt8] {
        let configuration = membership?.encoded() ?? []
        let founding = genesisEntry + configuration
        var bytes = [UInt8](repeating: 0, count: SnapshotHeader.fixedLength)
        bytes.withUnsafeMutableBytes { bytes in
            bytes.storeField(SnapshotHeader.magic, at: 0)
            bytes.storeField(SnapshotHeader.version, at: 8)
            bytes.storeField(genesis.cluster.high, at: 16)
            bytes.storeField(genesis.cluster.low, at: 24)
            bytes.storeField(slot.rawValue, at: 32)
            bytes.storeField(effectiveTime, at: 40)
            chainDigest.store(to: bytes, at: 48)
            bytes[80..<96].copyBytes(from: stateDigest)
            bytes.storeField(keys, at: 96)
            bytes.storeField(sessionBytes, at: 104)
            bytes.storeField(UInt32(genesisEntry.count), at: 112)
            bytes.storeField(UInt32(configuration.count), at: 116)
            bytes.storeField(membership?.slot.rawValue ?? 0, at: 120)
            bytes.storeField(founding.withUnsafeBytes { SnapshotChecksum.founding($0) }, at: 128)
            let covered = UnsafeRawBufferPointer(rebasing: bytes[..<SnapshotHeader.checksumOffset])
            bytes.storeField(SnapshotChecksum.header(covered), at: SnapshotHeader.checksumOffset)
        }
        return bytes + founding
    }

    var encodedLength: Int {
        SnapshotHeader.fixedLength + genesisEntry.count + (membership?.encoded().count ?? 0)
    }

    /// How long the founding is behind these bytes, and whether they are a header at all.
    static func foundingLength(leading bytes: borrowing RawSpan) throws(SegmentFault) -> Int {
        guard bytes.byteCount >= fixedLength else { throw .truncated }
        guard bytes.field(UInt64.self, at: 0) == magic else { throw .wrongMagic }
        let checksum = bytes.extracting(0..<checksumOffset).withUnsafeBytes { SnapshotChecksum.header($0) }
        guard checksum == bytes.field(UInt64.self, at: checksumOffset) else { throw .wrongChecksum }
        let version = bytes.field(UInt32.self, at: 8)
        guard version == SnapshotHeader.version else { throw .unsupportedVersion(version) }
        let length = Int(bytes.field(UInt32.self, at: 112)) + Int(bytes.field(UInt32.self, at: 116))
        guard length <= longestFounding else { throw .outOfBounds("the length of genesis and configuration") }
        return length
    }

    /// Reads what `encoded` writes.
    init(decoding bytes: borrowing RawSpan) throws(SegmentFault) {
        let foundingLength = try SnapshotHeader.foundingLength(leading: bytes)
        guard bytes.byteCount >= SnapshotHeader.fixedLength + foundingLength else { throw .truncated }
        guard bytes.field(UInt32.self, at: 12) == 0 else { throw .reservedBytesInUse }
        let founding = bytes.extracting(SnapshotHeader.fixedLength..<(SnapshotHeader.fixedLength + foundingLength))
            .withUnsafeBytes { [UInt8]($0) }
        guard founding.withUnsafeBytes({ SnapshotChecksum.founding($0) }) == bytes.field(UInt64.self, at: 128) else {
            throw .wrongChecksum
        }
        let slot = bytes.field(UInt64.self, at: 32)
        guard slot > 0, slot < 1 << 63 else { throw .outOfBounds("the slot") }
        let genesisLength = Int(bytes.field(UInt32.self, at: 112))
        let entry = try? EntryView(in: founding.span.bytes, at: 0)
        guard let genesis = Genesis(leading: founding.span.bytes), entry?.end == genesisLength else {
            throw .outOfBounds("genesis")
        }
        self.init(
            slot: Slot(slot), chainDigest: ChainDigest(loading: bytes, at: 48),
            stateDigest: bytes.extracting(80..<96).withUnsafeBytes { [UInt8]($0) },
            effectiveTime: bytes.field(UInt64.self, at: 40), keys: bytes.field(UInt64.self, at: 96),
            sessionBytes: bytes.field(UInt64.self, at: 104), genesis: genesis,
            genesisEntry: Array(founding[..<genesisLength]),
            membership: try SnapshotHeader.membership(
                Array(founding[genesisLength...]), slot: bytes.field(UInt64.self, at: 120), through: slot))
        let cluster = UniqueID(high: bytes.field(UInt64.self, at: 16), low: bytes.field(UInt64.self, at: 24))
        guard cluster == genesis.cluster else { throw .outOfBounds("the cluster") }
    }

    private static func membership(
        _ payload: [UInt8], slot: UInt64, through last: UInt64
    ) throws(SegmentFault) -> Membership? {
        if payload.isEmpty && slot == 0 { return nil }
        guard slot > 0, slot <= last, let membership = try? Membership(decoding: payload, slot: Slot(slot)) else {
            throw .outOfBounds("the configuration")
        }
        return membership
    }
}

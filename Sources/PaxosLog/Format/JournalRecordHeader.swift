// The 96 bytes before a record's payload. Their checksum, seeded by the file's salt and covering the offset, binds them
// to one place of one file: neither an earlier use of the file nor a client's value passes for a record.

package import Paxos

package struct JournalRecordHeader: Equatable, Sendable {
    /// Zero is never valid, so that zeros are no record.
    package enum Kind: UInt8, Sendable {
        case promise = 1
        case accepted = 2
        case chosen = 3
        case chosenThrough = 4
        /// Says only that all before it is durable.
        case mark = 5
        /// The first record of a file: what it takes over from those before it.
        case inheritance = 6
        /// The last record of a file that was left for the next one, which has its name by then.
        case continued = 7
    }

    package var kind: Kind
    package var payloadLength: Int
    /// Where this header stands in the file.
    package var offset: Int
    package var sequence: UInt64
    /// Every byte of the file below this offset was synced before this record was written. It is the start of the
    /// record's own batch.
    package var durableMark: Int
    /// Where the records of the batch before this record's batch end; where records begin, in a file's first batch. So
    /// records that are gone from the end of a batch are missed.
    package var previousEnd: Int
    /// The highest ballot that the acceptor has promised, this record included.
    package var promised: Ballot
    package var ballot: Ballot
    package var firstSlot: Slot
    package var count: Int
    package var payloadChecksum: UInt64

    package init(
        kind: Kind, payloadLength: Int = 0, offset: Int, sequence: UInt64, durableMark: Int,
        previousEnd: Int, promised: Ballot, ballot: Ballot = .none, firstSlot: Slot = .zero, count: Int = 0,
        payloadChecksum: UInt64 = 0
    ) {
        self.kind = kind
        self.payloadLength = payloadLength
        self.offset = offset
        self.sequence = sequence
        self.durableMark = durableMark
        self.previousEnd = previousEnd
        self.promised = promised
        self.ballot = ballot
        self.firstSlot = firstSlot
        self.count = count
        self.payloadChecksum = payloadChecksum
    }

    /// Where the next record of the batch would stand.
    package var end: Int { offset + JournalFormat.recordSize(payload: payloadLength) }

    /// The slots whose values the payload holds.
    package var slots: ClosedRange<Slot>? {
        guard kind == .accepted || kind == .chosen else { return nil }
        return firstSlot...(firstSlot + (count - 1))
    }
}

extension JournalRecordHeader {
    /// Writes the header's 96 bytes to `target`.
    func encode(to target: UnsafeMutableRawPointer, salt: UInt64) {
        func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, _ at: Int) {
            target.storeBytes(of: value.littleEndian, toByteOffset: at, as: T.self)
        }
        func store(_ ballot: Ballot, _ at: Int) {
            store(ballot.round, at)
            store(ballot.node.rawValue, at + 8)
            store(UInt16(0), at + 10)
            store(ballot.incarnation.rawValue, at + 12)
        }
        store(UInt64(kind.rawValue), 8)
        store(UInt32(payloadLength), 12)
        store(UInt64(offset), 16)
        store(sequence, 24)
        store(UInt64(durableMark), 32)
        store(promised, 40)
        store(ballot, 56)
        store(firstSlot.rawValue, 72)
        store(UInt32(count), 80)
        store(UInt32(previousEnd), 84)
        store(payloadChecksum, 88)
        let covered = RawSpan(
            _unsafeStart: target + 8, byteCount: JournalFormat.recordHeaderSize - 8)
        store(JournalFormat.checksum(covered, seed: salt), 0)
    }

    /// What the 96 bytes at a place of a file turn out to be.
    enum Reading {
        /// No writer of this file wrote them to this place.
        case nothing
        case header(JournalRecordHeader)
        /// They were written so, and mean nothing that this version knows.
        case unknown(durableMark: Int, reason: String)
    }

    /// Reads the bytes at `index` of `bytes`, which come from `offset` of the file.
    static func read(
        _ bytes: borrowing RawSpan, at index: Int, offset: Int, of file: borrowing JournalFileHeader
    ) -> Reading {
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ at: Int) -> T {
            T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index + at, as: type))
        }
        // The cheap comparisons come first: this is asked of every sector behind the end.
        guard load(UInt64.self, 16) == UInt64(offset), load(UInt64.self, 24) == file.sequence else { return .nothing }
        let covered = bytes.extracting((index + 8)..<(index + JournalFormat.recordHeaderSize))
        guard load(UInt64.self, 0) == JournalFormat.checksum(covered, seed: file.salt) else { return .nothing }

        func loadBallot(_ at: Int) -> Ballot {
            Ballot(
                round: load(UInt64.self, at), node: NodeID(load(UInt16.self, at + 8)),
                incarnation: Incarnation(load(UInt32.self, at + 12)))
        }
        let durableMark = Int(clamping: load(UInt64.self, 32))
        guard let kind = Kind(rawValue: load(UInt8.self, 8)) else {
            return .unknown(durableMark: durableMark, reason: "kind \(load(UInt8.self, 8)) is not known")
        }
        guard load(UInt8.self, 9) == 0, load(UInt16.self, 10) == 0, load(UInt16.self, 50) == 0,
            load(UInt16.self, 66) == 0
        else { return .unknown(durableMark: durableMark, reason: "reserved bytes of a record are in use") }
        let header = JournalRecordHeader(
            kind: kind, payloadLength: Int(load(UInt32.self, 12)), offset: offset, sequence: file.sequence,
            durableMark: durableMark, previousEnd: Int(load(UInt32.self, 84)), promised: loadBallot(40),
            ballot: loadBallot(56), firstSlot: Slot(load(UInt64.self, 72)), count: Int(load(UInt32.self, 80)),
            payloadChecksum: load(UInt64.self, 88))
        if let reason = header.contradiction(capacity: file.capacity) {
            return .unknown(durableMark: durableMark, reason: reason)
        }
        return .header(header)
    }

    /// Why no writer writes these fields together; nil when one does.
    private func contradiction(capacity: Int) -> String? {
        guard payloadLength <= capacity - offset - JournalFormat.recordHeaderSize else {
            return "a record is longer than the file"
        }
        guard durableMark <= offset, durableMark >= JournalFormat.sectorSize,
            JournalFormat.isSectorBoundary(durableMark)
        else { return "a durable mark is no batch's start" }
        guard JournalFormat.sectorEnd(previousEnd) == durableMark else {
            return "the batch before does not end where this one begins"
        }
        guard max(promised.round, ballot.round) < JournalFormat.endOfRounds, firstSlot <= JournalFormat.highestSlot
        else {
            return "a round or slot is beyond all that there can be"
        }
        let isValid =
            switch kind {
            case .promise:
                ballot > .none && promised >= ballot && firstSlot == .zero && hasNoValues
            case .accepted:
                ballot > .none && promised >= ballot && hasValues
            case .chosen:
                ballot == .none && hasValues
            case .chosenThrough:
                hasNoValues
            case .mark, .continued:
                ballot == .none && firstSlot == .zero && hasNoValues
            case .inheritance:
                count == 0 && payloadLength == JournalFormat.inheritancePayloadSize
            }
        return isValid ? nil : "the fields of a record contradict each other"
    }

    private var hasNoValues: Bool { count == 0 && payloadLength == 0 && payloadChecksum == 0 }

    private var hasValues: Bool {
        firstSlot > .zero && firstSlot < JournalFormat.highestSlot && count > 0 && payloadLength >= 4 * count
    }
}

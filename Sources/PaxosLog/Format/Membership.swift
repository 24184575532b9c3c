// Who votes, by name, life and journal: what genesis begins with, and the payload of every configuration entry after it.
// docs/log-format.md draws the layout.

package import Paxos

package struct Membership: Equatable, Sendable {
    /// Where it was chosen; it holds for the slots above.
    package var slot: Slot
    /// Sorted by node, as many as genesis names.
    package var members: [Genesis.Member]

    package init(slot: Slot, members: [Genesis.Member]) {
        self.slot = slot
        self.members = members
    }

    package var configuration: Configuration {
        Configuration(
            slot: slot, members: members.map { Configuration.Member(node: $0.node, incarnation: $0.incarnation) })
    }

    package func member(_ node: NodeID) -> Genesis.Member? { members.first { $0.node == node } }

    /// What the disk with this journal is: a member's incarnation only with the journal that is named for it.
    package func incarnation(of node: NodeID, journal: UniqueID) -> Incarnation {
        guard let member = member(node), member.journal == journal, journal != .none else { return .learner }
        return member.incarnation
    }

    /// The same members, with the vote of `node` given to another life of it; nil when it is no member.
    package func readmitting(_ node: NodeID, journal: UniqueID) -> Membership? {
        guard let index = members.firstIndex(where: { $0.node == node }) else { return nil }
        var next = self
        next.members[index].incarnation = Incarnation(members[index].incarnation.rawValue + 1)
        next.members[index].journal = journal
        return next
    }
}

extension Membership {
    package static let currentVersion: UInt16 = 1
    private static let headerLength = 8

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(Membership.currentVersion)
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendLittleEndian(UInt32(members.count))
        for member in members { member.encode(into: &bytes) }
        return bytes
    }

    /// - Parameter slot: of the entry whose payload the bytes are.
    /// - Throws: `GenesisError` when the bytes are not a configuration that this version writes.
    package init(decoding bytes: [UInt8], slot: Slot) throws(GenesisError) {
        guard bytes.count >= Membership.headerLength else { throw .malformed }
        let span = bytes.span.bytes
        let version = span.field(UInt16.self, at: 0)
        guard version == Membership.currentVersion else { throw .unsupportedVersion(version) }
        guard span.field(UInt16.self, at: 2) == 0 else { throw .malformed }
        self.init(
            slot: slot,
            members: try Genesis.Member.decode(
                bytes, at: Membership.headerLength, count: Int(span.field(UInt32.self, at: 4))))
    }

    /// The last configuration among the values of a chosen run; nil when it holds none, or one that can't be read, which
    /// stops whoever applies it.
    package static func last(in run: Run) -> Membership? {
        let span = run.body.span.bytes
        var offset = 0
        var last: Membership?
        while offset < run.body.count {
            if isConfiguration(span, at: offset), let entry = try? EntryView(in: span, at: offset) {
                last = (try? Membership(decoding: Array(run.body[entry.payload]), slot: entry.slot)) ?? last
            }
            offset += 4 + Run.valueLength(in: run.body, at: offset)
        }
        return last
    }

    /// Whether the value at `offset` is a configuration entry, by its kind alone.
    package static func isConfiguration(_ bytes: borrowing RawSpan, at offset: Int) -> Bool {
        bytes.byteCount - offset >= Entry.headerLength
            && bytes.field(UInt8.self, at: offset + 4) == Entry.Kind.configuration.rawValue
    }
}

extension Genesis {
    /// Who voted at first.
    package var membership: Membership { Membership(slot: .first, members: members) }
}

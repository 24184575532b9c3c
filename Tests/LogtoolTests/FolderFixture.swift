// Folders of nodes, in memory: a log of small blocks, a journal with the end, and an identity. The same entries give the
// same logs on every node; tests then damage one of them.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage

@testable import logtool

struct FolderFixture {
    let fileSystem = MemoryFileSystem()
    static let cluster = UniqueID(high: 7, low: 8)
    static let limits = LogLimits(blockBytes: 300, segmentBytes: 1500)

    static func journal(of node: UInt16) -> UniqueID { UniqueID(high: 100 + UInt64(node), low: 1) }

    static func session(_ node: UInt16) -> SessionID {
        SessionID(node: NodeID(node), incarnation: .first, boot: 1_700_000_000_000)
    }

    /// When the entry of a slot was proposed.
    static func time(_ slot: UInt64) -> UInt64 { 1_700_000_000_000_000 + slot }

    static var genesis: Entry {
        let genesis = Genesis(
            cluster: cluster,
            members: (0..<3).map { .init(node: NodeID($0), incarnation: .first, journal: journal(of: $0)) },
            limits: limits)
        return Entry(
            slot: .first, kind: .genesis, time: time(1), session: session(0), sequence: 0, payload: genesis.encoded())
    }

    /// Genesis, then these commands, each numbered as its slot.
    static func entries(of commands: [Command]) throws -> [Entry] {
        try [genesis]
            + commands.enumerated().map { index, command in
                let slot = UInt64(index + 2)
                return Entry(
                    slot: Slot(slot), kind: .command, time: time(slot), session: session(1), sequence: slot,
                    payload: try command.encoded())
            }
    }

    /// Genesis, then sets of awkward keys, each with its slot in its value; `altered` holds another value.
    static func entries(_ count: Int, altered: Int? = nil) throws -> [Entry] {
        let keys: [[UInt8]] = [Array("k".utf8), Array("a b".utf8), [0], [0xFF, 59, 58], Array("ключ".utf8)]
        return try (1...count).map { number in
            let slot = Slot(UInt64(number))
            let time = time(slot.rawValue)
            if number == 1 { return genesis }
            if number % 9 == 0 {
                return Entry(slot: slot, kind: .noOp, time: time, session: session(1), sequence: 0, payload: [])
            }
            let value = number == altered ? "other" : "value \(number)"
            return Entry(
                slot: slot, kind: .command, time: time, session: session(1), sequence: UInt64(number),
                payload: try Command.set(key: keys[number % keys.count], value: Array(value.utf8)).encoded())
        }
    }

    /// Writes the folder of a node that has all of `entries` chosen, and `accepted` more.
    func write(_ node: UInt16, _ entries: [Entry], accepted: [Entry] = []) throws {
        let directory = FilePath("/logs/n\(node)")
        try fileSystem.createDirectory(directory)
        try Identity(
            node: NodeID(node), cluster: Self.cluster, incarnation: .first, boot: 1, journal: Self.journal(of: node)
        ).write(fileSystem, directory)
        var log = try ChosenLog.open(fileSystem, directory: directory.appending("log"))
        let journal = try openJournal(of: node)
        var cutter = BlockCutter(limits: Self.limits, next: .first, segmentBytes: 0)
        let chosen = Self.run(.none, entries)
        try journal.append([[.promise(Self.ballot), .chosen(chosen)]])
        if !accepted.isEmpty { try journal.append([[.accepted(Self.run(Self.ballot, accepted))]]) }
        try journal.markDurable()
        try log.append(cutter.append(body: chosen.body, firstSlot: .first, count: chosen.count))
    }

    private static let ballot = Ballot(round: 3, node: NodeID(0), incarnation: .first)

    private func openJournal(of node: UInt16) throws -> Journal {
        try Journal.open(
            fileSystem, directory: FilePath("/logs/n\(node)/journal"),
            identity: JournalIdentity(node: NodeID(node), journal: Self.journal(of: node)), fileBytes: 64 << 10,
            seed: UInt64(node), logThrough: .zero
        ).journal
    }

    /// Has a node that was written accept entries of consecutive slots.
    func accept(_ entries: [Entry], of node: UInt16) throws {
        try append(.accepted(Self.run(Self.ballot, entries)), of: node)
    }

    /// Has a node that was written learn that entries of consecutive slots are chosen.
    func learn(_ entries: [Entry], of node: UInt16) throws {
        try append(.chosen(Self.run(.none, entries)), of: node)
    }

    private func append(_ record: JournalRecord, of node: UInt16) throws {
        let journal = try openJournal(of: node)
        try journal.append([[record]])
        try journal.markDurable()
    }

    /// Has a node's journal let go of all that its log holds.
    func releaseJournal(of node: UInt16) throws {
        let through = try log(node).reader.lastBlock()?.slots.upperBound ?? .zero
        let journal = try openJournal(of: node)
        // So many batches that another file is begun, which says how far the log goes.
        for round: UInt64 in 4...24 {
            try journal.append([[.promise(Ballot(round: round, node: NodeID(0), incarnation: .first))]])
            try journal.release(through: through)
        }
    }

    static func run(_ ballot: Ballot, _ entries: [Entry]) -> Run {
        var body: [UInt8] = []
        for entry in entries { entry.encode(into: &body) }
        return Run(
            ballot: ballot, firstSlot: entries[0].slot, count: entries.count, body: body, sealedBy: Run.xxh3)
    }

    func log(_ node: UInt16, archive: String? = nil) throws -> NodeLog {
        try NodeLog("/logs/n\(node)", archive: archive, fileSystem: fileSystem)
    }

    func verify(_ node: UInt16) throws -> Verification { try Verification(log(node)) }

    func compare(_ nodes: UInt16..., readsPayloads: Bool = false) throws -> Comparison {
        try Comparison(nodes.map { try log($0) }, readsPayloads: readsPayloads)
    }

    /// Puts the first segments of a node's log into another folder.
    func archive(_ count: Int, of node: UInt16, in archive: FilePath) throws {
        for name in try log(node).reader.segments().prefix(count) {
            let file = segment(node, from: Int(name.firstSlot.rawValue))
            fileSystem.install(fileSystem.contents(of: file) ?? [], at: archive.appending(name.description))
            try fileSystem.remove(file)
        }
    }

    func segment(_ node: UInt16, from slot: Int) -> FilePath {
        FilePath("/logs/n\(node)/log").appending(SegmentName(firstSlot: Slot(UInt64(slot))).description)
    }

    /// Flips a byte of what the block of a slot holds.
    func damage(blockHolding slot: UInt64, of node: UInt16) throws -> LogBlock {
        let found = try log(node).reader.block(holding: Slot(slot))
        guard case .block(let block)? = found else { throw Failure.noInput("no block holds slot \(slot)") }
        fileSystem.flipByte(of: block.file, at: Int(block.offset) + BlockHeader.length + 1)
        return block
    }

    /// What `print` shows of a node's slots.
    func lines(
        _ node: UInt16, _ slots: ClosedRange<Slot> = .first...SlotArgument.last, _ direction: Direction = .forwards,
        where filter: EntryFilter = EntryFilter()
    ) throws -> [String] {
        var lines: [String] = []
        try log(node).read(slots, direction) { lines.take($0, filter) }
        return lines
    }
}

extension [String] {
    /// Adds the line of what a reading comes upon.
    mutating func take(_ event: LogEvent, _ filter: EntryFilter = EntryFilter()) -> Bool {
        switch event {
        case .entry(let entry): if filter.takes(entry) { append(entry.line) }
        case .damage(let damage): append(damage.sentence)
        }
        return true
    }
}

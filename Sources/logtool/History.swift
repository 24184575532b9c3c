// `logtool history`: every change of a key, who asked for it and when.

import ArgumentParser
import Paxos
import PaxosLog
import StateMachine

struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every change of a key.",
        discussion: """
            The log is replayed as a node replays it, so that a command whose condition did not hold, or that was sent
            twice, shows no change. A line is `slot time origin change`; the time is the effective one, which never steps
            back; the origin is the session and the number of its request (node, incarnation, boot and sequence, or
            sequence 0 for what nobody asked for); the change is `created NEW`, `changed OLD NEW` or `deleted OLD`, in
            words as print writes them.

            Behind damage nothing can be told (exit 1); without the slots before the log's first neither (exit 2).

            Example: logtool history --key user/7 paxos_logs/n0
            """)

    @Argument(help: ArgumentHelp("The data folder of a node, or its URL.", valueName: "dir"), completion: .directory)
    var directory: String

    @OptionGroup var key: KeyOption

    @OptionGroup var archive: ArchiveOption

    @Option(help: "How to print.")
    var format = Format.text

    func run() throws {
        let log = try archive.log(of: directory)
        var output = Output()
        let progress = ProgressLine("history \(log.name)", bytes: try log.storedBytes())
        output.progress = progress
        let replay = try KeyHistory(of: key.bytes).read(log, progress) { change in
            output.line(format == .text ? change.line : JSONText.line(change))
        }
        output.flush()
        if let failure = replay.shortfall(of: .end) { throw failure }
        guard replay.start == .zero else {
            throw Failure(
                status: 2,
                message: """
                    what changed through slot \(replay.start) can't be told: the log begins behind it; --archive names a folder \
                    with the segments before
                    """)
        }
    }
}

/// A key on the command line.
struct KeyOption: ParsableArguments {
    @Option(help: ArgumentHelp("The key, written as print writes it.", valueName: "key"))
    var key: String

    var bytes: [UInt8] { CommandText.bytes(of: key) ?? [] }

    func validate() throws {
        if CommandText.bytes(of: key) == nil {
            throw ValidationError("--key \(key) is no key: write bytes that are not printable as \\xNN.")
        }
    }
}

/// Follows one key through a log.
struct KeyHistory {
    struct Change {
        var key: [UInt8]
        var view: EntryView
        /// In microseconds since 1970; it never steps back.
        var effectiveTime: UInt64
        /// Nil where the key was not there.
        var old: [UInt8]?
        var new: [UInt8]?
    }

    private let key: [UInt8]

    init(of key: [UInt8]) {
        self.key = key
    }

    /// - Returns: the whole replay, and why it ended.
    func read(_ log: NodeLog, _ progress: ProgressLine? = nil, _ visit: (Change) -> Void) throws -> Replay {
        var last: StoredValue?
        return try Replay(log, through: .end, fromStart: true, progress: progress) { entry, store in
            // A set that writes the same value again is a change too: it shows in the modified slot.
            let stored = store.value(for: key)
            guard stored != last else { return }
            visit(
                Change(
                    key: key, view: entry.view, effectiveTime: store.effectiveTime, old: last?.value,
                    new: stored?.value))
            last = stored
        }
    }
}

extension KeyHistory.Change {
    var word: String { old == nil ? "created" : new == nil ? "deleted" : "changed" }

    var line: String {
        let session = view.session
        let origin = "\(session.node).\(session.incarnation).\(session.boot).\(view.sequence)"
        let values = [old, new].compactMap { $0.map(CommandText.word) }
        let words = ["\(view.slot)", "\(Timestamp(microseconds: effectiveTime))", origin, word] + values
        return words.joined(separator: " ")
    }
}

extension KeyHistory.Change: Encodable {
    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: JSONText.Name.self)
        try fields.encode(bytes: key, as: "key")
        try fields.encode(word, as: "change")
        try fields.encode(view.slot.rawValue, as: "slot")
        try fields.encode(effectiveTime, as: "effectiveTime")
        try fields.encode("\(view.session.node)", as: "node")
        try fields.encode(view.session.incarnation.rawValue, as: "incarnation")
        try fields.encode(view.session.boot, as: "boot")
        try fields.encode(view.sequence, as: "sequence")
        if let old { try fields.encode(bytes: old, as: "old") }
        if let new { try fields.encode(bytes: new, as: "new") }
    }
}

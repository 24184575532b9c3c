// `logtool print`: a node's log, a slot a line, or those of its segments that are named.

import ArgumentParser
import Paxos
import PaxosLog
import StateMachine
import SystemPackage

struct Print: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a node's log, one line a slot: `slot state command`.",
        discussion: """
            The state is `chosen`, or `accepted` for what this node has voted for and does not know to be chosen. Words
            are parted by single spaces; in a key or a value every byte that is not printable UTF-8, and every space,
            quote and backslash, is \\xNN, and an empty value is "". With --format json each slot is an object on a line
            of its own; bytes that are not printable UTF-8 are then in base64, as key_base64 and value_base64.

            Of the slots from --from to --to those are printed that meet every condition. --since and --until go by the
            entry's own time, which the clock of its leader gave it, and which may step back from one entry to the
            next; TIME is \(Timestamp.accepted).

            Damage is told on standard error, and printing goes on behind it (exit 1).

            Examples:
              logtool print paxos_logs/n0 --from 100 --limit 20
              logtool print paxos_logs/n0 --reverse --limit 5 --prefix user/
              logtool print paxos_logs/n0/log/00000000000000000001.segment
            """)

    @Argument(
        help: ArgumentHelp(
            "The data folder of a node, the URL of one that runs, or segment files.", valueName: "dir-or-segment"),
        completion: .file())
    var sources: [String]

    @Option(help: ArgumentHelp("The first slot to print.", valueName: "slot"))
    var from: SlotArgument?

    @Option(help: ArgumentHelp("The last slot to print.", valueName: "slot"))
    var to: SlotArgument?

    @Option(help: ArgumentHelp("Print only what names this key, written as print writes it.", valueName: "key"))
    var key: String?

    @Option(help: ArgumentHelp("Print only what names a key that begins so.", valueName: "key"))
    var prefix: String?

    @Option(help: ArgumentHelp("Print only this kind of entry; several may be given.", valueName: "kind"))
    var kind: [KindArgument] = []

    @Option(
        help: ArgumentHelp("Print only what was proposed at this time or later.", valueName: "time"),
        transform: Timestamp.init(argument:))
    var since: Timestamp?

    @Option(
        help: ArgumentHelp("Print only what was proposed before this time.", valueName: "time"),
        transform: Timestamp.init(argument:))
    var until: Timestamp?

    @Flag(help: "Print the last slot first.")
    var reverse = false

    @Option(help: ArgumentHelp("Print at most this many lines.", valueName: "count"))
    var limit: Int?

    @OptionGroup var archive: ArchiveOption

    @Option(help: "How to print.")
    var format = Format.text

    func validate() throws {
        if sources.count > 1, let folder = sources.first(where: { SegmentFiles.name(of: FilePath($0)) == nil }) {
            throw ValidationError(
                "\(folder) is no segment file: name one folder, or any number of files like \(SegmentName(firstSlot: .first))."
            )
        }
        if archive.archive != nil, SegmentFiles.name(of: FilePath(sources[0])) != nil {
            throw ValidationError("--archive goes with a node's folder, not with segment files.")
        }
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, not \(limit).") }
        for (option, word) in [("--key", key), ("--prefix", prefix)] {
            if let word, CommandText.bytes(of: word) == nil {
                throw ValidationError("\(option) \(word) is no key: write bytes that are not printable as \\xNN.")
            }
        }
        if let from, let to, from.value > to.value {
            throw ValidationError("--from \(from.value) comes after --to \(to.value).")
        }
        if let since, let until, since.microseconds >= until.microseconds {
            throw ValidationError("--until must be later than --since.")
        }
    }

    private var filter: EntryFilter {
        EntryFilter(
            key: key.flatMap { CommandText.bytes(of: $0) }, prefix: prefix.flatMap { CommandText.bytes(of: $0) },
            kinds: Set(kind.map(\.kind)), since: since?.microseconds, until: until?.microseconds)
    }

    private var slots: ClosedRange<Slot> {
        (from.map { Slot($0.value) } ?? .first)...(to.map { Slot($0.value) } ?? SlotArgument.last)
    }

    func run() throws {
        let direction: Direction = reverse ? .backwards : .forwards
        var printing = Printing(filter: filter, format: format, limit: limit)
        if SegmentFiles.name(of: FilePath(sources[0])) != nil {
            let files = try SegmentFiles(sources)
            let progress = ProgressLine("print", bytes: try files.storedBytes)
            printing.output.progress = progress
            try files.read(slots, direction, progress: progress) { printing.visit($0) }
        } else {
            let log = try archive.log(of: sources[0])
            let progress = ProgressLine("print \(log.name)", bytes: try log.storedBytes(of: slots))
            printing.output.progress = progress
            try log.read(slots, direction, progress: progress) { printing.visit($0) }
        }
        printing.output.flush()
        if printing.verdict != .clean { throw ExitCode(printing.verdict.rawValue) }
    }
}

/// What is printed of what a reading comes upon.
private struct Printing: ~Copyable {
    let filter: EntryFilter
    let format: Format
    let limit: Int?
    var output = Output()
    private(set) var verdict = Verdict.clean
    private var printed = 0

    init(filter: EntryFilter, format: Format, limit: Int?) {
        self.filter = filter
        self.format = format
        self.limit = limit
    }

    /// Returns false when enough is printed.
    mutating func visit(_ event: LogEvent) -> Bool {
        switch event {
        case .damage(let damage):
            output.complain(damage.sentence)
            if damage.kind != .tornTail { verdict = .finding }
            return true
        case .entry(let entry):
            guard filter.takes(entry) else { return true }
            output.line(format == .text ? entry.line : JSONText.line(EntryObject(entry)))
            printed += 1
            return limit.map { printed < $0 } ?? true
        }
    }
}

/// A kind of entry on the command line.
struct KindArgument: ExpressibleByArgument {
    let kind: Entry.Kind

    init?(argument: String) {
        guard let kind = Entry.Kind.allCases.first(where: { $0.word == argument }) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { Entry.Kind.allCases.map(\.word) }
    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

extension Timestamp {
    /// A time on the command line.
    fileprivate init(argument: String) throws {
        guard let time = Timestamp(argument) else { throw ValidationError("A time is \(Timestamp.accepted).") }
        self = time
    }
}

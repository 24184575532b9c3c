// `logtool print`: a node's log, a slot a line.

import ArgumentParser
import Paxos
import PaxosLog
import StateMachine

struct Print: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a node's log, one line a slot: `slot state command`.",
        discussion: """
            The state is `chosen`, or `accepted` for what this node has voted for and does not know to be chosen. Words
            are parted by single spaces; in a key or a value every byte that is not printable UTF-8, and every space,
            quote and backslash, is \\xNN, and an empty value is "". With --format json each slot is an object on a line
            of its own; bytes that are not printable UTF-8 are then in base64, as key_base64 and value_base64.

            Damage is told on standard error, and printing goes on behind it (exit 1).

            Example: logtool print paxos_logs/n0 --from 100 --limit 20
            """)

    @Argument(help: "The data folder of a node.")
    var directory: String

    @Option(help: ArgumentHelp("The first slot to print.", valueName: "slot"))
    var from: SlotArgument?

    @Option(help: ArgumentHelp("The last slot to print.", valueName: "slot"))
    var to: SlotArgument?

    @Option(help: ArgumentHelp("Print only what names this key, written as print writes it.", valueName: "key"))
    var key: String?

    @Option(help: ArgumentHelp("Print at most this many lines.", valueName: "count"))
    var limit: Int?

    @Option(help: "text or json.")
    var format = Format.text

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, not \(limit).") }
        if let key, CommandText.bytes(of: key) == nil {
            throw ValidationError("--key \(key) is no key: write bytes that are not printable as \\xNN.")
        }
        if let from, let to, from.value > to.value {
            throw ValidationError("--from \(from.value) comes after --to \(to.value).")
        }
    }

    func run() throws {
        let log = try NodeLog(directory)
        let wanted = key.flatMap { CommandText.bytes(of: $0) }
        let last = to.map { Slot($0.value) }
        var output = Output()
        var verdict = Verdict.clean
        var printed = 0
        try log.read(from: from.map { Slot($0.value) } ?? .first) { finding in
            switch finding {
            case .damage(let damage):
                if let last, let slots = damage.slots, slots.lowerBound > last { return false }
                output.flush()
                Output.complain(Verify.sentence(damage))
                if damage.kind != .tornTail { verdict = .finding }
            case .entry(let entry):
                if let last, entry.view.slot > last { return false }
                if let wanted, entry.command?.names(wanted) != true { return true }
                output.line(format == .text ? entry.line : JSONText.line(EntryObject(entry)))
                printed += 1
                if let limit, printed >= limit { return false }
            }
            return true
        }
        output.flush()
        if verdict != .clean { throw ExitCode(verdict.rawValue) }
    }
}

extension Command {
    fileprivate func names(_ key: [UInt8]) -> Bool {
        operations.contains { operation in
            switch operation {
            case .set(let set, _): set == key
            case .delete(let deleted): deleted == key
            }
        }
    }
}

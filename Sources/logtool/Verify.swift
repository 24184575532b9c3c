// `logtool verify`: every checksum, digest and bound of a node's files, and what each finding costs.

import ArgumentParser
import Paxos
import PaxosLog
import SystemPackage

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check everything that nodes have on disk.",
        discussion: """
            Every checksum, chain digest, header, index and journal record is read, and slots must follow one another
            without a gap. Each finding is a line: its verdict (torn tail, corrupt, gap, foreign file, unknown version),
            file, offset and the slots that are lost by it. Reading goes on behind damage.

            A torn tail is the end of a write that a crash cut short and that nobody was told of: it is listed, and is
            no finding for the exit status. The newest journal batch of a node that runs may look like one.

            Example: logtool verify paxos_logs/n0 paxos_logs/n1 paxos_logs/n2
            """)

    @Argument(help: "The data folders of nodes.")
    var directories: [String]

    @Option(help: "text or json.")
    var format = Format.text

    func validate() throws {
        if directories.isEmpty { throw ValidationError("Name at least one folder.") }
    }

    func run() throws {
        var output = Output()
        var worst = Verdict.clean
        for directory in directories {
            let report = try Verification(NodeLog(directory))
            switch format {
            case .text: for line in report.lines { output.line(line) }
            case .json:
                for damage in report.damage { output.line(JSONText.line(DamageObject(damage, node: report.name))) }
                output.line(JSONText.line(report.summary))
            }
            output.flush()
            if report.verdict == .finding || worst == .clean { worst = report.verdict }
        }
        if worst != .clean { throw ExitCode(worst.rawValue) }
    }

    static func sentence(_ damage: Damage) -> String {
        let slots = damage.slots.map { ", slots \($0.lowerBound) to \($0.upperBound)" } ?? ""
        return "\(damage.kind.rawValue): \(damage.file) at offset \(damage.offset)\(slots): \(damage.reason)"
    }
}

/// What was found in one folder.
struct Verification {
    struct Summary: Encodable {
        var node: String
        var verdict: String
        var findings: Int
        var segments: Int
        var blocks: Int
        var logThrough: UInt64
        var chosenThrough: UInt64
        var rawBytes: UInt64
        var storedBytes: UInt64
        var journalFiles: Int
        var chainDigest: String
    }

    let name: String
    private(set) var damage: [Damage] = []
    private(set) var summary: Summary

    init(_ log: NodeLog) throws {
        name = log.name
        summary = Summary(
            node: log.name, verdict: "clean", findings: 0, segments: try log.reader.segments().count, blocks: 0,
            logThrough: 0, chosenThrough: 0, rawBytes: 0, storedBytes: 0, journalFiles: 0,
            chainDigest: "\(ChainDigest.start)")
        if let found = log.identityDamage { damage.append(found) }
        damage += try log.reader.strangers()
        var through = Slot.zero
        var cursor = try log.reader.cursor(depth: .payloads)
        while let finding = try cursor.next() {
            switch finding {
            case .damage(let found):
                damage.append(found)
                if found.kind != .tornTail { through = max(through, found.slots?.upperBound ?? .zero) }
            case .block(let block):
                summary.blocks += 1
                summary.rawBytes += UInt64(block.header.rawLength)
                summary.storedBytes += UInt64(block.header.storedLength)
                summary.chainDigest = "\(block.header.chainDigest)"
                through = max(through, block.slots.upperBound)
            }
        }
        summary.logThrough = through.rawValue
        let journal = try log.journal(above: through)
        summary.journalFiles = journal.files
        damage += journal.damage
        try noteGaps(log, journal, logThrough: through)
        summary.findings = damage.count { $0.kind != .tornTail }
        summary.verdict = verdict == .clean ? "clean" : verdict == .finding ? "damaged" : "cannot tell"
    }

    /// The journal must take up where the log ends. A node that runs may have moved entries to the log meanwhile.
    private mutating func noteGaps(_ log: NodeLog, _ journal: JournalView, logThrough: Slot) throws {
        let now = max(logThrough, try log.reader.lastBlock()?.slots.upperBound ?? .zero)
        var next = now.next
        func gap(_ slots: ClosedRange<Slot>) -> Damage {
            Damage(
                kind: .gap, file: log.journalDirectory, offset: 0, slots: slots,
                reason: "slots that were chosen are neither in the log nor in the journal")
        }
        if journal.logThrough > now { damage.append(gap(next...journal.logThrough)) }
        next = max(next, journal.logThrough.next)
        for run in journal.chosen where run.lastSlot >= next {
            if run.firstSlot > next { damage.append(gap(next...run.firstSlot.previous)) }
            next = run.lastSlot.next
        }
        summary.chosenThrough = next.previous.rawValue
    }

    var verdict: Verdict {
        if damage.contains(where: { $0.kind != .tornTail }) { return .finding }
        return summary.chosenThrough == 0 && summary.journalFiles == 0 ? .cannotTell : .clean
    }

    var lines: [String] {
        var lines: [String] = []
        if !damage.isEmpty {
            var table = Table(["verdict", "slots lost", "offset", "file", "reason"])
            for found in damage {
                let slots = found.slots.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "-"
                table.add([found.kind.rawValue, slots, "\(found.offset)", found.file.string, found.reason])
            }
            lines = table.lines.map { "  " + $0 }
        }
        let ratio =
            summary.storedBytes == 0 ? "" : ", \(summary.rawBytes) bytes stored in \(summary.storedBytes)"
        let head =
            "\(name): \(summary.verdict): chosen through slot \(summary.chosenThrough), blocks: \(summary.blocks), "
            + "segments: \(summary.segments), through slot \(summary.logThrough)\(ratio), "
            + "journal files: \(summary.journalFiles)"
        return [head] + lines
    }
}

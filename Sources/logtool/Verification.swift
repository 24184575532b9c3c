// What verifying one node's folder turns up, and what is said of it.

import Console
import Paxos
import PaxosLog

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
        var snapshots: Int
        var chainDigest: String
    }

    let name: String
    private let isLive: Bool
    private(set) var damage: [Damage] = []
    private(set) var summary: Summary

    /// - Parameter progress: told of every block that was checked.
    init(_ log: NodeLog, by workers: any Workers = Threads(count: 1), progress: ProgressLine? = nil) throws {
        name = log.name
        isLive = log.live != nil
        summary = Summary(
            node: log.name, verdict: "clean", findings: 0, segments: try log.reader.segments().count, blocks: 0,
            logThrough: 0, chosenThrough: 0, rawBytes: 0, storedBytes: 0, journalFiles: 0,
            snapshots: try log.snapshots.names().count, chainDigest: "")
        if let found = log.identityDamage { damage.append(found) }
        damage += try log.reader.strangers() + log.snapshotDamage()
        var through = log.through(nil)
        var digest = log.base?.chainDigest ?? .start
        var cursor = try log.reader.verification(by: workers)
        while let finding = try cursor.next() {
            switch finding {
            case .damage(let found):
                damage.append(found)
                if found.kind != .tornTail { through = max(through, found.slots?.upperBound ?? .zero) }
            case .block(let block):
                progress?.add(block.storedBytes)
                summary.blocks += 1
                summary.rawBytes += UInt64(block.header.rawLength)
                summary.storedBytes += UInt64(block.header.storedLength)
                digest = block.header.chainDigest
                through = max(through, block.slots.upperBound)
            }
        }
        summary.logThrough = through.rawValue
        summary.chainDigest = "\(digest)"
        let journal = try log.journal(above: through)
        summary.journalFiles = journal.files
        damage += journal.damage
        try noteGaps(log, journal, logThrough: through)
        summary.findings = damage.count { $0.kind != .tornTail }
        summary.verdict = verdict == .clean ? "clean" : verdict == .finding ? "damaged" : "cannot tell"
    }

    /// The journal must take up where the log ends. A node that runs may have moved entries to the log meanwhile.
    private mutating func noteGaps(_ log: NodeLog, _ journal: JournalView, logThrough: Slot) throws {
        let now = max(logThrough, try log.logThrough())
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

    func lines(_ paint: Paint) -> [String] {
        let ratio =
            summary.storedBytes == 0 ? "" : ", \(summary.rawBytes) bytes stored in \(summary.storedBytes)"
        let head =
            "\(name): \(paint(summary.verdict, verdict.colour)): chosen through slot \(summary.chosenThrough), "
            + "blocks: \(summary.blocks), segments: \(summary.segments), through slot \(summary.logThrough)\(ratio), "
            + (isLive ? "as the node sent it" : "journal files: \(summary.journalFiles)")
            + (summary.snapshots == 0 ? "" : ", snapshots: \(summary.snapshots)")
        return [head] + damage.table.lines(in: paint)
    }
}

extension NodeLog {
    /// What is wrong with its snapshots, each read to its end.
    fileprivate func snapshotDamage() throws -> [Damage] {
        var damage: [Damage] = []
        for name in try snapshots.names() {
            do throws(StorageError) {
                _ = try snapshots.reader(name).verify()
            } catch {
                switch error {
                case .corrupt(let found): damage.append(found)
                case .unsupportedVersion(let file, let found, _):
                    let reason = "the snapshot is of version \(found)"
                    damage.append(Damage(kind: .unknownVersion, file: file, offset: 0, slots: nil, reason: reason))
                default: throw error
                }
            }
        }
        return damage
    }
}

extension [Damage] {
    /// A row for each, under headings; without rows where there is none.
    var table: Table {
        if isEmpty { return Table(words: nil) }
        var table = Table(words: ["verdict", "slots lost", "offset", "file", "reason"])
        for found in self {
            let slots = found.slots.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "-"
            table.add([
                Table.Cell(found.kind.rawValue, found.kind.colour), "\(slots)", "\(found.offset)", "\(found.file)",
                "\(found.reason)",
            ])
        }
        return table
    }
}

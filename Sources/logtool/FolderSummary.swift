// What one node's folder holds: gathered from its identity, the headers of its log, and its journal.

import Console
import Paxos
import PaxosLog

struct FolderSummary {
    struct Object: Encodable {
        /// Of what there is and can be read.
        struct Versions: Encodable {
            var identity: UInt32?
            var journal: UInt32?
            var segment: UInt32?
            var block: UInt8?
        }
        struct Journal: Encodable {
            var files: Int
            var spareFiles: Int
            var promised: String
            var chosenSlots: Int
            var acceptedSlots: Int
            var state: String
        }
        var folder: String
        var node: String?
        var cluster: String?
        var incarnation: UInt32?
        var boot: UInt64?
        var versions: Versions
        var firstSlot: UInt64?
        var logThrough: UInt64
        var chosenThrough: UInt64
        var acceptedThrough: UInt64
        var segments: Int
        var blocks: Int
        var rawBytes: UInt64
        var storedBytes: UInt64
        var ratio: Double?
        /// In microseconds since 1970.
        var firstTime: UInt64?
        var lastTime: UInt64?
        var chainDigest: String?
        /// Absent where a running node told the rest: its journal is its own affair.
        var journal: Journal?
    }

    private(set) var object: Object
    private(set) var damage: [Damage] = []

    /// - Parameter progress: told of every block whose header was read.
    init(_ log: NodeLog, progress: ProgressLine? = nil) throws {
        let figures = try LogFigures(log, progress: progress)
        if let found = log.identityDamage { damage.append(found) }
        damage += figures.damage
        let logThrough = log.through(figures.last?.slot)
        let journal = try log.journal(above: logThrough)
        damage += journal.damage
        let chosenThrough = journal.chosenThrough(behind: logThrough)
        let firstTime = try log.time(of: figures.firstSlot ?? journal.chosen.first?.firstSlot)
        let lastTime = try log.time(of: chosenThrough == .zero ? nil : chosenThrough)
        let tail = journal.damage.first { $0.kind == .tornTail }
        let isDamaged = journal.damage.contains { $0.kind != .tornTail }
        object = Object(
            folder: log.name, node: log.identity.map { "\($0.node)" }, cluster: log.identity?.cluster.map { "\($0)" },
            incarnation: log.identity?.incarnation.rawValue, boot: log.identity?.boot,
            versions: Object.Versions(
                identity: log.identity.map { _ in Identity.currentVersion },
                journal: journal.files == 0 ? nil : JournalFormat.currentVersion,
                segment: figures.last.map { _ in SegmentHeader.version },
                block: figures.last.map { _ in BlockHeader.version }),
            firstSlot: (figures.firstSlot ?? journal.chosen.first?.firstSlot)?.rawValue,
            logThrough: logThrough.rawValue, chosenThrough: chosenThrough.rawValue,
            acceptedThrough: (journal.accepted.last?.lastSlot ?? .zero).rawValue,
            segments: figures.segments, blocks: figures.blocks, rawBytes: figures.rawBytes,
            storedBytes: figures.storedBytes,
            ratio: figures.storedBytes == 0 ? nil : Double(figures.rawBytes) / Double(figures.storedBytes),
            firstTime: firstTime, lastTime: lastTime, chainDigest: figures.last.map { "\($0.chainDigest)" },
            journal: log.live != nil
                ? nil
                : Object.Journal(
                    files: journal.files, spareFiles: try log.spareFiles(), promised: "\(journal.promised)",
                    chosenSlots: journal.chosen.reduce(0) { $0 + $1.count },
                    acceptedSlots: journal.accepted.reduce(0) { $0 + $1.count },
                    state: isDamaged ? "damaged" : tail != nil ? "torn tail" : journal.files == 0 ? "missing" : "whole")
        )
    }

    var verdict: Verdict {
        if damage.contains(where: { $0.kind != .tornTail }) { return .finding }
        return object.chosenThrough == 0 && object.journal?.files ?? 0 == 0 ? .cannotTell : .clean
    }

    func lines(_ paint: Paint) -> [String] {
        let versions = object.versions
        var table = Table(words: nil)
        func add(_ name: String, _ text: String, _ colour: Colour? = nil) {
            table.add([Table.Cell(name), Table.Cell(text, colour)])
        }
        add("node", object.node.map { "\($0), incarnation \(object.incarnation ?? 0)" } ?? "unknown")
        add("cluster", object.cluster ?? "none")
        func version<Number: BinaryInteger>(_ name: String, _ number: Number?) -> String {
            number.map { "\(name) \($0)" } ?? "no \(name)"
        }
        let known = [
            version("identity", versions.identity), object.journal.map { _ in version("journal", versions.journal) },
            version("segment", versions.segment), version("block", versions.block),
        ].compactMap(\.self)
        add("versions", known.joined(separator: ", "))
        add("slots", slots)
        add("segments", "\(object.segments)")
        add("blocks", "\(object.blocks)")
        add("raw bytes", "\(object.rawBytes)")
        add("stored bytes", "\(object.storedBytes)")
        add("ratio", object.ratio.map(FolderSummary.twoDecimals) ?? "-")
        add("first entry", object.firstTime.map { "\(Timestamp(microseconds: $0))" } ?? "-")
        add("last entry", object.lastTime.map { "\(Timestamp(microseconds: $0))" } ?? "-")
        add("chain digest", object.chainDigest.map { "\($0) at slot \(object.logThrough)" } ?? "-")
        if let journal = object.journal {
            add(
                "journal",
                "\(journal.state), files: \(journal.files), spare: \(journal.spareFiles), promised \(journal.promised)",
                journal.state == "damaged" ? .red : nil)
        }
        return ["\(object.folder):"] + table.lines(in: paint) + damage.table.lines(in: paint)
    }

    /// `1 to 163: log 1 to 119, journal 120 to 163; accepted through 170`
    private var slots: String {
        guard let first = object.firstSlot else { return "none" }
        var parts: [String] = []
        if object.logThrough > 0 { parts.append("log \(first) to \(object.logThrough)") }
        if object.chosenThrough > object.logThrough {
            parts.append(
                "\(object.journal == nil ? "behind it" : "journal") \(max(first, object.logThrough + 1)) to \(object.chosenThrough)"
            )
        }
        let accepted =
            object.acceptedThrough > object.chosenThrough ? "; accepted through \(object.acceptedThrough)" : ""
        return "\(first) to \(object.chosenThrough): \(parts.joined(separator: ", "))\(accepted)"
    }

    private static func twoDecimals(_ number: Double) -> String {
        let hundredths = Int((number * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}

extension NodeLog {
    /// When the entry of a chosen slot was proposed; nil where it cannot be read.
    fileprivate func time(of slot: Slot?) throws -> UInt64? {
        guard let slot else { return nil }
        if let live {
            let run = try live.asking { () throws(NodeFailure) in try live.connection.entries(from: slot, limit: 1) }
            return run.flatMap { EntryView.last(in: $0.body)?.time }
        }
        var time: UInt64?
        try read(slot...slot, .forwards) { event in
            if case .entry(let entry) = event { time = entry.view.time }
            return false
        }
        return time
    }
}

// What a repair found, and what became of it: for people, for programs, and as a file in the folder that was mended.

import Console
import Paxos
import PaxosLog
import SystemPackage

struct RepairReceipt: Encodable {
    struct Segment: Encodable {
        var segment: String
        var firstSlot: UInt64?
        var lastSlot: UInt64?
        var bytes: UInt64?
        var proof: String?
        /// Why it stays as it is.
        var obstacle: String?
        var kept: String?
        var damage: [String]
    }

    let version = 1
    var node: String
    var from: String
    /// Whether segments were put in place; else it is what would be done.
    var isDone: Bool
    /// In microseconds since 1970.
    var time: UInt64
    var segments: [Segment]
    /// Damage that no copy made good.
    var left: [String]

    init(_ repair: LogRepair, of node: String, from: String, isDone: Bool) {
        self.node = node
        self.from = from
        self.isDone = isDone
        time = Timestamp.now.microseconds
        segments = repair.pieces.map(Segment.init)
        left = repair.left.map(\.sentence)
    }

    /// Beside those of earlier repairs.
    func write(_ fileSystem: any FileSystem, _ directory: FilePath) throws {
        let (prefix, suffix) = ("repair-", ".json")
        let numbers = try fileSystem.list(directory).filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
            .compactMap { Int($0.dropFirst(prefix.count).dropLast(suffix.count)) }
        let name = "\(prefix)\((numbers.max() ?? 0) + 1)\(suffix)"
        try fileSystem.replace(directory.appending(name), with: JSONText.document(self))
    }

    func lines(_ paint: Paint) -> [String] {
        if segments.isEmpty, left.isEmpty { return ["\(node): \(paint("nothing to mend", .green))"] }
        let count = segments.count { $0.obstacle == nil }
        let verb = isDone ? "mended" : "to be mended"
        var lines = ["\(node): segments \(verb) from \(from): \(count) of \(segments.count)"]
        if !segments.isEmpty {
            var table = Table(words: ["segment", "slots", "bytes", "proven by", "kept"])
            for segment in segments {
                let slots = segment.firstSlot.map { "\($0)-\(segment.lastSlot ?? $0)" } ?? "-"
                let proof = segment.proof.map { Table.Cell($0) } ?? Table.Cell("not: \(segment.obstacle ?? "")", .red)
                table.add([
                    "\(segment.segment)", "\(slots)", "\(segment.bytes.map { "\($0)" } ?? "-")", proof,
                    "\(segment.kept ?? "-")",
                ])
            }
            lines += table.lines(in: paint)
        }
        return lines + left.map { paint($0, .red) }
    }
}

extension RepairReceipt.Segment {
    init(_ piece: LogRepair.Piece) {
        segment = piece.name.description
        firstSlot = piece.source?.slots.lowerBound.rawValue
        lastSlot = piece.source?.slots.upperBound.rawValue
        bytes = piece.source?.bytes
        proof = piece.source?.proof.rawValue
        if case .none(let reason) = piece.remedy { obstacle = reason }
        kept = piece.kept?.string
        damage = piece.damage.isEmpty ? ["the segment is missing"] : piece.damage.map(\.sentence)
    }
}

// What compaction takes from a stopped node's folder, by the rules of the node itself, and that it is taken.

import Console
import Paxos
import PaxosLog
import Replication
import SystemPackage

struct LogCompaction {
    struct Report: Encodable {
        struct Dropped: Encodable {
            var name: String
            var bytes: UInt64
        }

        var node: String
        /// Whether the files are gone; else it is what would be dropped.
        var isDone: Bool
        /// The slots of the newest snapshots that were read back whole.
        var verifiedSnapshots: [UInt64]
        /// The oldest first.
        var segments: [Dropped]
        var snapshots: [Dropped]
        /// What is left of the log begins with it.
        var firstSlot: UInt64
        /// Of snapshots.
        var damage: [String]
        /// Why the archive took no more.
        var refusal: String?
    }

    private let log: NodeLog
    private let retention: LogRetention
    private let now: UInt64

    /// - Parameter now: the wall clock in microseconds since 1970.
    init(of log: NodeLog, _ retention: LogRetention, now: UInt64) {
        self.log = log
        self.retention = retention
        self.now = now
    }

    func plan() throws -> Report { try plan(verifiedSnapshots()) }

    private func plan(_ found: (verified: [LogBase], damage: [Damage])) throws -> Report {
        let (verified, damage) = found
        let plan = try retention.plan(log.reader, log.snapshots, verified: verified.map(\.through), now: now)
        let left = try log.reader.segments().dropFirst(plan.segments.count).first?.firstSlot
        return Report(
            node: log.name, isDone: false, verifiedSnapshots: verified.map(\.through.rawValue),
            segments: try plan.segments.map { .init(name: "\($0)", bytes: try log.reader.size(of: $0)) },
            snapshots: try plan.snapshots.map { name in
                let file = try log.fileSystem.open(log.snapshots.path(of: name), for: .read)
                return .init(name: "\(name)", bytes: try file.size())
            },
            firstSlot: try (left ?? log.firstSlot()).rawValue, damage: damage.map(\.sentence), refusal: nil)
    }

    /// Nobody else uses the folder meanwhile.
    func carryOut() throws -> Report {
        let found = try verifiedSnapshots()
        var report = try plan(found)
        let verified = found.verified
        var chosen = try ChosenLog.open(log.fileSystem, directory: log.reader.directory, base: verified.first)
        let (first, refusal) = try retention.apply(
            to: &chosen, verified: verified.map(\.through), now: now, log.fileSystem,
            NodeFolder.Places(log.directory))
        report.isDone = true
        report.segments.removeAll { SegmentName($0.name).map { $0.firstSlot >= first } ?? false }
        report.firstSlot = first.rawValue
        report.refusal = refusal
        return report
    }

    /// As many of the newest as decide anything, each read to its end; the newest first.
    private func verifiedSnapshots() throws -> (verified: [LogBase], damage: [Damage]) {
        var (verified, damage) = ([LogBase](), [Damage]())
        for name in try log.snapshots.names() where verified.count < SnapshotFolder.kept {
            do throws(StorageError) {
                let snapshot = try log.snapshots.reader(name)
                _ = try snapshot.verify()
                verified.append(snapshot.header.base)
            } catch {
                guard let found = error.damage else { throw error }
                damage.append(found)
            }
        }
        return (verified, damage)
    }
}

extension LogCompaction.Report {
    func lines(_ paint: Paint) -> [String] {
        let files = segments + snapshots
        let verb = isDone ? "dropped" : "to be dropped"
        var lines = ["\(node): \(verb): segments: \(segments.count), snapshots: \(snapshots.count)"]
        if !files.isEmpty {
            var table = Table(["file", "bytes"])
            for file in files { table.add(["\(file.name)", "\(file.bytes)"]) }
            lines += table.lines(in: paint)
        }
        if verifiedSnapshots.count < SnapshotFolder.kept {
            lines.append("a log goes only below the second newest whole snapshot: there is no such one")
        }
        return lines + ["the log begins with slot \(firstSlot)"] + damage.map { paint($0, .red) }
    }
}

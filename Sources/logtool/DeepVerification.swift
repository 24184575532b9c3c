// The proof that a node's log, its snapshots and the nodes' states belong together: the log is replayed, and every digest
// that a checkpoint or a snapshot names is held against the state at its slot.

import Console
import Paxos
import PaxosLog
import Replication
import StateMachine

struct DeepVerification {
    /// What is not proven.
    struct Finding: Encodable, Equatable {
        var node: String
        /// `checkpoint`, `snapshot` or `log`.
        var subject: String
        var slot: UInt64
        /// `differs`, `other bytes` or `cannot tell`.
        var verdict: String
        var reason: String
    }

    struct Summary: Encodable {
        var node: String
        var verdict: String
        /// The slot of the snapshot that the replay began with; zero where it began with slot 1.
        var replayedFrom: UInt64 = 0
        var replayedThrough: UInt64 = 0
        var checkpoints = 0
        var provenCheckpoints = 0
        var snapshots = 0
        var provenSnapshots = 0
        var stateDigest = ""
    }

    private let interval: UInt64
    private(set) var findings: [Finding] = []
    private(set) var summary: Summary

    /// What a replay meets, slot by slot.
    private struct Progress {
        var audit: StateAudit
        /// Those whose states are behind slots that the replay has not come to.
        var waiting: [Slot: SnapshotHeader]
        /// Slots of states that a replay or a checkpoint has proven, and of those that are another's.
        var proven: Set<Slot> = []
        var wrong: Set<Slot> = []
        /// What was agreed on for a snapshot's file.
        var files: [Slot: FileDigest] = [:]
        /// The slot before the first that was replayed.
        var start: Slot?
    }

    /// - Parameters:
    ///   - interval: how many slots lie between two states that are compared; seals come on top.
    ///   - progress: told of every block that was replayed.
    init(_ log: NodeLog, interval: UInt64 = StateAudit.standardInterval, progress: ProgressLine? = nil) throws {
        self.interval = interval
        summary = Summary(node: log.name, verdict: "")
        let headers = try NodeLog.headers(of: log.snapshots)
        var met = Progress(
            audit: StateAudit(interval: interval, capacity: .max),
            waiting: Dictionary(headers.map { ($0.slot, $0) }, uniquingKeysWith: { $1 }))
        do {
            let replay = try Replay(log, through: .end, fromStart: true, progress: progress) { entry, store in
                take(entry, store, &met)
            }
            if let shortfall = replay.shortfall(of: .end) { note(shortfall, behind: replay.store.appliedThrough) }
            summary.replayedFrom = replay.start.rawValue
            summary.replayedThrough = replay.store.appliedThrough.rawValue
            summary.stateDigest = "\(replay.store.digest)"
        } catch let failure as Failure {
            note(failure, behind: .zero)
        }
        for name in try log.snapshots.names() { try prove(name, in: log, met) }
        summary.verdict = verdict == .clean ? "proven" : verdict == .finding ? "not proven" : "cannot tell"
    }

    private mutating func take(_ entry: LogEntry, _ store: KeyValueStore, _ met: inout Progress) {
        let view = entry.view
        if met.start == nil, let start = met.waiting.removeValue(forKey: view.slot.previous),
            let digest = StateDigest(bytes: start.stateDigest)
        {
            met.audit.note(StateNote(slot: start.slot, digest: digest))
        }
        let first = met.start ?? view.slot.previous
        met.start = first
        if let header = met.waiting.removeValue(forKey: view.slot) {
            if header.stateDigest == store.digest.bytes {
                met.proven.insert(view.slot)
            } else {
                met.wrong.insert(view.slot)
            }
        }
        let finding = met.audit.note(view, in: entry.bytes.span.bytes, store.digest)
        guard let checkpoint = Checkpoint(of: view, in: entry.bytes.span.bytes) else { return }
        if case .snapshot(let digest) = checkpoint.subject { met.files[checkpoint.slot] = digest }
        // What is of a state before the first that is known here says nothing of this log.
        guard let finding, checkpoint.slot >= first else { return }
        summary.checkpoints += 1
        switch finding {
        case .agrees:
            summary.provenCheckpoints += 1
            met.proven.insert(checkpoint.slot)
        case .unknown:
            note(
                "checkpoint", checkpoint.slot, "cannot tell",
                "checkpoints are of slots that are multiples of \(interval), and of seals: this one is not")
        case .differs(let found):
            note(
                "checkpoint", checkpoint.slot, "differs",
                "the replay gives the digest \(found.own), and slot \(view.slot) says \(found.agreed)")
        }
    }

    private mutating func prove(_ name: SnapshotName, in log: NodeLog, _ met: Progress) throws {
        summary.snapshots += 1
        do throws(StorageError) {
            let reader = try log.snapshots.reader(name)
            // Its state's digest is computed anew from all that it holds.
            _ = try RestoredSnapshot(reader)
            guard !met.wrong.contains(name.slot) else {
                return note("snapshot", name.slot, "differs", "the replay gives another state than it holds")
            }
            let agreed = met.files[name.slot]
            let own = try agreed.map { _ throws(StorageError) in try reader.verify() }
            guard met.proven.contains(name.slot) || (agreed != nil && own == agreed) else {
                return note(
                    "snapshot", name.slot, "cannot tell", "neither a replay nor a checkpoint tells the state there")
            }
            if case .block(let block)? = try log.reader.block(holding: name.slot),
                block.header.chainDigest != reader.header.chainDigest
            {
                return note("snapshot", name.slot, "differs", "it names another chain digest than the log has there")
            }
            summary.provenSnapshots += 1
            guard let own, let agreed, own != agreed else { return }
            note(
                "snapshot", name.slot, "other bytes",
                "the state is proven; its file has the SHA-256 \(own), and the nodes agreed on \(agreed)")
        } catch {
            guard error.damage != nil else { throw error }
            note("snapshot", name.slot, "differs", error.sentence)
        }
    }

    private mutating func note(_ failure: Failure, behind slot: Slot) {
        note("log", slot.next, failure.status == Verdict.finding.rawValue ? "differs" : "cannot tell", failure.message)
    }

    private mutating func note(_ subject: String, _ slot: Slot, _ verdict: String, _ reason: String) {
        findings.append(
            Finding(node: summary.node, subject: subject, slot: slot.rawValue, verdict: verdict, reason: reason))
    }

    var verdict: Verdict {
        if findings.contains(where: { $0.verdict == "differs" }) { return .finding }
        return findings.contains { $0.verdict == "cannot tell" } ? .cannotTell : .clean
    }

    func lines(_ paint: Paint) -> [String] {
        let start = summary.replayedFrom == 0 ? "slot 1" : "the snapshot of slot \(summary.replayedFrom)"
        let head =
            "\(summary.node): \(paint(summary.verdict, verdict.colour)): replayed from \(start) through slot "
            + "\(summary.replayedThrough), checkpoints proven: \(summary.provenCheckpoints) of \(summary.checkpoints), "
            + "snapshots: \(summary.provenSnapshots) of \(summary.snapshots), state digest \(summary.stateDigest)"
        guard !findings.isEmpty else { return [head] }
        var table = Table(words: ["verdict", "subject", "slot", "reason"])
        for finding in findings {
            table.add([
                Table.Cell(finding.verdict, finding.verdict == "differs" ? .red : .yellow), "\(finding.subject)",
                "\(finding.slot)", "\(finding.reason)",
            ])
        }
        return [head] + table.lines(in: paint)
    }
}

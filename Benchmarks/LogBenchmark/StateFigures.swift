// What a start costs on one core: a log replayed, and a snapshot loaded; and what it costs to write one. Everything goes
// through what a node itself uses, and is read from memory. The bounds that it is held to, and how both are shown.

import Console
import FoundationEssentials
import Glibc
import Measuring
import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage

struct StateFigures: Encodable {
    enum Work: String, Encodable {
        case replay = "replay the log"
        case write = "write a snapshot"
        case load = "load it"
    }

    var work: Work
    var values: String
    /// Entries, or keys.
    var count: Int
    /// Of every round.
    var seconds: [Double]
    /// What the thread, which is the only one, had of a processor in them: on a machine that others use too, less.
    var processorSeconds: [Double] = []

    private static let leastReplayed = 1_000_000.0
    private static let snapshotKeys = 1_000_000

    /// Replays the log in a data folder, as a start without a snapshot does.
    static func replay(_ folder: String, _ kind: SampleValues.Kind, rounds: Int) throws -> StateFigures {
        var figures = StateFigures(work: .replay, values: kind.rawValue, count: 0, seconds: [])
        for round in 0...rounds {
            Status.show("\(kind.rawValue): round \(round) of \(rounds), \(figures.work.rawValue)")
            let recovered = try figures.measure(round) {
                try NodeFolder.open(
                    PosixFileSystem(), directory: FilePath(folder), node: NodeID(0), now: 1, seed: UInt64(round)
                ).recovered
            }
            figures.count = Int(recovered.store.appliedThrough.rawValue)
        }
        Status.clear()
        return figures
    }

    /// Writes a snapshot of a million keys and loads it again.
    static func snapshot(_ folder: String, _ kind: SampleValues.Kind, rounds: Int) throws -> [StateFigures] {
        var values = SampleValues(kind)
        var store = KeyValueStore()
        let genesis = SampleLog.entry(of: .first, .genesis, payload: SampleLog.genesis.encoded())
        var bytes: [UInt8] = []
        genesis.encode(into: &bytes)
        let founding = RecoveredNode.Founding(value: SampleLog.genesis, entry: bytes)
        for number in 0..<snapshotKeys {
            let command = Command.set(key: Array("key-\(number * 7_919 % snapshotKeys)".utf8), value: values.value())
            let entry = SampleLog.entry(of: store.appliedThrough.next, .command, payload: try command.encoded())
            bytes.removeAll(keepingCapacity: true)
            entry.encode(into: &bytes)
            _ = try store.apply(entriesOf: bytes)
        }
        let fileSystem = PosixFileSystem()
        let directory = FilePath(folder).appending("snapshots")
        var write = StateFigures(work: .write, values: kind.rawValue, count: store.count, seconds: [])
        var load = StateFigures(work: .load, values: kind.rawValue, count: store.count, seconds: [])
        for round in 0...rounds {
            Status.show("\(kind.rawValue): round \(round) of \(rounds), \(write.work.rawValue)")
            try write.measure(round) {
                try SnapshotTaking.take(fileSystem, directory, store, founding)
            }
            let restored = try load.measure(round) {
                let folder = SnapshotFolder(fileSystem, directory: directory)
                return try folder.names().map { try RestoredSnapshot(folder.reader($0)) }
            }
            precondition(restored.map(\.store.digest) == [store.digest], "what is loaded is what was written")
        }
        Status.clear()
        return [write, load]
    }

    /// The first round only brings the files into memory.
    private mutating func measure<Result>(_ round: Int, _ body: () throws -> Result) throws -> Result {
        let start = ContinuousClock.now
        let processor = StateFigures.processorSeconds
        let result = try body()
        let took = (whole: start.duration(to: .now) / .seconds(1), own: StateFigures.processorSeconds - processor)
        if round > 0 {
            seconds.append(took.whole)
            processorSeconds.append(took.own)
        }
        return result
    }

    /// What this thread has had of a processor until now.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    var areWithinBounds: Bool { verdict?.isHeld ?? true }

    private var processorMedian: Double { processorSeconds.median ?? 0 }
    private var perSecond: Double { Double(count) / processorMedian }

    private var verdict: Verdict? {
        work == .replay
            ? Verdict(
                isHeld: perSecond >= StateFigures.leastReplayed,
                "at least \(decimal(StateFigures.leastReplayed, digits: 0))")
            : nil
    }

    static func table(_ all: [StateFigures]) -> [String] {
        var table = Table(
            ["work", "values", "count", "seconds", "of a processor", "a second of it", "bound", ""],
            leftAligned: [0, 1, 6, 7])
        for figures in all {
            table.add([
                figures.work.rawValue, figures.values, "\(figures.count)",
                decimal(figures.seconds.median ?? 0, digits: 3), decimal(figures.processorMedian, digits: 3),
                decimal(figures.perSecond, digits: 0), figures.verdict?.what ?? "", figures.verdict?.word ?? "",
            ])
        }
        return table.lines
    }
}

extension SnapshotTaking {
    fileprivate static func take(
        _ fileSystem: any FileSystem, _ directory: FilePath, _ store: KeyValueStore, _ founding: RecoveredNode.Founding
    ) throws {
        let view = SnapshotView(store: store, chainDigest: .start, founding: founding, membership: nil)
        var taking = try begin(fileSystem, directory: directory, view)
        while try taking.step() {}
        _ = try taking.finish()
    }
}

// Two folders with the same log, written through the log's own writer, with a journal that holds the log's end as a node
// leaves it; and the frames of all blocks in one file.

import FoundationEssentials
import Paxos
import PaxosLog
import StateMachine
import SystemPackage

struct SampleLog {
    var folders: [String]
    var frames: String
    var rawBytes: UInt64
    var storedBytes: UInt64

    private static let cluster = UniqueID(high: 1, low: 2)
    private static let ballot = Ballot(round: 1, node: NodeID(0), incarnation: .first)
    private static let entriesPerRun = 64
    /// How much of a journal file is full, as after some time of running.
    private static let journalBytes = 20 << 20

    static func write(_ kind: SampleValues.Kind, megabytes: Int, in place: String) throws -> SampleLog {
        let fileSystem = PosixFileSystem()
        let folders = ["\(place)/n0", "\(place)/n1"]
        let logs = folders.map { FilePath($0).appending("log") }
        let tail = try writeLog(fileSystem, kind, megabytes: megabytes, in: logs[0])
        try FileManager.default.createDirectory(atPath: folders[1], withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: logs[0].string, toPath: logs[1].string)
        for (number, folder) in folders.enumerated() {
            try writeJournal(fileSystem, NodeID(UInt16(number)), tail, in: FilePath(folder))
        }
        var sample = SampleLog(folders: folders, frames: "\(place)/frames.zst", rawBytes: 0, storedBytes: 0)
        try sample.extractFrames(fileSystem, logs[0])
        return sample
    }

    /// - Returns: the last runs, the end that makes no whole block among them.
    private static func writeLog(
        _ fileSystem: any FileSystem, _ kind: SampleValues.Kind, megabytes: Int, in directory: FilePath
    ) throws -> [Run] {
        var values = SampleValues(kind)
        var log = try ChosenLog.open(fileSystem, directory: directory)
        var cutter = BlockCutter(limits: .standard, next: .first, segmentBytes: 0)
        var blocks: [RawBlock] = []
        var tail: [Run] = []
        var (written, tailBytes) = (0, 0)
        while written < megabytes * 1_000_000 {
            let run = try run(from: cutter.next, &values)
            written += run.body.count
            tailBytes += run.body.count
            tail.append(run)
            if tailBytes > 2 * journalBytes {
                tail.removeFirst(tail.count / 2)
                tailBytes = tail.reduce(0) { $0 + $1.body.count }
            }
            blocks += cutter.append(body: run.body, firstSlot: run.firstSlot, count: run.count)
            if blocks.count >= 64 {
                try log.append(blocks)
                blocks = []
                Status.show("\(kind.rawValue): \(written / 1_000_000) of \(megabytes) MB written")
            }
        }
        try log.append(blocks)
        while tailBytes > journalBytes { tailBytes -= tail.removeFirst().body.count }
        return tail
    }

    private static func run(from slot: Slot, _ values: inout SampleValues) throws -> Run {
        var body: [UInt8] = []
        for index in 0..<entriesPerRun {
            let slot = slot + index
            if slot == .first {
                entry(of: slot, .genesis, payload: genesis.encoded()).encode(into: &body)
            } else {
                let command = Command.set(key: values.key(), value: values.value())
                entry(of: slot, .command, payload: try command.encoded()).encode(into: &body)
            }
        }
        return Run(ballot: ballot, firstSlot: slot, count: entriesPerRun, body: body, sealedBy: Run.xxh3)
    }

    static func entry(of slot: Slot, _ kind: Entry.Kind, payload: [UInt8]) -> Entry {
        Entry(
            slot: slot, kind: kind, time: 1_700_000_000_000_000 + 100 * slot.rawValue,
            session: SessionID(node: NodeID(0), incarnation: .first, boot: 1_700_000_000_000),
            sequence: slot.rawValue, payload: payload)
    }

    static let genesis = Genesis(
        cluster: cluster,
        members: (0..<2).map {
            Genesis.Member(node: NodeID($0), incarnation: .first, journal: journal(of: NodeID($0)))
        }, limits: .standard)

    private static func journal(of node: NodeID) -> UniqueID { UniqueID(high: 3, low: UInt64(node.rawValue)) }

    private static func writeJournal(
        _ fileSystem: any FileSystem, _ node: NodeID, _ runs: [Run], in folder: FilePath
    ) throws {
        try Identity(node: node, cluster: cluster, incarnation: .first, boot: 1, journal: journal(of: node))
            .write(fileSystem, folder)
        let (journal, _) = try Journal.open(
            fileSystem, directory: folder.appending("journal"),
            identity: JournalIdentity(node: node, journal: journal(of: node)), fileBytes: JournalFormat.standardFile,
            seed: 1, logThrough: .zero)
        try journal.append([[.promise(ballot)]])
        for run in runs { try journal.append([[.accepted(run), .chosenThrough(run.lastSlot, ballot: ballot)]]) }
        try journal.markDurable()
    }

    /// Writes the frame of each block, one behind the other, to a file that `zstd` can read.
    private mutating func extractFrames(_ fileSystem: any FileSystem, _ log: FilePath) throws {
        let target = try fileSystem.create(FilePath(frames))
        var source: (any File)?
        var cursor = try ChosenLogReader(fileSystem, directory: log).cursor(depth: .headers)
        while case .block(let block)? = try cursor.next() {
            let file =
                if let source, source.path == block.file { source } else {
                    try fileSystem.open(block.file, for: .read)
                }
            source = file
            let offset = block.offset + UInt64(BlockHeader.length)
            try withUnsafeTemporaryAllocation(byteCount: block.header.storedLength, alignment: 8) { frame in
                let count = try file.read(at: offset, into: frame)
                try target.write(at: storedBytes, UnsafeRawBufferPointer(rebasing: frame[..<count]))
            }
            rawBytes += UInt64(block.header.rawLength)
            storedBytes += UInt64(block.header.storedLength)
        }
    }
}

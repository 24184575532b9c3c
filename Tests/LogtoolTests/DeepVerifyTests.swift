// The proof that log, snapshots and states belong together, and each way in which it can fail.

import Console
import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage
import Testing

@testable import logtool

@Suite struct DeepVerifyTests {
    let fixture = FolderFixture()
    private static let interval: UInt64 = 8
    /// Where the log is sealed.
    private static let seals: Set<Int> = [30, 50, 70]
    private static let directory = FilePath("/logs/n0")

    /// Sets, with checkpoints of slots 8, 16, … five slots behind each, one of which may name another state; and snapshots
    /// at seals, with what was agreed on for their files four slots behind each.
    @discardableResult
    private func write(
        wrong: Int? = nil, snapshots: Set<Int> = [], otherBytes: Bool = false
    ) throws -> [Entry] {
        var entries: [Entry] = []
        var store = KeyValueStore()
        var digests: [StateDigest] = []
        var states: [Int: KeyValueStore] = [:]
        for slot in 1...80 {
            var entry = try FolderFixture.entries(slot)[slot - 1]
            let noted = slot - 5
            if Self.seals.contains(slot) { entry = Self.entry(slot, .seal, []) }
            if noted > 0, noted % Int(Self.interval) == 0 {
                let digest = noted == wrong ? StateDigest() : digests[noted - 1]
                entry = Self.entry(
                    slot, .checkpoint, Checkpoint(slot: Slot(UInt64(noted)), subject: .state(digest.bytes)).encoded())
            }
            if snapshots.contains(slot - 4) {
                let digest =
                    otherBytes
                    ? FileDigest([UInt8](repeating: 7, count: 32)) : try written(states[slot - 4], entries).digest
                entry = Self.entry(
                    slot, .checkpoint, Checkpoint(slot: Slot(UInt64(slot - 4)), subject: .snapshot(digest)).encoded())
            }
            entries.append(entry)
            _ = try store.apply(entriesOf: FolderFixture.run(.none, [entry]).body)
            digests.append(store.digest)
            states[slot] = store
        }
        try fixture.write(0, entries)
        try fixture.fileSystem.createDirectory(Self.directory.appending("snapshots"))
        for slot in snapshots { _ = try written(states[slot], entries, on: fixture.fileSystem) }
        return entries
    }

    private static func entry(_ slot: Int, _ kind: Entry.Kind, _ payload: [UInt8]) -> Entry {
        let slot = Slot(UInt64(slot))
        return Entry(
            slot: slot, kind: kind, time: FolderFixture.time(slot.rawValue), session: FolderFixture.session(1),
            sequence: 0, payload: payload)
    }

    /// The snapshot of a state, behind these entries and others.
    private func written(
        _ store: KeyValueStore?, _ entries: [Entry], on disk: MemoryFileSystem = MemoryFileSystem()
    ) throws -> WrittenSnapshot {
        let store = try #require(store)
        let run = FolderFixture.run(.none, Array(entries.prefix(Int(store.appliedThrough.rawValue))))
        var cutter = BlockCutter(limits: FolderFixture.limits, next: .first, segmentBytes: 0)
        let digest = cutter.append(body: run.body, firstSlot: .first, count: run.count).reduce(ChainDigest.start) {
            digest, block in block.bytes.withUnsafeBytes { digest.followed(by: $0) }
        }
        var genesis: [UInt8] = []
        FolderFixture.genesis.encode(into: &genesis)
        let value = try Genesis(decoding: FolderFixture.genesis.payload)
        var taking = try SnapshotTaking.begin(
            disk, directory: Self.directory.appending("snapshots"),
            SnapshotView(
                store: store, chainDigest: digest, founding: .init(value: value, entry: genesis), membership: nil))
        while try taking.step() {}
        return try taking.finish()
    }

    private func prove() throws -> DeepVerification {
        try DeepVerification(fixture.log(0), interval: Self.interval)
    }

    private func dropSegments(before slot: Int) throws {
        for name in try fixture.log(0).reader.segments() where name.firstSlot.rawValue < UInt64(slot) {
            try fixture.fileSystem.remove(fixture.segment(0, from: Int(name.firstSlot.rawValue)))
        }
    }

    @Test func everyCheckpointAndSnapshotIsProven() throws {
        try write(snapshots: [30, 50])
        let proof = try prove()
        #expect(proof.findings.isEmpty && proof.verdict == .clean, "\(proof.findings)")
        #expect(proof.summary.checkpoints == 9 && proof.summary.provenCheckpoints == 9)
        #expect(proof.summary.snapshots == 2 && proof.summary.provenSnapshots == 2)
        #expect(proof.summary.replayedFrom == 0 && proof.summary.replayedThrough == 80)
        #expect(proof.lines(.plain)[0].hasPrefix("n0: proven: replayed from slot 1 through slot 80"))
    }

    @Test func aCheckpointOfAnotherStateIsAFinding() throws {
        try write(wrong: 24)
        let proof = try prove()
        #expect(proof.verdict == .finding && proof.findings.map(\.slot) == [24])
        #expect(proof.findings[0].subject == "checkpoint" && proof.findings[0].verdict == "differs")
    }

    @Test func aSnapshotOfAnotherStateIsAFinding() throws {
        let entries = try write()
        var other = KeyValueStore()
        _ = try other.apply(entriesOf: FolderFixture.run(.none, FolderFixture.entries(30, altered: 29)).body)
        _ = try written(other, entries, on: fixture.fileSystem)
        let proof = try prove()
        #expect(proof.verdict == .finding && proof.findings.map(\.subject) == ["snapshot"])
    }

    @Test func aLogThatBeginsLaterIsProvenByWhatWasAgreedOn() throws {
        try write(snapshots: [50, 70])
        try dropSegments(before: 51)
        let proof = try prove()
        #expect(proof.findings.isEmpty && proof.verdict == .clean, "\(proof.findings)")
        #expect(proof.summary.replayedFrom == 50 && proof.summary.provenSnapshots == 2)
        #expect(proof.summary.checkpoints == 3, "what is of a state before the snapshot does not count")
    }

    @Test func aSnapshotThatNothingProvesCanNotBeTold() throws {
        try write(snapshots: [50, 70], otherBytes: true)
        try dropSegments(before: 51)
        let proof = try prove()
        let open = proof.findings.filter { $0.verdict == "cannot tell" }
        #expect(open.map(\.slot) == [50] && open.map(\.subject) == ["snapshot"])
        #expect(proof.verdict == .cannotTell && proof.summary.provenSnapshots == 1)
    }

    @Test func otherBytesOfAProvenStateAreToldAndAreNoFinding() throws {
        try write(snapshots: [30], otherBytes: true)
        let proof = try prove()
        #expect(proof.findings.map(\.verdict) == ["other bytes"] && proof.verdict == .clean)
    }

    @Test func damageIsAFinding() throws {
        try write()
        let block = try fixture.damage(blockHolding: 40, of: 0)
        let proof = try prove()
        #expect(proof.verdict == .finding && proof.findings.last?.subject == "log")
        #expect(proof.summary.replayedThrough < block.slots.upperBound.rawValue)
    }

    @Test func checkpointsAreLinesAndObjects() throws {
        try write(snapshots: [30])
        let lines = try fixture.lines(0, where: EntryFilter(kinds: [.checkpoint]))
        #expect(lines.count == 10)
        #expect(lines[0].hasPrefix("13 chosen checkpoint slot=8 state="))
        #expect(lines.contains { $0.hasPrefix("34 chosen checkpoint slot=30 sha256=") })
        var objects: [String] = []
        try fixture.log(0).read(Slot(13)...Slot(13), .forwards) { event in
            if case .entry(let entry) = event { objects.append(JSONText.line(EntryObject(entry))) }
            return true
        }
        #expect(objects.count == 1 && objects[0].contains(#""checkpoint":{"slot":8,"stateDigest":""#), "\(objects)")
    }
}

// A damaged data folder, opened: what is damaged goes to quarantine, and the node goes on without its vote or without the
// end of its log, whatever the crash in the middle of it leaves.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage
import Testing

@testable import Replication

@Suite struct FolderRepairTests {
    private static let node = NodeID(0)
    private static let journal = UniqueID(high: 70, low: 0)
    private static let places = NodeFolder.Places("/data")
    private static let slots = 150
    private static let promised = Ballot(round: 9, node: NodeID(1), incarnation: .first)

    private static let genesis = Genesis(
        cluster: UniqueID(high: 9, low: 9),
        members: (0..<3).map {
            Genesis.Member(node: NodeID($0), incarnation: .first, journal: UniqueID(high: 70 + UInt64($0), low: 0))
        }, limits: LogLimits(blockBytes: 600, segmentBytes: 2_000))

    private static func body(_ slots: ClosedRange<Int>) -> [UInt8] {
        var body: [UInt8] = []
        for slot in slots {
            Entry(
                slot: Slot(UInt64(slot)), kind: slot == 1 ? .genesis : .noOp, time: 1,
                session: SessionID(node: node, incarnation: .first, boot: 1), sequence: 0,
                payload: slot == 1 ? genesis.encoded() : []
            ).encode(into: &body)
        }
        return body
    }

    /// A member's folder: most slots are in the log, the last ones in the journal, and of the older ones the journal
    /// knows that they were chosen.
    private static func folder(
        promises: UInt64 = 0, isChosen: Bool = true
    ) throws -> (MemoryFileSystem, logThrough: Slot) {
        let disk = MemoryFileSystem()
        try disk.createDirectory("/data")
        try Identity(node: node, cluster: genesis.cluster, incarnation: .first, boot: 5, journal: journal)
            .write(disk, "/data")
        var cutter = BlockCutter(limits: genesis.limits, next: .first, segmentBytes: 0)
        var log = try ChosenLog.open(disk, directory: places.log)
        try log.append(cutter.append(body: body(1...slots), firstSlot: .first, count: slots))
        let through = log.through
        let (acceptor, _) = try Journal.open(
            disk, directory: places.journal, identity: JournalIdentity(node: node, journal: journal),
            fileBytes: 64 << 10, seed: 1, logThrough: through)
        let first = Int(through.rawValue) + 1
        let ballot = Ballot(round: 3, node: node, incarnation: .first)
        try acceptor.append([
            [
                .promise(ballot),
                .accepted(
                    Run(
                        ballot: ballot, firstSlot: through.next, count: slots - first + 1, body: body(first...slots),
                        sealedBy: Run.xxh3)),
            ],
            isChosen ? [.chosenThrough(Slot(UInt64(slots)), ballot: ballot)] : [], [.promise(promised)],
        ])
        for round in 0..<promises {
            try acceptor.append([[.promise(Ballot(round: 10 + round, node: NodeID(1), incarnation: .first))]])
        }
        try acceptor.markDurable()
        return (disk, through)
    }

    private static func open(_ disk: MemoryFileSystem, mends: Bool = true) throws -> RecoveredNode {
        try NodeFolder.open(
            disk, directory: "/data", node: node, now: 7_000, seed: 3, journalFileBytes: 64 << 10, mends: mends
        ).recovered
    }

    private static func segments(_ disk: MemoryFileSystem) throws -> [FilePath] {
        try disk.list(places.log).map { places.log.appending($0) }
    }

    private static func journalFile(_ disk: MemoryFileSystem) throws -> FilePath {
        let name = try #require(try disk.list(places.journal).first { $0.hasSuffix(".journal") })
        return places.journal.appending(name)
    }

    private static func quarantine(_ disk: MemoryFileSystem) throws -> [String] { try disk.list("/data/quarantine") }

    @Test func soundFolderIsLeftAlone() throws {
        let (disk, through) = try Self.folder()
        let found = try Self.open(disk)
        #expect(found.setAside.isEmpty && found.logThrough == through)
        #expect(found.vouchedThrough == Slot(UInt64(Self.slots)))
        #expect(try Self.quarantine(disk).isEmpty)
    }

    /// Where a segment is hurt: its header, its first block's, a payload, its end.
    @Test(arguments: [0, 8, 85, 200, -1, -100]) func damagedLogEndsBeforeTheDamage(_ place: Int) throws {
        for index in 0...2 {
            let (disk, through) = try Self.folder()
            let file = try Self.segments(disk)[index]
            let before = try #require(disk.contents(of: file))
            disk.flipByte(of: file, at: place >= 0 ? place : before.count + place)
            #expect(throws: StorageError.self) { try Self.open(disk, mends: false) }
            #expect(try Self.quarantine(disk).isEmpty, "a node that refuses changes nothing")
            let found = try Self.open(disk)
            #expect(found.logThrough < through)
            #expect(found.setAside.count >= 1)
            #expect(found.setAside.flatMap(\.kept).count == (try Self.quarantine(disk).count))
            if found.genesis != nil {
                #expect(found.vouchedThrough == Slot(UInt64(Self.slots)), "what was known to be chosen still is")
                #expect(found.promised == Self.promised && found.identity.incarnation == .first)
                #expect(found.lostBlocks.last?.slots.upperBound == through || index == 2)
            } else {
                #expect(found.identity.incarnation == .learner && found.identity.cluster == Self.genesis.cluster)
            }
            let again = try Self.open(disk)
            #expect(again.setAside.isEmpty && again.logThrough == found.logThrough)
            #expect(again.vouchedThrough == found.vouchedThrough)
        }
    }

    @Test func missingSegmentIsLikeADamagedOne() throws {
        let (disk, through) = try Self.folder()
        try disk.remove(try Self.segments(disk)[1])
        let found = try Self.open(disk)
        #expect(found.logThrough < through && found.vouchedThrough == Slot(UInt64(Self.slots)))
        #expect(found.identity.incarnation == .first)
    }

    /// The version is at 8.
    @Test(arguments: [3, 8, 600, 1_100, 1_600]) func damagedJournalCostsTheVoteAndNotTheLog(_ place: Int) throws {
        let (disk, through) = try Self.folder()
        disk.flipByte(of: try Self.journalFile(disk), at: place)
        #expect(throws: StorageError.self) { try Self.open(disk, mends: false) }
        let found = try Self.open(disk)
        #expect(found.logThrough == through)
        #expect(found.identity.incarnation == .learner && found.identity.journal != Self.journal)
        #expect(found.identity.vote == found.identity.journal && found.promised == .none)
        #expect(try Self.quarantine(disk).count == 1)
        #expect(try Self.open(disk).identity.journal == found.identity.journal)
    }

    /// Where the values of the run stand that the journal of a folder holds.
    private static func values(of disk: MemoryFileSystem) throws -> Int {
        let reader = try JournalReader(disk, places.journal, identity: nil, logThrough: nil)
        while true {
            if case .record(.accepted, let place) = try reader.next() {
                return Int(place.offset) + JournalFormat.recordHeaderSize
            }
        }
    }

    @Test(arguments: [4, 50, 430]) func damagedValuesOfTheJournalCostNothingElse(_ place: Int) throws {
        let (disk, through) = try Self.folder(isChosen: false)
        let whole = try Self.open(disk.afterCrash(keeping: .everything))
        disk.flipByte(of: try Self.journalFile(disk), at: try Self.values(of: disk) + place)
        #expect(throws: StorageError.self) { try Self.open(disk, mends: false) }
        let found = try Self.open(disk)
        #expect(found.promised == Self.promised && found.identity.incarnation == .first)
        #expect(found.identity.journal == Self.journal)
        #expect(found.logThrough == through && found.accepted.isEmpty)
        #expect(found.unknown.map(\.slots) == whole.accepted.map(\.slots))
        #expect(found.unknown.map(\.ballot) == whole.accepted.map(\.ballot))
        #expect(found.setAside.count == 1 && found.setAside[0].kept.isEmpty)
        #expect(try Self.quarantine(disk).isEmpty)
        let again = try Self.open(disk)
        #expect(again.unknown == found.unknown && again.setAside == found.setAside)
    }

    @Test func damagedValuesThatWereChosenAreVouchedFor() throws {
        let (disk, through) = try Self.folder()
        disk.flipByte(of: try Self.journalFile(disk), at: try Self.values(of: disk) + 50)
        let found = try Self.open(disk)
        #expect(found.identity.incarnation == .first && found.unknown.isEmpty && found.chosen.isEmpty)
        #expect(found.logThrough == through && found.vouchedThrough == Slot(UInt64(Self.slots)))
    }

    /// Without genesis, what the journal held is nobody's: the node votes no more.
    @Test func damagedGenesisInTheJournalCostsTheVote() throws {
        let disk = MemoryFileSystem()
        try disk.createDirectory("/data")
        try Identity(node: Self.node, cluster: nil, incarnation: .learner, boot: 5, journal: Self.journal)
            .write(disk, "/data")
        let (acceptor, _) = try Journal.open(
            disk, directory: Self.places.journal, identity: JournalIdentity(node: Self.node, journal: Self.journal),
            fileBytes: 64 << 10, seed: 1, logThrough: .zero)
        try acceptor.append([
            [.chosen(Run(ballot: .none, firstSlot: .first, count: 1, body: Self.body(1...1), sealedBy: Run.xxh3))]
        ])
        try acceptor.markDurable()
        disk.flipByte(
            of: try Self.journalFile(disk), at: 2 * JournalFormat.sectorSize + JournalFormat.recordHeaderSize + 50)
        let found = try Self.open(disk)
        #expect(found.genesis == nil && found.identity.journal != Self.journal)
    }

    @Test func unknownSlotsAreToldUntilTheyAreSettled() throws {
        let (disk, _) = try Self.folder(isChosen: false)
        disk.flipByte(of: try Self.journalFile(disk), at: try Self.values(of: disk) + 50)
        let found = try Self.open(disk)
        let lost = try #require(found.unknown.first)
        var driver = ReplicaDriver(
            configuration: DriverConfiguration(node: Self.node, members: (0..<3).map { NodeID($0) }),
            recovered: found, seed: 1)
        func reports(_ driver: inout ReplicaDriver) -> [Report] {
            driver.takeEffects().compactMap { if case .report(let report) = $0 { report } else { nil } }
        }
        #expect(reports(&driver).contains(.slotsUnknown(lost.count)))
        #expect(driver.status.unknownSlots == lost.count)
        let bounds = (Int(lost.slots.lowerBound.rawValue), Int(lost.slots.upperBound.rawValue))
        let run = Run(
            ballot: .none, firstSlot: lost.slots.lowerBound, count: lost.count, body: Self.body(bounds.0...bounds.1),
            sealedBy: Run.xxh3)
        let learned = Message.Learned(run: run, promised: Self.promised)
        driver.handle(
            .message(
                PeerMessage(
                    cluster: Self.genesis.cluster, incarnation: .first, configuration: .first,
                    content: .paxos(.learned(learned))), from: NodeID(1)))
        for tick in 0..<10 { driver.handle(.tick(now: UInt64(tick))) }
        #expect(reports(&driver).contains(.slotsSettled))
        #expect(driver.status.unknownSlots == 0)
    }

    /// The version is at 15.
    @Test(arguments: [15, 60]) func damagedIdentityCostsTheVoteToo(_ place: Int) throws {
        let (disk, through) = try Self.folder()
        disk.flipByte(of: "/data/identity.json", at: place)
        let found = try Self.open(disk)
        #expect(found.logThrough == through && found.identity.cluster == Self.genesis.cluster)
        #expect(found.identity.incarnation == .learner && found.identity.journal != Self.journal)
        #expect(try Self.quarantine(disk).count == 2)
    }

    @Test func unknownVersionIsNoDamage() throws {
        let (disk, _) = try Self.folder()
        let text = Identity.sealed("  \"version\": 3,\n")
        disk.install(Array(text.utf8), at: "/data/identity.json")
        #expect(throws: StorageError.unsupportedVersion(file: "/data/identity.json", found: 3, supported: 1)) {
            try Self.open(disk)
        }
        #expect(try Self.quarantine(disk).isEmpty)
    }

    // MARK: What the system can't read

    /// A file's header, its middle, its end.
    @Test(arguments: [0.0, 0.5, 0.99]) func unreadableSegmentIsLikeADamagedOne(_ part: Double) throws {
        for index in 1...2 {
            let (disk, through) = try Self.folder()
            let file = try Self.segments(disk)[index]
            let before = try #require(disk.contents(of: file))
            let place = Int(Double(before.count) * part) / 512 * 512
            disk.makeUnreadable(file, place..<(place + 512))
            #expect(throws: StorageError.io(.ioError, operation: "read", path: file)) {
                try Self.open(disk, mends: false)
            }
            let found = try Self.open(disk)
            #expect(found.logThrough < through && found.identity.incarnation == .first)
            #expect(found.vouchedThrough == Slot(UInt64(Self.slots)) && found.promised == Self.promised)
            #expect(found.setAside.first?.reason.contains("the system can't read it") == true)
            let kept = try #require(
                found.setAside.first?.kept.first { $0.string.hasSuffix(file.lastComponent!.string) })
            var expected = before
            for offset in place..<min(place + 512, before.count) { expected[offset] = 0 }
            // The file itself, or a copy of what can be read of it.
            #expect([before, expected].contains(disk.contents(of: kept)))
            #expect(try Self.open(disk).setAside.isEmpty)
        }
    }

    @Test func unreadableJournalCostsTheVote() throws {
        let (disk, through) = try Self.folder()
        disk.makeUnreadable(try Self.journalFile(disk), (40 << 10)..<(41 << 10))
        let found = try Self.open(disk)
        #expect(found.logThrough == through && found.identity.incarnation == .learner)
        #expect(try Self.quarantine(disk).count == 1)
    }

    @Test func unreadableIdentityCostsTheVoteToo() throws {
        let (disk, through) = try Self.folder()
        disk.makeUnreadable("/data/identity.json", 0..<512)
        let found = try Self.open(disk)
        #expect(found.logThrough == through && found.identity.cluster == Self.genesis.cluster)
        #expect(found.identity.incarnation == .learner)
    }

    /// Whichever read it is that the system refuses once.
    @Test func readThatSucceedsTheSecondTimeCostsNothing() throws {
        var reads = 0
        while true {
            let (disk, through) = try Self.folder()
            var left = reads
            disk.readFault = { _ in
                left -= 1
                return left == -1 ? .ioError : nil
            }
            do {
                let found = try Self.open(disk)
                #expect(found.setAside.isEmpty && found.logThrough == through)
                #expect(found.promised == Self.promised && found.identity.incarnation == .first)
            } catch StorageError.io(.ioError, operation: "open", _) {
                // A file that can't be opened is no damage: the start fails, and nothing is changed.
            }
            if left >= 0 { break }
            reads += 1
        }
        #expect(reads > 20)
    }

    /// Whatever a crash leaves of the repair, the next start comes to the same.
    @Test(arguments: ["first block", "log", "journal", "identity", "unreadable journal", "unreadable log"])
    func crashInTheRepairChangesNothing(_ what: String) throws {
        let (damaged, _) = try Self.folder()
        switch what {
        case "first block": damaged.flipByte(of: try Self.segments(damaged)[0], at: 200)
        case "log": damaged.flipByte(of: try Self.segments(damaged)[1], at: 200)
        case "journal": damaged.flipByte(of: try Self.journalFile(damaged), at: 600)
        case "unreadable journal": damaged.makeUnreadable(try Self.journalFile(damaged), 512..<1_024)
        case "unreadable log": damaged.makeUnreadable(try Self.segments(damaged)[1], 0..<512)
        default: damaged.flipByte(of: "/data/identity.json", at: 60)
        }
        let whole = damaged.afterCrash(keeping: .everything)
        let expected = try Self.open(whole)
        #expect(whole.operations > 5)
        for operation in 1...whole.operations {
            for rule in [CrashRule.nothing, .everything, .random(seed: UInt64(operation))] {
                let disk = damaged.afterCrash(keeping: .everything)
                disk.crashAtOperation = operation
                #expect(throws: StorageError.self) { try Self.open(disk) }
                let after = disk.afterCrash(keeping: rule)
                let found = try Self.open(after)
                #expect(found.logThrough == expected.logThrough || found.logThrough == .zero)
                #expect(found.identity.incarnation == expected.identity.incarnation)
                #expect(found.vouchedThrough == expected.vouchedThrough)
                #expect(found.identity.cluster == Self.genesis.cluster)
            }
        }
    }

    /// The last record of the last file but one says that there is another. Were that other taken away first, the rest would
    /// look like a whole journal after a crash, without the promises of the other.
    @Test func crashInTheRepairOfAJournalOfTwoFilesNeverLeavesAVote() throws {
        let (damaged, _) = try Self.folder(promises: 20)
        let file = try Self.journalFile(damaged)
        #expect(try damaged.list(Self.places.journal).count { $0.hasSuffix(".journal") } == 2)
        let bytes = try #require(damaged.contents(of: file))
        let sector = try #require(
            stride(from: bytes.count - JournalFormat.sectorSize, to: 0, by: -JournalFormat.sectorSize).first {
                !bytes[$0..<($0 + 8)].allSatisfy { $0 == 0 }
            })
        damaged.flipByte(of: file, at: sector)
        let whole = damaged.afterCrash(keeping: .everything)
        #expect(try Self.open(whole).setAside.flatMap(\.kept).count >= 2)
        for operation in 1...whole.operations {
            for rule in [CrashRule.nothing, .everything, .random(seed: UInt64(operation))] {
                let disk = damaged.afterCrash(keeping: .everything)
                disk.crashAtOperation = operation
                _ = try? Self.open(disk)
                #expect(try Self.open(disk.afterCrash(keeping: rule)).identity.incarnation == .learner)
            }
        }
    }

    /// Genesis is in the journal alone, and the identity is damaged: the node must not be taken for an empty one.
    @Test func crashInTheRepairOfAnIdentityNeverForgetsTheCluster() throws {
        let damaged = MemoryFileSystem()
        try damaged.createDirectory("/data")
        try Identity(
            node: Self.node, cluster: Self.genesis.cluster, incarnation: .first, boot: 5, journal: Self.journal
        )
        .write(damaged, "/data")
        let (acceptor, _) = try Journal.open(
            damaged, directory: Self.places.journal,
            identity: JournalIdentity(node: Self.node, journal: Self.journal), fileBytes: 64 << 10, seed: 1,
            logThrough: .zero)
        try acceptor.append([
            [.chosen(Run(ballot: .none, firstSlot: .first, count: 1, body: Self.body(1...1), sealedBy: Run.xxh3))]
        ])
        try acceptor.markDurable()
        damaged.flipByte(of: "/data/identity.json", at: 60)
        let whole = damaged.afterCrash(keeping: .everything)
        #expect(try Self.open(whole).identity.cluster == Self.genesis.cluster)
        for operation in 1...whole.operations {
            let disk = damaged.afterCrash(keeping: .everything)
            disk.crashAtOperation = operation
            _ = try? Self.open(disk)
            let found = try Self.open(disk.afterCrash(keeping: .random(seed: UInt64(operation))))
            #expect(found.identity.cluster == Self.genesis.cluster && found.identity.incarnation == .learner)
        }
    }

    @Test func whatIsLearnedAgainMustBeWhatWasThere() throws {
        let (disk, _) = try Self.folder()
        disk.flipByte(of: try Self.segments(disk)[1], at: 200)
        let found = try Self.open(disk)
        let lost = try #require(found.lostBlocks.first)
        func driver() -> ReplicaDriver {
            ReplicaDriver(
                configuration: DriverConfiguration(node: Self.node, members: (0..<3).map { NodeID($0) }),
                recovered: found, seed: 1)
        }
        func halts(_ digest: ChainDigest) -> Bool {
            var driver = driver()
            driver.handle(
                .logDurable(
                    LogExtent(through: lost.slots.upperBound, segments: 1, bytes: 1),
                    [BlockDigest(slots: lost.slots, chainDigest: digest)]))
            return driver.takeEffects().contains { if case .halt = $0 { true } else { false } }
        }
        #expect(!halts(lost.chainDigest))
        #expect(halts(.start))
        #expect(driver().status.mendingThrough == Slot(UInt64(Self.slots)))
    }
}

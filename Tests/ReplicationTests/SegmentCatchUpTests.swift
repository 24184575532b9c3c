// A driver that is far behind: which questions it asks, that a file counts only when what it rests on is promised durably,
// and that what it holds never goes through the journal.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage
import Testing

@testable import Replication

@Suite struct SegmentCatchUpTests {
    private typealias Sample = SnapshotInstallTests
    private static let peer = NodeID(1)
    /// Higher than anything that this node has promised.
    private static let ballot = Ballot(round: 9, node: peer, incarnation: .first)

    /// A driver on a disk, whose log is written as the server writes it, and whose journal is when a test says so.
    private struct Late: ~Copyable {
        let disk: MemoryFileSystem
        var driver: ReplicaDriver
        var log: ChosenLog
        var sent: [PeerMessage.Content] = []
        var records: [JournalRecord] = []
        var batches: [BatchID] = []
        var intakes: [SegmentName] = []
        var reports: [Report] = []
        var kept = 0

        init(_ disk: MemoryFileSystem, _ recovered: RecoveredNode, _ log: consuming ChosenLog) {
            self.disk = disk
            let configuration = DriverConfiguration(node: Sample.node, members: (0..<3).map { NodeID($0) })
            driver = ReplicaDriver(configuration: configuration, recovered: recovered, seed: 1)
            self.log = log
        }

        mutating func turn(_ event: Event) throws {
            driver.handle(event)
            for effect in driver.takeEffects() {
                switch effect {
                case .send(let message, SegmentCatchUpTests.peer, _): sent.append(message.content)
                case .journal(let batch, let records):
                    batches.append(batch)
                    self.records += records
                case .takeInSegment(let segment): intakes.append(segment)
                case .keepPiece(let piece):
                    let incoming = IncomingFolder(disk, in: "/data")
                    kept += piece.bytes.count
                    let length = try incoming.append(piece.bytes, at: piece.offset, to: piece.file)
                    try turn(.pieceKept(piece.file, length: length))
                case .discardPieces(let file): try IncomingFolder(disk, in: "/data").clear(besides: file)
                case .readLog(let slot, let bytes, Sample.node, _):
                    let reader = ChosenLogReader(disk, directory: Sample.places.log)
                    try turn(
                        .logRead(
                            peer: Sample.node, try reader.passage(from: slot, bytes: bytes, offersSegment: false)))
                case .report(let report): reports.append(report)
                default: break
                }
            }
        }

        mutating func hear(_ content: PeerMessage.Content) throws {
            try turn(
                .message(
                    PeerMessage(
                        cluster: Sample.genesis.cluster, incarnation: .first, configuration: .first, content: content),
                    from: SegmentCatchUpTests.peer))
        }

        mutating func tick(_ count: Int = 1) throws {
            for _ in 0..<count { try turn(.tick(now: UInt64(driver.ticks) * 10_000)) }
        }

        mutating func sync() throws {
            for batch in batches { try turn(.journalDurable(batch)) }
            batches = []
        }

        mutating func takeIn() throws {
            let segment = try #require(intakes.last)
            intakes = []
            let intake = try log.takeIn(
                segment, from: IncomingFolder(disk, in: "/data"), cluster: Sample.genesis.cluster,
                quarantine: Quarantine(disk, in: "/data"))
            try turn(.segmentTakenIn(segment, intake))
        }

        var wanted: Message.CatchUp? {
            for case .shipping(.wanted(let request)) in sent { return request }
            return nil
        }

        /// Offers it a segment, and answers its questions until all of it is there.
        mutating func fetch(_ ended: EndedSegment, of peer: MemoryFileSystem) throws {
            let reader = ChosenLogReader(peer, directory: Sample.places.log)
            try hear(.shipping(.ended(ended)))
            for _ in 0..<40 where intakes.isEmpty && driver.fetch?.isBeingPlaced != true {
                try tick()
                for case .shipping(.question(let question)) in sent {
                    var piece = try question.answer(from: reader, SnapshotFolder(peer, directory: "/none"))
                    piece.promised = SegmentCatchUpTests.ballot
                    sent = []
                    try hear(.shipping(.piece(piece)))
                    break
                }
            }
        }
    }

    private static func late() throws -> Late {
        let disk = try Sample.folder(through: 60)
        let recovered = try Sample.open(disk).recovered
        return Late(disk, recovered, try ChosenLog.open(disk, directory: Sample.places.log))
    }

    private static func peerDisk() throws -> (MemoryFileSystem, ChosenLogReader) {
        let disk = try Sample.folder(through: Sample.slots)
        return (disk, ChosenLogReader(disk, directory: Sample.places.log))
    }

    @Test func aSegmentCountsOnlyWhenThePromiseOfItsGiverIsDurable() throws {
        let (disk, reader) = try Self.peerDisk()
        var late = try Self.late()
        let from = late.driver.status.chosenThrough.next
        try late.hear(
            .paxos(
                .heartbeat(
                    .init(
                        mark: .init(
                            ballot: Ballot(round: 2, node: Self.peer, incarnation: .first), base: Slot(190),
                            chosenThrough: Slot(199)), round: 1))))
        #expect(late.wanted == Message.CatchUp(from: from, through: Slot(199)))
        let ended = try #require(try reader.endedSegment(holding: from))
        try late.sync()
        try late.fetch(ended, of: disk)
        #expect(late.intakes.isEmpty, "nothing of it counts before the promise is durable")
        #expect(late.records.contains(.promise(Self.ballot)))
        #expect(late.driver.status.fetching?.bytes == ended.fileSize)
        try late.sync()
        #expect(late.intakes == [ended.name])
        late.sent = []
        try late.takeIn()
        #expect(late.driver.status.logThrough == ended.lastSlot)
        try late.tick(3)
        #expect(late.driver.status.appliedThrough == ended.lastSlot)
        #expect(late.driver.status.chosenThrough == ended.lastSlot)
        let whole = try Sample.open(try Sample.folder(through: ended.lastSlot.rawValue)).recovered
        #expect(late.driver.store.digest == whole.store.digest)
        let isJournaled = late.records.contains { if case .chosen = $0 { true } else { false } }
        #expect(!isJournaled, "what a file holds does not go through the journal")
        #expect(late.wanted?.from == ended.lastSlot.next, "what follows is asked for at once")
        #expect(late.driver.status.segmentsTakenIn == 1 && late.driver.status.fetching == nil)
        // A start finds what was taken in.
        #expect(try Sample.open(late.disk.afterCrash(keeping: .nothing)).recovered.store.digest == whole.store.digest)
    }

    @Test func aDamagedSegmentIsAskedForAgainAndThenAsEntries() throws {
        let (disk, reader) = try Self.peerDisk()
        var late = try Self.late()
        let from = late.driver.status.chosenThrough.next
        let ended = try #require(try reader.endedSegment(holding: from))
        disk.flipByte(of: reader.path(of: ended.name), at: 200)
        try late.fetch(ended, of: disk)
        try late.sync()
        try late.takeIn()
        #expect(late.driver.status.logThrough == from.previous && late.driver.fetch == nil)
        #expect(
            late.reports.contains { if case .segmentRefused(ended.name, Self.peer, _) = $0 { true } else { false } })
        #expect(late.reports.contains(.fetchGivenUp(.segment(ended.name))))
        #expect(try late.disk.list("/data/incoming").isEmpty, "what was given up is gone")
        late.sent = []
        try late.hear(
            .paxos(
                .heartbeat(
                    .init(
                        mark: .init(
                            ballot: Ballot(round: 20, node: Self.peer, incarnation: .first), base: Slot(190),
                            chosenThrough: Slot(199)), round: 1))))
        #expect(late.wanted == nil)
        #expect(late.sent.contains(.paxos(.catchUp(.init(from: from, through: Slot(199))))))
    }

    @Test func piecesOutlastARestart() throws {
        let (disk, reader) = try Self.peerDisk()
        var late = try Self.late()
        let ended = try #require(try reader.endedSegment(holding: late.driver.status.chosenThrough.next))
        let half = try #require(disk.contents(of: reader.path(of: ended.name)))[..<Int(ended.fileSize / 2)]
        let incoming = IncomingFolder(late.disk, in: "/data")
        _ = try incoming.append(Array(half), at: 0, to: .segment(ended.name))
        _ = try Sample.open(late.disk)
        try late.fetch(ended, of: disk)
        #expect(late.kept == Int(ended.fileSize) - half.count, "only the rest was fetched")
        try late.sync()
        try late.takeIn()
        #expect(late.driver.status.logThrough == ended.lastSlot)
    }

    @Test func whatIsKeptGoesWhenTheNodeHasCaughtUpWithoutIt() throws {
        let (_, reader) = try Self.peerDisk()
        var late = try Self.late()
        let applied = late.driver.status.chosenThrough
        let ended = try #require(try reader.endedSegment(holding: applied.next))
        _ = try IncomingFolder(late.disk, in: "/data").append([1, 2], at: 0, to: .segment(ended.name))
        func hearOf(_ slot: Slot, _ late: inout Late) throws {
            let ballot = Ballot(round: 2, node: Self.peer, incarnation: .first)
            try late.hear(
                .paxos(.heartbeat(.init(mark: .init(ballot: ballot, base: .first, chosenThrough: slot), round: 1))))
            try late.tick(2)
        }
        try hearOf(Slot(199), &late)
        #expect(try late.disk.list("/data/incoming").count == 1, "it may be wanted yet")
        late = try Self.late()
        _ = try IncomingFolder(late.disk, in: "/data").append([1, 2], at: 0, to: .segment(ended.name))
        try hearOf(applied, &late)
        #expect(try late.disk.list("/data/incoming").isEmpty)
    }

    @Test func anOfferThatDoesNotHoldWhatIsLackingIsLeftAlone() throws {
        var late = try Self.late()
        let applied = late.driver.status.chosenThrough
        for slots in [Slot(1)...applied, (applied + 2)...(applied + 90)] {
            try late.hear(
                .shipping(
                    .ended(
                        EndedSegment(
                            name: SegmentName(firstSlot: slots.lowerBound), lastSlot: slots.upperBound, fileSize: 9))))
            #expect(late.driver.fetch == nil)
        }
    }

    // MARK: The node that is asked

    @Test func wholeSegmentsAreOfferedToWhoLacksMostOfThem() throws {
        let (_, reader) = try Self.peerDisk()
        let ended = try #require(try reader.endedSegment(holding: Slot(30)))
        func passage(_ slot: Slot, _ offers: Bool = true) throws -> LogPassage {
            try reader.passage(from: slot, bytes: 100, offersSegment: offers)
        }
        #expect(try passage(ended.name.firstSlot) == .segment(ended))
        let middle = ended.name.firstSlot + (ended.lastSlot - ended.name.firstSlot) / 2
        #expect(try passage(middle) == .segment(ended))
        for (slot, offers) in [(ended.lastSlot, true), (ended.name.firstSlot, false)] {
            guard case .blocks(let blocks) = try passage(slot, offers) else {
                Issue.record("a file for slot \(slot)")
                continue
            }
            #expect(blocks.first.map { ($0.firstSlot...$0.lastSlot).contains(slot) } == true)
        }
    }
}

// Every message goes over the wire and comes back; nothing else is taken for one.

import NIOCore
import Paxos
import PaxosLog
import StateMachine
import Testing

@testable import Replication

@Suite struct PeerCodecTests {
    static let ballot = Ballot(round: 7, node: NodeID(2), incarnation: .first)
    static let mark = Message.Mark(ballot: ballot, base: Slot(4), chosenThrough: Slot(9))

    static func run(_ ballot: Ballot, from slot: UInt64, count: Int) -> Run {
        var body: [UInt8] = []
        for index in 0..<count {
            Entry(
                slot: Slot(slot) + index, kind: .command, time: 12,
                session: SessionID(node: NodeID(1), incarnation: .first, boot: 3), sequence: UInt64(index + 1),
                payload: Array(repeating: UInt8(index & 255), count: index)
            ).encode(into: &body)
        }
        return Run(ballot: ballot, firstSlot: Slot(slot), count: count, body: body, sealedBy: Run.xxh3)
    }

    static let contents: [PeerMessage.Content] = [
        .paxos(.preVote(.init(attempt: 3))),
        .paxos(.preVoteAnswer(.init(attempt: 3, granted: true, promised: ballot))),
        .paxos(.prepare(.init(ballot: ballot, base: Slot(5)))),
        .paxos(
            .promise(
                .init(
                    ballot: ballot, chosenThrough: Slot(5), part: 0, parts: 3,
                    accepted: [run(ballot, from: 6, count: 2), run(ballot, from: 9, count: 1)],
                    unknown: [
                        UnknownRun(ballot: ballot, slots: Slot(8)...Slot(8)),
                        UnknownRun(ballot: ballot, slots: Slot(10)...Slot(30)),
                    ]))),
        .paxos(.promise(.init(ballot: ballot, chosenThrough: .zero, part: 0, parts: 1, accepted: []))),
        .paxos(.accept(.init(base: Slot(4), chosenThrough: Slot(8), run: run(ballot, from: 10, count: 40)))),
        .paxos(.accepted(.init(ballot: ballot, through: Slot(11)))),
        .paxos(.gap(.init(ballot: ballot, expected: Slot(11)))),
        .paxos(.refused(.init(ballot: ballot, promised: ballot))),
        .paxos(.mark(mark)),
        .paxos(.heartbeat(.init(mark: mark, round: 8))),
        .paxos(.heartbeatAnswer(.init(ballot: ballot, round: 8, receivedThrough: Slot(3)))),
        .paxos(.readIndex(.init(question: 77))),
        .paxos(.readIndexAnswer(.init(question: 77, slot: Slot(5)))),
        .paxos(.catchUp(.init(from: Slot(1), through: Slot(900)))),
        .paxos(.learned(.init(run: run(.none, from: 3, count: 3), promised: ballot))),
        .paxos(.takeOver(.init(ballot: ballot))),
        .paxos(.returnQuestion(.init(attempt: 9))),
        .paxos(.returnAnswer(.init(attempt: 9, promised: ballot, configuration: Slot(4)))),
        .recall(.question(boot: 1 << 40, start: 1 << 50)),
        .recall(.answer(Memory(boot: 1 << 41, start: 1 << 51, promised: ballot))),
        .shipping(
            .question(
                PieceQuestion(file: .segment(SegmentName(firstSlot: Slot(7))), offset: 1 << 20, length: 4096))),
        .shipping(
            .piece(
                FilePiece(
                    file: .snapshot(SnapshotName(slot: Slot(7))), offset: 8, fileSize: 20, promised: ballot,
                    bytes: [1, 2, 3]))),
        .shipping(.compacted(SnapshotName(slot: Slot(9)))),
        .checkpoint(.states(states(1_024, 2_048, 2_051))),
        .checkpoint(.snapshot(SnapshotName(slot: Slot(9)), FileDigest(Array(1...32)))),
        .shipping(.wanted(.init(from: Slot(4), through: Slot(900)))),
        .shipping(
            .ended(EndedSegment(name: SegmentName(firstSlot: Slot(7)), lastSlot: Slot(90), fileSize: 1 << 20))),
        .readmission(.init(journal: UniqueID(high: 5, low: 6), after: Incarnation(3))),
        .forward(
            .init(
                session: SessionID(node: NodeID(1), incarnation: .first, boot: 99),
                commands: [
                    .init(sequence: 4, kind: .command, payload: [0, 255, 59, 58, 32]),
                    .init(sequence: 5, kind: .noOp, payload: []),
                ])),
        .standing(
            .init(
                journal: UniqueID(high: 1, low: 2), membersHash: 3, genesis: [1, 2, 3], asker: UniqueID(high: 8, low: 9)
            )),
        .standing(.init(journal: UniqueID(high: 1, low: 2), membersHash: 3, genesis: nil, asker: nil)),
        .report(report(entries: 32, blocks: 16)),
        .report(report(entries: 0, blocks: 0)),
    ]

    static func states(_ slots: UInt64...) -> [StateNote] {
        slots.map { StateNote(slot: Slot($0), digest: StateDigest(bytes: Array(1...16))!) }
    }

    @Test func statesOutOfBoundsAreRefused() {
        func refuses(_ states: [StateNote]) -> Bool {
            var buffer = ByteBuffer(bytes: Self.frame(.checkpoint(.states(states))))
            return (try? PeerCodec.decode(from: &buffer)) == nil
        }
        let most = (1...CheckpointReport.mostStates).flatMap { Self.states(UInt64($0)) }
        #expect(!refuses(most))
        #expect(refuses(most + Self.states(1_000)), "more than a report holds")
        #expect(refuses([]), "a report of nothing")
        #expect(refuses(Self.states(2, 1)) && refuses(Self.states(1, 1)) && refuses(Self.states(0)))
    }

    static func report(entries: Int, blocks: Int) -> NodeReport {
        NodeReport(
            role: entries > 0 ? .leader : .learner, leader: entries > 0 ? NodeID(2) : nil, ballot: ballot,
            promised: ballot, chosenThrough: Slot(900), appliedThrough: Slot(899), knownChosenThrough: Slot(901),
            digest: StateDigest(bytes: Array(1...16))!, keys: 77, unhealthy: entries > 0 ? nil : "no leader is known",
            log: LogExtent(through: Slot(800), segments: 3, bytes: 1 << 40),
            blocks: (0..<blocks).map { block in
                let digest = ChainDigest(loading: [UInt8](repeating: UInt8(block), count: 32).span.bytes, at: 0)
                return NodeReport.Block(through: Slot(UInt64(100 + block)), digest: digest)
            },
            stride: 4,
            entries: (0..<entries).map { NodeReport.Entry(slot: Slot(UInt64(4 + $0 * 4)), hash: UInt64($0) << 40) })
    }

    /// A report is kept, and shown: no sender may make it large or send it out of order.
    @Test func reportsOutOfBoundsAreRefused() throws {
        func refusal(_ change: (inout NodeReport) -> Void) -> PeerCodecError? {
            var report = Self.report(entries: 2, blocks: 2)
            change(&report)
            var buffer = ByteBuffer(bytes: Self.frame(.report(report)))
            do {
                _ = try PeerCodec.decode(from: &buffer)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { _ in } == nil)
        let tooMany: [(inout NodeReport) -> Void] = [
            { $0.entries = Self.report(entries: NodeReport.mostEntries + 1, blocks: 0).entries },
            { $0.blocks = Self.report(entries: 0, blocks: NodeReport.mostBlocks + 1).blocks },
            { $0.entries.reverse() }, { $0.blocks.reverse() }, { $0.entries[0].slot = .zero }, { $0.stride = 3 },
            { $0.stride = 0 },
        ]
        for change in tooMany {
            guard case .malformed? = refusal(change) else {
                Issue.record("a report that is out of bounds was let pass")
                continue
            }
        }
        var long = Self.report(entries: 0, blocks: 0)
        long.unhealthy = String(repeating: "x", count: 1_000)
        var buffer = ByteBuffer(bytes: Self.frame(.report(long)))
        long.unhealthy = String(repeating: "x", count: NodeReport.longestReason)
        let cut = try PeerCodec.decode(from: &buffer)?.content
        #expect(cut == .report(long), "a long reason is cut by who sends it")
    }

    static func message(_ content: PeerMessage.Content) -> PeerMessage {
        PeerMessage(
            cluster: UniqueID(high: 5, low: 6), incarnation: .first, configuration: .first, content: content)
    }

    static func frame(_ content: PeerMessage.Content) -> [UInt8] {
        var buffer = ByteBuffer()
        PeerCodec.encode(message(content), into: &buffer)
        return Array(buffer.readableBytesView)
    }

    @Test(arguments: contents.indices)
    func messageComesBack(index: Int) throws {
        var buffer = ByteBuffer(bytes: Self.frame(Self.contents[index]))
        #expect(try PeerCodec.decode(from: &buffer) == Self.message(Self.contents[index]))
        #expect(buffer.readableBytes == 0)
    }

    @Test(arguments: contents.indices)
    func frameThatIsNotWholeIsWaitedFor(index: Int) throws {
        let frame = Self.frame(Self.contents[index])
        for length in 0..<frame.count {
            var buffer = ByteBuffer(bytes: frame[..<length])
            #expect(try PeerCodec.decode(from: &buffer) == nil)
            #expect(buffer.readableBytes == length)
        }
    }

    @Test(arguments: contents.indices)
    func everyFlippedBitIsRefused(index: Int) {
        let frame = Self.frame(Self.contents[index])
        for offset in 4..<frame.count {
            var damaged = frame
            damaged[offset] ^= 1 << UInt8(offset % 8)
            var buffer = ByteBuffer(bytes: damaged)
            #expect(throws: PeerCodecError.checksum) { try PeerCodec.decode(from: &buffer) }
        }
    }

    @Test func lengthsBeyondTheLimitAreRefusedAtOnce() {
        for length in [0, UInt32(PeerCodec.mostFrameBytes) + 1, .max] {
            var buffer = ByteBuffer()
            buffer.writeInteger(length, endianness: .little)
            #expect(throws: PeerCodecError.frameLength(length)) { try PeerCodec.decode(from: &buffer) }
        }
    }

    /// A sender that is wrong, not a wire: the checksum fits what must not be there.
    @Test func soundFramesWithSenselessContentAreRefused() {
        var random = SplitMix64(seed: 5)
        var refused = 0
        for round in 0..<20_000 {
            var body = Array(Self.frame(Self.contents[round % Self.contents.count])[PeerCodec.frameHeaderLength...])
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            if Int.random(in: 0..<4, using: &random) == 0 {
                body.removeLast(Int.random(in: 0..<body.count, using: &random))
            }
            if body.isEmpty { continue }
            var buffer = ByteBuffer()
            buffer.writeInteger(UInt32(body.count), endianness: .little)
            buffer.writeInteger(xxh3(body, seed: PeerCodec.checksumSeed), endianness: .little)
            buffer.writeBytes(body)
            do {
                _ = try PeerCodec.decode(from: &buffer)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 5_000)
    }

    @Test func unknownRunsThatNobodyCanHaveAcceptedAreRefused() {
        func refuses(_ unknown: UnknownRun...) -> Bool {
            let promise = Message.Promise(
                ballot: Self.ballot, chosenThrough: Slot(5), part: 0, parts: 1, accepted: [], unknown: unknown)
            var buffer = ByteBuffer(bytes: Self.frame(.paxos(.promise(promise))))
            return (try? PeerCodec.decode(from: &buffer)) == nil
        }
        func unknown(_ slots: ClosedRange<UInt64>, at ballot: Ballot = Self.ballot) -> UnknownRun {
            UnknownRun(ballot: ballot, slots: Slot(slots.lowerBound)...Slot(slots.upperBound))
        }
        #expect(!refuses(unknown(6...7), unknown(8...8)))
        #expect(refuses(unknown(5...7)), "they are known to be chosen")
        #expect(refuses(unknown(6...8), unknown(8...9)), "they overlap")
        #expect(refuses(unknown(6...7, at: .none)), "no ballot")
        #expect(refuses(unknown(6...(6 + UInt64(PeerCodec.mostFrameBytes) / 4))), "more than a frame holds")
    }

    /// Fails when the bytes change: then the version and docs/wire-format.md must too.
    @Test func acceptedKeepsItsBytes() {
        let bytes = Self.frame(.paxos(.accepted(.init(ballot: Self.ballot, through: Slot(11)))))
        let fields = [
            "06000000", "01000000", "0500000000000000", "0600000000000000", "0100000000000000", "0700000000000000",
            "0200", "0000", "01000000", "0b00000000000000",
        ]
        #expect(Array(bytes[PeerCodec.frameHeaderLength...]).hexadecimal == fields.joined())
    }
}

// A frame between nodes. Lengths and checksums of the frame and of the runs in it are put right again; a message that was
// taken must be the same when it is encoded and decoded once more.

import Fuzzing
import NIOCore
import Paxos
import PaxosLog
import Replication
import StateMachine

struct FrameTarget: FuzzTarget {
    let name = "frame"
    let largestAllocation = 4 * Mutator.longest
    let mostAllocated = 32 * Mutator.longest

    private static let header = PeerCodec.frameHeaderLength
    /// Where the content of a message begins.
    private static let content = header + 32

    var corpus: [[UInt8]] {
        FrameTarget.contents.map { content in
            let message = PeerMessage(
                cluster: UniqueID(high: 1, low: 2), incarnation: .first, configuration: .first, content: content)
            return FrameTarget.encoded(message)
        } + [FrameTarget.report(entries: 4, blocks: 4), FrameTarget.report(entries: 0, blocks: 0)]
    }

    func reseal(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        guard bytes.count > FrameTarget.header else { return }
        switch bytes[FrameTarget.header] {
        case 4: FrameTarget.sealRuns(&bytes, from: FrameTarget.content + 36)
        case 5, 15: FrameTarget.sealRuns(&bytes, from: FrameTarget.content + 16)
        default: break
        }
        FrameTarget.seal(&bytes)
    }

    private static func seal(_ bytes: inout [UInt8]) {
        bytes.setField(0, 4, UInt64(bytes.count - header))
        bytes.setField(4, 8, bytes.hash(header..<bytes.count, seed: PeerCodec.checksumSeed))
    }

    func decode(_ bytes: [UInt8]) -> Bool {
        var buffer = ByteBuffer(bytes: bytes)
        guard let message = try? PeerCodec.decode(from: &buffer) else { return false }
        // Another frame may follow in what was received.
        while (try? PeerCodec.decode(from: &buffer)) != nil {}
        var again = ByteBuffer(bytes: FrameTarget.encoded(message))
        require((try? PeerCodec.decode(from: &again)) == message, "a message is the same when it is sent on")
        FrameTarget.use(message)
        return true
    }

    /// What any receiver does with a message before it judges it.
    private static func use(_ message: PeerMessage) {
        let runs: [Run] =
            switch message.content {
            case .paxos(.accept(let accept)): [accept.run]
            case .paxos(.learned(let learned)): [learned.run]
            case .paxos(.promise(let promise)): promise.accepted
            default: []
            }
        for run in runs {
            require(run.byteRange(of: run.slots) == 0..<run.body.count, "a run's values fill it")
            let half = run.firstSlot...(run.firstSlot + run.count / 2)
            require(run.part(in: half, sealedBy: Run.xxh3) != nil, "a run can be cut")
        }
    }

    private static func encoded(_ message: PeerMessage) -> [UInt8] {
        var buffer = ByteBuffer()
        PeerCodec.encode(message, into: &buffer)
        return Array(buffer.readableBytesView)
    }

    /// Seals the run at `offset` and those behind it, as far as their lengths hold.
    private static func sealRuns(_ bytes: inout [UInt8], from offset: Int) {
        var offset = offset
        while offset + 40 <= bytes.count {
            var length = Int(bytes.field(offset + 36, 4))
            if length > bytes.count - offset - 40 {
                length = bytes.count - offset - 40
                bytes.setField(offset + 36, 4, UInt64(length))
            }
            let ballot = Ballot(
                round: bytes.field(offset, 8), node: NodeID(UInt16(bytes.field(offset + 8, 2))),
                incarnation: Incarnation(UInt32(bytes.field(offset + 12, 4))))
            let body = Array(bytes[(offset + 40)..<(offset + 40 + length)])
            let checksum = Run.xxh3(
                ballot, Slot(bytes.field(offset + 16, 8)), Int(bytes.field(offset + 24, 4)), body)
            bytes.setField(offset + 28, 8, checksum)
            offset += 40 + length
        }
    }

    // MARK: The corpus

    private static let ballot = Ballot(round: 7, node: NodeID(2), incarnation: .first)
    private static let mark = Message.Mark(ballot: ballot, base: Slot(4), chosenThrough: Slot(9))

    private static func run(_ ballot: Ballot, from slot: UInt64, count: Int) -> Run {
        let entries = (0..<count).map { Samples.set(Slot(slot) + $0, value: [UInt8](repeating: 7, count: 3 * $0)) }
        return Run(
            ballot: ballot, firstSlot: Slot(slot), count: count, body: Samples.body(entries), sealedBy: Run.xxh3)
    }

    private static var contents: [PeerMessage.Content] {
        [
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
            .paxos(.accept(.init(base: Slot(4), chosenThrough: Slot(8), run: run(ballot, from: 10, count: 9)))),
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
            .forward(
                .init(
                    session: SessionID(node: NodeID(1), incarnation: .first, boot: 99),
                    commands: [
                        .init(sequence: 4, kind: .command, payload: [0, 255, 59, 58, 32]),
                        .init(sequence: 5, kind: .noOp, payload: []),
                    ])),
            .standing(
                .init(
                    journal: UniqueID(high: 1, low: 2), membersHash: 3, genesis: Samples.genesis.encoded(),
                    asker: UniqueID(high: 3, low: 4))),
            .standing(.init(journal: UniqueID(high: 1, low: 2), membersHash: 3, genesis: nil, asker: nil)),
            .paxos(.returnQuestion(.init(attempt: 2))),
            .paxos(.returnAnswer(.init(attempt: 2, promised: ballot, configuration: Slot(4)))),
            .readmission(.init(journal: UniqueID(high: 5, low: 6), after: .first)),
            .recall(.question(boot: 7, start: 8)),
            .recall(.answer(Memory(boot: 7, start: 8, promised: ballot))),
            .shipping(
                .question(
                    PieceQuestion(file: .segment(SegmentName(firstSlot: Slot(7))), offset: 1 << 20, length: 4096))),
            .shipping(
                .piece(
                    FilePiece(
                        file: .snapshot(SnapshotName(slot: Slot(7))), offset: 8, fileSize: 20, promised: ballot,
                        bytes: [1, 2, 3]))),
            .shipping(.compacted(SnapshotName(slot: Slot(9)))),
            .checkpoint(
                .states([1_024, 2_048].map { StateNote(slot: Slot($0), digest: StateDigest()) })),
            .checkpoint(
                .snapshot(SnapshotName(slot: Slot(9)), FileDigest([UInt8](repeating: 7, count: FileDigest.length)))),
            .shipping(.wanted(.init(from: Slot(4), through: Slot(900)))),
            .shipping(
                .ended(EndedSegment(name: SegmentName(firstSlot: Slot(7)), lastSlot: Slot(90), fileSize: 1 << 20))),
        ]
    }

    /// A report is made by a driver alone; this is one as it is drawn in docs/wire-format.md.
    private static func report(entries: Int, blocks: Int) -> [UInt8] {
        var frame = encoded(
            PeerMessage(
                cluster: UniqueID(high: 1, low: 2), incarnation: .first, configuration: .first,
                content: .paxos(.readIndex(.init(question: 1)))))
        frame.removeLast(frame.count - content)
        frame[header] = 34
        frame.append(4, width: 2)
        for part in [1, 2, 0] { frame.append(UInt64(part), width: 2) }
        for _ in 0..<2 {
            frame.append(7, width: 8)
            frame.append(2, width: 2)
            frame.append(0, width: 2)
            frame.append(1, width: 4)
        }
        for slot in [900, 899, 901] { frame.append(UInt64(slot), width: 8) }
        frame += [UInt8](1...16)
        for number in [77, 800, 3, 1 << 40] { frame.append(UInt64(number), width: 8) }
        let reason = Array("no leader is known".utf8)
        frame.append(UInt64(reason.count), width: 4)
        frame += reason
        frame.append(1, width: 4)
        frame.append(UInt64(blocks), width: 2)
        frame.append(UInt64(entries), width: 2)
        for block in 0..<blocks {
            frame.append(UInt64(100 + block), width: 8)
            frame += [UInt8](repeating: UInt8(block), count: ChainDigest.length)
        }
        for entry in 0..<entries {
            frame.append(UInt64(800 + entry), width: 8)
            frame.append(9, width: 8)
        }
        seal(&frame)
        return frame
    }
}

// The message within a frame: kind, sender, content, each field little-endian.

import NIOCore
import Paxos
import PaxosLog

/// The first byte of a message. A number is never used again for something else.
private enum Kind: UInt8 {
    case preVote = 1
    case preVoteAnswer = 2
    case prepare = 3
    case promise = 4
    case accept = 5
    case accepted = 6
    case gap = 7
    case refused = 8
    case mark = 9
    case heartbeat = 10
    case heartbeatAnswer = 11
    case readIndex = 12
    case readIndexAnswer = 13
    case catchUp = 14
    case learned = 15
    case takeOver = 16
    case returnQuestion = 17
    case returnAnswer = 18
    case forward = 32
    case standing = 33
    case report = 34
    case readmission = 35
    case recallQuestion = 36
    case recallAnswer = 37
    case pieceQuestion = 38
    case filePiece = 39
    case compacted = 40
    case states = 41
    case snapshotDigest = 42
    case wanted = 44
    case ended = 45
}

extension ByteBuffer {
    mutating func writeMessage(_ message: PeerMessage) {
        let kind = writerIndex
        write(UInt8(0))
        write(UInt8(0))
        write(UInt16(0))
        write(message.incarnation.rawValue)
        write(message.cluster.high)
        write(message.cluster.low)
        write(message.configuration.rawValue)
        setInteger(writeContent(message.content).rawValue, at: kind)
    }

    private mutating func writeContent(_ content: PeerMessage.Content) -> Kind {
        switch content {
        case .paxos(let message): return writePaxos(message)
        case .forward(let forward):
            write(forward.session.node.rawValue)
            write(UInt16(0))
            write(forward.session.incarnation.rawValue)
            write(forward.session.boot)
            write(UInt32(forward.commands.count))
            for command in forward.commands {
                write(command.sequence)
                write(UInt32(command.kind.rawValue))
                writeCounted(command.payload)
            }
            return .forward
        case .standing(let standing):
            write(standing.journal.high)
            write(standing.journal.low)
            write(standing.membersHash)
            write(standing.asker?.high ?? 0)
            write(standing.asker?.low ?? 0)
            writeCounted(standing.genesis ?? [])
            return .standing
        case .report(let report):
            write(report)
            return .report
        case .readmission(let readmission):
            write(readmission.journal.high)
            write(readmission.journal.low)
            write(readmission.after.rawValue)
            write(UInt32(0))
            return .readmission
        case .recall(.question(let boot, let start)):
            write(boot)
            write(start)
            return .recallQuestion
        case .recall(.answer(let memory)):
            write(memory.boot)
            write(memory.start)
            write(memory.promised)
            return .recallAnswer
        case .shipping(.compacted(let snapshot)):
            write(snapshot.slot)
            return .compacted
        case .shipping(.question(let question)):
            write(question)
            return .pieceQuestion
        case .shipping(.piece(let piece)):
            write(piece)
            return .filePiece
        case .checkpoint(.states(let states)):
            write(states)
            return .states
        case .checkpoint(.snapshot(let name, let digest)):
            write(name, digest)
            return .snapshotDigest
        case .shipping(.wanted(let request)):
            write(request.from)
            write(request.through)
            return .wanted
        case .shipping(.ended(let segment)):
            write(segment.name.firstSlot)
            write(segment.lastSlot)
            write(segment.fileSize)
            return .ended
        }
    }

    private mutating func writePaxos(_ message: Message) -> Kind {
        switch message {
        case .preVote(let message):
            write(message.attempt)
            return .preVote
        case .preVoteAnswer(let message):
            write(message.attempt)
            write(message.promised)
            write(UInt32(message.granted ? 1 : 0))
            return .preVoteAnswer
        case .prepare(let message):
            write(message.ballot)
            write(message.base)
            return .prepare
        case .promise(let message):
            write(message.ballot)
            write(message.chosenThrough)
            write(UInt32(message.part))
            write(UInt32(message.parts))
            write(UInt32(message.accepted.count))
            for run in message.accepted { write(run) }
            write(UInt32(message.unknown.count))
            for run in message.unknown {
                write(run.ballot)
                write(run.slots.lowerBound)
                write(UInt32(run.count))
            }
            return .promise
        case .accept(let message):
            write(message.base)
            write(message.chosenThrough)
            write(message.run)
            return .accept
        case .accepted(let message):
            write(message.ballot)
            write(message.through)
            return .accepted
        case .gap(let message):
            write(message.ballot)
            write(message.expected)
            return .gap
        case .refused(let message):
            write(message.ballot)
            write(message.promised)
            return .refused
        case .mark(let mark):
            write(mark)
            return .mark
        case .heartbeat(let message):
            write(message.mark)
            write(message.round)
            return .heartbeat
        case .heartbeatAnswer(let message):
            write(message.ballot)
            write(message.round)
            write(message.receivedThrough)
            return .heartbeatAnswer
        case .readIndex(let message):
            write(message.question)
            return .readIndex
        case .readIndexAnswer(let message):
            write(message.question)
            write(message.slot)
            return .readIndexAnswer
        case .catchUp(let message):
            write(message.from)
            write(message.through)
            return .catchUp
        case .learned(let message):
            write(message.promised)
            write(message.run)
            return .learned
        case .takeOver(let message):
            write(message.ballot)
            return .takeOver
        case .returnQuestion(let message):
            write(message.attempt)
            return .returnQuestion
        case .returnAnswer(let message):
            write(message.attempt)
            write(message.promised)
            write(message.configuration)
            return .returnAnswer
        }
    }

    mutating func write(_ value: some FixedWidthInteger) { writeInteger(value, endianness: .little) }

    mutating func write(_ slot: Slot) { write(slot.rawValue) }

    mutating func write(_ ballot: Ballot) {
        write(ballot.round)
        write(ballot.node.rawValue)
        write(UInt16(0))
        write(ballot.incarnation.rawValue)
    }

    private mutating func write(_ mark: Message.Mark) {
        write(mark.ballot)
        write(mark.base)
        write(mark.chosenThrough)
    }

    private mutating func write(_ run: Run) {
        write(run.ballot)
        write(run.firstSlot)
        write(UInt32(run.count))
        write(run.checksum)
        writeCounted(run.body)
    }

    mutating func writeCounted(_ bytes: [UInt8]) {
        write(UInt32(bytes.count))
        writeBytes(bytes)
    }
}

extension ByteBuffer {
    mutating func readMessage() throws(PeerCodecError) -> PeerMessage {
        let rawKind = try read(UInt8.self)
        guard let kind = Kind(rawValue: rawKind) else { throw .unknownKind(rawKind) }
        guard try read(UInt8.self) == 0, try read(UInt16.self) == 0 else { throw .reservedBytesInUse }
        let incarnation = Incarnation(try read(UInt32.self))
        let cluster = try readUniqueID()
        let configuration = try readSlot()
        let content: PeerMessage.Content =
            switch kind {
            case .forward: .forward(try readForward())
            case .standing: .standing(try readStanding())
            case .report: .report(try readReport())
            case .readmission: .readmission(try readReadmission())
            case .recallQuestion: .recall(.question(boot: try read(UInt64.self), start: try read(UInt64.self)))
            case .recallAnswer:
                .recall(
                    .answer(
                        Memory(
                            boot: try read(UInt64.self), start: try read(UInt64.self), promised: try readBallot())))
            case .pieceQuestion: .shipping(.question(try readPieceQuestion()))
            case .filePiece: .shipping(.piece(try readFilePiece()))
            case .compacted: .shipping(.compacted(SnapshotName(slot: try readPositiveSlot())))
            case .states: .checkpoint(.states(try readStates()))
            case .snapshotDigest: .checkpoint(try readSnapshotDigest())
            case .wanted: .shipping(.wanted(.init(from: try readPositiveSlot(), through: try readSlot())))
            case .ended: .shipping(.ended(try readEndedSegment()))
            default: .paxos(try readPaxos(kind))
            }
        return PeerMessage(
            cluster: cluster, incarnation: incarnation, configuration: configuration, content: content)
    }

    private mutating func readPaxos(_ kind: Kind) throws(PeerCodecError) -> Message {
        switch kind {
        case .preVote: return .preVote(.init(attempt: try read(UInt64.self)))
        case .preVoteAnswer:
            let attempt = try read(UInt64.self)
            let promised = try readBallot()
            return .preVoteAnswer(.init(attempt: attempt, granted: try readFlag(), promised: promised))
        case .prepare: return .prepare(.init(ballot: try readBallot(), base: try readPositiveSlot()))
        case .promise: return .promise(try readPromise())
        case .accept:
            return .accept(
                .init(base: try readPositiveSlot(), chosenThrough: try readSlot(), run: try readRun()))
        case .accepted: return .accepted(.init(ballot: try readBallot(), through: try readSlot()))
        case .gap: return .gap(.init(ballot: try readBallot(), expected: try readPositiveSlot()))
        case .refused: return .refused(.init(ballot: try readBallot(), promised: try readBallot()))
        case .mark: return .mark(try readMark())
        case .heartbeat: return .heartbeat(.init(mark: try readMark(), round: try read(UInt64.self)))
        case .heartbeatAnswer:
            return .heartbeatAnswer(
                .init(ballot: try readBallot(), round: try read(UInt64.self), receivedThrough: try readSlot()))
        case .readIndex: return .readIndex(.init(question: try read(UInt64.self)))
        case .readIndexAnswer:
            return .readIndexAnswer(.init(question: try read(UInt64.self), slot: try readSlot()))
        case .catchUp: return .catchUp(.init(from: try readPositiveSlot(), through: try readSlot()))
        case .learned:
            let promised = try readBallot()
            let run = try readRun()
            guard run.ballot == .none else { throw .malformed("learned values name a ballot") }
            return .learned(.init(run: run, promised: promised))
        case .takeOver: return .takeOver(.init(ballot: try readBallot()))
        case .returnQuestion: return .returnQuestion(.init(attempt: try read(UInt64.self)))
        case .returnAnswer:
            return .returnAnswer(
                .init(
                    attempt: try read(UInt64.self), promised: try readBallot(), configuration: try readPositiveSlot()))
        case .forward, .standing, .report, .readmission, .recallQuestion, .recallAnswer, .pieceQuestion,
            .filePiece, .compacted, .states, .snapshotDigest, .wanted, .ended:
            throw .unknownKind(kind.rawValue)
        }
    }

    private mutating func readPromise() throws(PeerCodecError) -> Message.Promise {
        let ballot = try readBallot()
        let chosenThrough = try readSlot()
        let part = Int(try read(UInt32.self))
        let parts = Int(try read(UInt32.self))
        guard part < parts else { throw .malformed("part \(part) of \(parts)") }
        let count = Int(try read(UInt32.self))
        guard count <= readableBytes / 40 else { throw .truncated }
        var accepted: [Run] = []
        for _ in 0..<count {
            let run = try readRun()
            guard run.firstSlot > accepted.last?.lastSlot ?? chosenThrough else {
                throw .malformed("accepted runs overlap")
            }
            accepted.append(run)
        }
        return .init(
            ballot: ballot, chosenThrough: chosenThrough, part: part, parts: parts, accepted: accepted,
            unknown: try readUnknownRuns(above: chosenThrough))
    }

    private mutating func readUnknownRuns(above chosenThrough: Slot) throws(PeerCodecError) -> [UnknownRun] {
        var unknown: [UnknownRun] = []
        let runs = Int(try read(UInt32.self))
        guard runs <= readableBytes / 28 else { throw .truncated }
        for _ in 0..<runs {
            let ballot = try readBallot()
            let first = try readPositiveSlot()
            let count = Int(try read(UInt32.self))
            guard first > unknown.last?.slots.upperBound ?? chosenThrough else {
                throw .malformed("unknown runs overlap")
            }
            // A value takes four bytes at least, and came in a frame.
            guard ballot > .none, (1...PeerCodec.mostFrameBytes / 4).contains(count),
                first + count <= JournalFormat.highestSlot
            else { throw .malformed("an unknown run that nobody can have accepted") }
            unknown.append(UnknownRun(ballot: ballot, slots: first...(first + (count - 1))))
        }
        return unknown
    }

    // MARK: Fields

    mutating func read<T: FixedWidthInteger>(_ type: T.Type) throws(PeerCodecError) -> T {
        guard let value = readInteger(endianness: .little, as: type) else { throw .truncated }
        return value
    }

    mutating func readFlag() throws(PeerCodecError) -> Bool {
        switch try read(UInt32.self) {
        case 0: return false
        case 1: return true
        default: throw .malformed("a flag is neither 0 nor 1")
        }
    }

    mutating func readSlot() throws(PeerCodecError) -> Slot {
        let raw = try read(UInt64.self)
        guard Slot(raw) < JournalFormat.highestSlot else { throw .malformed("slot \(raw)") }
        return Slot(raw)
    }

    mutating func readPositiveSlot() throws(PeerCodecError) -> Slot {
        let slot = try readSlot()
        guard slot > .zero else { throw .malformed("slot zero") }
        return slot
    }

    mutating func readUniqueID() throws(PeerCodecError) -> UniqueID {
        UniqueID(high: try read(UInt64.self), low: try read(UInt64.self))
    }

    mutating func readBallot() throws(PeerCodecError) -> Ballot {
        let round = try read(UInt64.self)
        guard round < JournalFormat.endOfRounds else { throw .malformed("round \(round)") }
        let node = NodeID(try read(UInt16.self))
        guard try read(UInt16.self) == 0 else { throw .reservedBytesInUse }
        return Ballot(round: round, node: node, incarnation: Incarnation(try read(UInt32.self)))
    }

    private mutating func readMark() throws(PeerCodecError) -> Message.Mark {
        Message.Mark(ballot: try readBallot(), base: try readPositiveSlot(), chosenThrough: try readSlot())
    }

    private mutating func readRun() throws(PeerCodecError) -> Run {
        let ballot = try readBallot()
        let firstSlot = try readPositiveSlot()
        let count = Int(try read(UInt32.self))
        let checksum = try read(UInt64.self)
        let body = try readCounted()
        guard count > 0, Run.isWellFormed(body, count: count) else { throw .malformed("a run's values do not fit it") }
        let run = Run(ballot: ballot, firstSlot: firstSlot, count: count, body: body, checksum: checksum)
        guard run.lastSlot < JournalFormat.highestSlot else { throw .malformed("slot \(run.lastSlot)") }
        guard run.isIntact else { throw .checksum }
        return run
    }

    mutating func readCounted() throws(PeerCodecError) -> [UInt8] {
        let count = Int(try read(UInt32.self))
        guard count <= readableBytes, let bytes = readBytes(length: count) else { throw .truncated }
        return bytes
    }
}

// The messages of Paxos within a frame, field by field.

import NIOCore
import Paxos
import PaxosLog

extension ByteBuffer {
    mutating func writePaxos(_ message: Message) -> MessageKind {
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
}

extension ByteBuffer {
    mutating func readPaxos(_ kind: MessageKind) throws(PeerCodecError) -> Message {
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
}

// The message within a frame: kind, sender, content, each field little-endian.

import NIOCore
import Paxos
import PaxosLog

/// The first byte of a message. A number is never used again for something else.
enum MessageKind: UInt8 {
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

    private mutating func writeContent(_ content: PeerMessage.Content) -> MessageKind {
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
}

extension ByteBuffer {
    mutating func readMessage() throws(PeerCodecError) -> PeerMessage {
        let rawKind = try read(UInt8.self)
        guard let kind = MessageKind(rawValue: rawKind) else { throw .unknownKind(rawKind) }
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
}

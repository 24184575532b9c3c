// A message under way, which a test delivers, drops, repeats or keeps back.

@testable import Paxos

struct Envelope: Equatable {
    var from: NodeID
    var incarnation: Incarnation
    var to: NodeID
    var message: Message

    enum Kind: Sendable {
        case preVote, preVoteAnswer, prepare, promise, accept, accepted, gap, refused, mark, heartbeat, heartbeatAnswer
        case readIndex, readIndexAnswer, catchUp, learned, takeOver, returnQuestion, returnAnswer
    }

    var kind: Kind {
        switch message {
        case .preVote: .preVote
        case .preVoteAnswer: .preVoteAnswer
        case .prepare: .prepare
        case .promise: .promise
        case .accept: .accept
        case .accepted: .accepted
        case .gap: .gap
        case .refused: .refused
        case .mark: .mark
        case .heartbeat: .heartbeat
        case .heartbeatAnswer: .heartbeatAnswer
        case .readIndex: .readIndex
        case .readIndexAnswer: .readIndexAnswer
        case .catchUp: .catchUp
        case .learned: .learned
        case .takeOver: .takeOver
        case .returnQuestion: .returnQuestion
        case .returnAnswer: .returnAnswer
        }
    }

    func isBetween(_ one: NodeID, _ other: NodeID) -> Bool {
        (from == one && to == other) || (from == other && to == one)
    }
}

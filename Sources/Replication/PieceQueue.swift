// Questions of peers for pieces of files, one of each peer at a time and one after the other. One piece is read a tick, and
// none before the last was, whoever asks: so that those who fetch share what they take from this node, and it is little.

import DequeModule
import Paxos

struct PieceQueue: Sendable {
    private var waiting: Deque<(question: PieceQuestion, peer: NodeID)> = []
    private var isReading = false
    private var mayRead = true

    mutating func tick() { mayRead = true }

    /// A later question of the same peer takes the place of the one that waits.
    mutating func add(_ question: PieceQuestion, of peer: NodeID) {
        if let place = waiting.firstIndex(where: { $0.peer == peer }) {
            waiting[place].question = question
        } else {
            waiting.append((question, peer))
        }
    }

    /// What is to be read now.
    mutating func next() -> (question: PieceQuestion, peer: NodeID)? {
        guard mayRead, !isReading, let first = waiting.popFirst() else { return nil }
        (mayRead, isReading) = (false, true)
        return first
    }

    mutating func noteRead() { isReading = false }
}

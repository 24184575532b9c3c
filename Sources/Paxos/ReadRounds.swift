// Linearizable reads without a log entry: an index is given out only when a majority has answered a round that began
// after the question, and so proved that no higher ballot had been promised by a majority by then.

import DequeModule

package struct ReadRounds: Sendable {
    package struct Question: Equatable, Sendable {
        package var number: UInt64
        package var node: NodeID
    }

    /// Questions that no round was begun for yet.
    private var waiting: [Question] = []
    private var rounds: Deque<(round: UInt64, index: Slot, questions: [Question])> = []
    /// The last round begun.
    package private(set) var lastRound: UInt64 = 0
    /// The last round that each voter has answered.
    private var answered: [NodeID: UInt64] = [:]

    package static let mostRoundsUnderWay = 8
    package static let mostQuestions = 65_536

    package mutating func ask(_ question: Question) {
        guard waiting.count < ReadRounds.mostQuestions else { return }
        waiting.append(question)
    }

    package var wantsRound: Bool { !waiting.isEmpty && rounds.count < ReadRounds.mostRoundsUnderWay }

    /// Begins a round, for the questions that wait if the leader may answer reads.
    package mutating func begin(index: Slot?) -> UInt64 {
        lastRound += 1
        if let index, !waiting.isEmpty {
            rounds.append((lastRound, index, waiting))
            waiting.removeAll()
        }
        return lastRound
    }

    package mutating func noteAnswer(_ round: UInt64, from node: NodeID) {
        guard round <= lastRound else { return }
        answered[node] = max(answered[node] ?? 0, round)
    }

    /// The questions of the rounds that a majority, this leader among it, has answered.
    package mutating func takeAnswered(
        _ configuration: Configuration, own: NodeID
    ) -> [(question: Question, index: Slot)] {
        guard !rounds.isEmpty else { return [] }
        let heard = configuration.members.map { $0.node == own ? lastRound : answered[$0.node] ?? 0 }
        let proven = heard.sorted(by: >)[configuration.majority - 1]
        var ready: [(question: Question, index: Slot)] = []
        while let first = rounds.first, first.round <= proven {
            ready += first.questions.map { ($0, first.index) }
            rounds.removeFirst()
        }
        return ready
    }
}
